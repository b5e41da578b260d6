#include "hal/worker.hpp"

#include <poll.h>
#include <sys/eventfd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace fieldpost::hal {

namespace {

std::int64_t steady_ticks() {
    return std::chrono::steady_clock::now().time_since_epoch().count();
}

}  // namespace

void StopEvent::works() const {
    works_since_->store(steady_ticks(), std::memory_order_relaxed);
}

void StopEvent::rests() const {
    works_since_->store(Worker::waits, std::memory_order_relaxed);
}

StopEvent::Woke StopEvent::wait(int fd, std::optional<std::int64_t> timeout_us, short events) const {
    static_assert(readable_events == POLLIN);
    std::array<pollfd, 2> watched{{{.fd = fd_, .events = POLLIN, .revents = 0},
                                   {.fd = fd, .events = events, .revents = 0}}};  // poll skips a negative fd
    timespec limit{};
    if (timeout_us && *timeout_us > 0) {
        limit.tv_sec = static_cast<time_t>(*timeout_us / 1'000'000);
        limit.tv_nsec = static_cast<long>(*timeout_us % 1'000'000 * 1'000);
    }
    rests();
    const int ready = ::ppoll(watched.data(), watched.size(), timeout_us ? &limit : nullptr, nullptr);
    works();
    if (ready > 0 && watched[0].revents != 0) return Woke::stop;
    if (ready > 0) return Woke::readable;
    return Woke::timeout;  // an interrupted wait (EINTR) ends early; every caller looks at the clock again
}

Status Worker::start(Body body) {
    if (thread_.joinable()) return fail(ErrorCode::conflict, "the driver is already started");
    event_ = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!event_) return fail(ErrorCode::unavailable, "no file descriptor is left for a driver's stop event");
    try {
        thread_ = std::thread([body = std::move(body), event = StopEvent(event_.get(), works_since_)] {
            event.works();
            body(event);
            event.rests();
        });
    } catch (const std::system_error&) {
        return fail(ErrorCode::unavailable, "no thread is left for a driver");
    }
    return ok();
}

void Worker::stop() {
    if (!thread_.joinable()) return;
    const std::uint64_t one = 1;
    // An eventfd below its maximum takes the write at once, so this cannot fail or block.
    [[maybe_unused]] const auto written = ::write(event_.get(), &one, sizeof one);
    thread_.join();
    event_.reset();
}

std::chrono::steady_clock::duration Worker::busy_for() const {
    const std::int64_t since = works_since_->load(std::memory_order_relaxed);
    if (since == waits) return {};
    return std::chrono::steady_clock::duration(steady_ticks() - since);
}

}  // namespace fieldpost::hal
