#include "daemon/support/event_loop.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <utility>

#include "daemon/support/loop_core.hpp"

namespace fieldpost::support {
namespace {

using boost::asio::steady_timer;

// Names the loop thread while run() lasts, also when it ends by an exception.
class InLoop {
  public:
    explicit InLoop(LoopCore& core) : core_(core) { core_.thread = std::this_thread::get_id(); }
    ~InLoop() { core_.thread = std::thread::id(); }
    InLoop(const InLoop&) = delete;
    InLoop& operator=(const InLoop&) = delete;

  private:
    LoopCore& core_;
};

void wait_for_signal(boost::asio::signal_set& signals, const EventLoop::Function& function) {
    signals.async_wait([&signals, function](const boost::system::error_code& error, int) {
        if (error) return;
        wait_for_signal(signals, function);
        function();
    });
}

}  // namespace

void LoopCore::post(std::function<void()> function) {
    const std::lock_guard lock(mutex_);
    if (!closed_) boost::asio::post(*io_, std::move(function));
}

void LoopCore::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    signals.reset();
    io_.reset();
}

// The Asio timer belongs to its own pending wait, so that nothing of it is left when the loop is gone; the
// handle only knows whether the wait still counts.
struct Timer::State {
    EventLoop::Duration period{};  // 0: once
    EventLoop::Function function;  // empty: cancelled
    std::weak_ptr<steady_timer> timer;

    static void arm(const std::shared_ptr<State>& state, const std::shared_ptr<steady_timer>& timer,
                    EventLoop::Duration delay) {
        state->timer = timer;
        timer->expires_after(delay);
        timer->async_wait([state, timer](const boost::system::error_code& error) {
            if (error || !state->function) return;
            const EventLoop::Function call = state->function;
            if (state->period == EventLoop::Duration::zero()) state->function = nullptr;
            call();
            if (state->function) arm(state, timer, state->period);
        });
    }
};

Timer::Timer(std::shared_ptr<State> state) : state_(std::move(state)) {}

Timer& Timer::operator=(Timer&& other) noexcept {
    if (this != &other) {
        cancel();
        state_ = std::move(other.state_);
    }
    return *this;
}

Timer::~Timer() {
    cancel();
}

void Timer::cancel() {
    if (!state_) return;
    state_->function = nullptr;
    if (const auto timer = state_->timer.lock()) timer->cancel();
    state_.reset();
}

EventLoop::EventLoop() : core_(std::make_shared<LoopCore>()) {}

EventLoop::~EventLoop() {
    core_->close();
}

void EventLoop::run() {
    const InLoop in_loop(*core_);
    auto keep = boost::asio::make_work_guard(core_->io());
    core_->io().run();
    // Before the restart: the end of the last work would stop the loop again.
    keep.reset();
    core_->io().restart();
}

void EventLoop::stop() {
    core_->io().stop();
}

void EventLoop::post(Function function) {
    core_->post(std::move(function));
}

Timer EventLoop::after(Duration delay, Function function) {
    auto state = std::make_shared<Timer::State>();
    state->function = std::move(function);
    Timer::State::arm(state, std::make_shared<steady_timer>(core_->io()), delay);
    return Timer(std::move(state));
}

Timer EventLoop::every(Duration period, Function function) {
    auto state = std::make_shared<Timer::State>();
    state->period = period;
    state->function = std::move(function);
    Timer::State::arm(state, std::make_shared<steady_timer>(core_->io()), period);
    return Timer(std::move(state));
}

Status EventLoop::on_stop_signal(Function function) {
    auto signals = std::make_unique<boost::asio::signal_set>(core_->io());
    boost::system::error_code error;
    for (const int signal : {SIGINT, SIGTERM}) {
        signals->add(signal, error);
        if (error) return fail(ErrorCode::io, "signals cannot be received: " + error.message());
    }
    core_->signals = std::move(signals);
    wait_for_signal(*core_->signals, function);
    return ok();
}

bool EventLoop::in_loop_thread() const {
    return core_->thread == std::this_thread::get_id();
}

}  // namespace fieldpost::support
