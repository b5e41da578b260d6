#include "hal/supervisor/serial.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <deque>
#include <future>
#include <mutex>
#include <optional>
#include <utility>

#include "hal/clock/clock.hpp"
#include "hal/serial_port.hpp"
#include "hal/supervisor/frame.hpp"
#include "hal/supervisor/messages.hpp"
#include "hal/supervisor/supervisor.pb.h"
#include "hal/worker.hpp"

namespace fieldpost::hal {
namespace {

namespace wire = fieldpost::supervisor;

constexpr std::int64_t first_retry_us = 250'000;
constexpr std::int64_t answer_us = 1'000'000;  // then a request is sent again
constexpr int most_tries = 3;
constexpr std::size_t most_waiting = 16;
constexpr std::size_t block_size = 128;
constexpr std::uint32_t longest_wake_s = 31'536'000;

struct SerialSettings {
    std::string path;
    std::int64_t baud = 115'200;
    std::int64_t silence_us = 0;
    std::int64_t retry_max_us = 0;
};

bool is_socket(const std::string& path) {
    struct stat found {};
    return ::stat(path.c_str(), &found) == 0 && S_ISSOCK(found.st_mode);
}

Result<Fd> connect_socket(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return fail(ErrorCode::invalid_argument, path + " is too long a name for a socket");
    std::memcpy(address.sun_path, path.data(), path.size());
    Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket || ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return fail(ErrorCode::unavailable, "nobody listens on " + path);
    return socket;
}

Error unavailable(std::string why) {
    return fail(ErrorCode::unavailable, std::move(why));
}

// A request on its way; the worker answers it.
struct Question {
    wire::Request request;
    std::promise<Result<wire::Report>> answer;
    bool wants_answer = true;
    int tries = 0;
    std::int64_t again_us = 0;
};

class SerialSupervisor final : public Supervisor {
  public:
    SerialSupervisor(SerialSettings settings, const Clock& clock)
        : settings_(std::move(settings)), clock_(clock), asked_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

    Status start(SupervisorHandler on_state) override {
        return worker_.start([this, on_state = std::move(on_state)](const StopEvent& stop) {
            on_state_ = &on_state;
            known_ = true;  // so that the first failure is told
            run(stop);
            refuse_questions("the driver was stopped", true);
        });
    }
    void stop() override { worker_.stop(); }
    PartStatus status() const override { return status_.get(); }
    std::chrono::steady_clock::duration busy_for() const override { return worker_.busy_for(); }

    void feed(std::uint32_t pause_s) override {
        wire::Request request;
        request.mutable_feed()->set_pause_ms(std::min<std::uint32_t>(pause_s, 600) * 1000);
        [[maybe_unused]] const auto dropped_if_not_open = push(std::move(request), false);
    }

    Status done() override {
        wire::Request request;
        request.mutable_done()->set_run(run_);
        return told(ask(std::move(request)));
    }

    Status set_wake(std::uint32_t after_s) override {
        if (after_s > longest_wake_s)
            return fail(ErrorCode::invalid_argument, "a supervisor's timer counts a year at most");
        wire::Request request;
        request.mutable_set_wake()->set_after_s(after_s);
        return told(ask(std::move(request)));
    }

    Result<std::vector<SupervisorEvent>> read_log(std::uint32_t from) override {
        std::vector<SupervisorEvent> events;
        for (;;) {
            wire::Request request;
            request.mutable_read_log()->set_from(from);
            const auto report = ask(std::move(request));
            if (!report) return report.error();
            if (const Status result = read_result(*report); !result) return result.error();
            if (report->log().entries().empty()) return events;
            for (const auto& entry : report->log().entries()) {
                events.push_back(read_event(entry));
                from = std::max(from, entry.number() + 1);
            }
        }
    }

    Result<SupervisorSettings> settings() override {
        const auto message = settings_message();
        if (!message) return message.error();
        return read_settings(*message);
    }

    Status change_settings(const SupervisorSettings& changes) override {
        auto message = settings_message();
        if (!message) return message.error();
        if (const Status put = put_settings(changes, *message); !put) return put;
        wire::Request request;
        *request.mutable_write_settings() = *message;
        return told(ask(std::move(request)));
    }

    Status update(BytesView file) override {
        wire::Request request;
        request.mutable_begin_update()->set_size(static_cast<std::uint32_t>(file.size()));
        if (const Status begun = told(ask(request)); !begun) return begun;
        for (std::size_t offset = 0; offset < file.size(); offset += block_size) {
            request.mutable_update_block()->set_offset(static_cast<std::uint32_t>(offset));
            request.mutable_update_block()->set_data(Bytes(file.substr(offset, block_size)));
            if (const Status taken = told(ask(request)); !taken) return taken;
        }
        request.mutable_finish_update();
        return told(ask(request));
    }

    Status confirm_update() override {
        wire::Request request;
        request.mutable_confirm_update();
        return told(ask(std::move(request)));
    }

  private:
    static PartStatus unopened(const std::string& path) {
        return {PartState::broken, path + " is not opened yet."};
    }
    static Status told(const Result<wire::Report>& report) {
        return report ? read_result(*report) : Status(report.error());
    }

    Result<wire::Settings> settings_message() {
        wire::Request request;
        request.mutable_read_settings();
        const auto report = ask(std::move(request));
        if (!report) return report.error();
        if (const Status result = read_result(*report); !result) return result.error();
        return report->settings();
    }

    // --- any thread ---

    Result<wire::Report> ask(wire::Request request) {
        auto answer = push(std::move(request), true);
        if (!answer) return answer.error();
        return answer->get();
    }

    Result<std::future<Result<wire::Report>>> push(wire::Request request, bool wants_answer) {
        const std::lock_guard lock(mutex_);
        if (!open_) return unavailable("no supervisor: " + status_.get().detail);
        if (questions_.size() >= most_waiting)
            return fail(ErrorCode::full, "too many commands wait for the supervisor");
        Question question;
        question.request = std::move(request);
        question.request.set_id(++last_id_ == 0 ? ++last_id_ : last_id_);
        question.wants_answer = wants_answer;
        auto answer = question.answer.get_future();
        questions_.push_back(std::move(question));
        const std::uint64_t one = 1;
        // An eventfd below its maximum takes the write at once.
        [[maybe_unused]] const auto written = ::write(asked_.get(), &one, sizeof one);
        return answer;
    }

    void refuse_questions(const std::string& why, bool closed) {
        std::deque<Question> refused;
        {
            const std::lock_guard lock(mutex_);
            if (closed) open_ = false;
            refused.swap(questions_);
        }
        for (Question& question : refused) question.answer.set_value(unavailable(why));
    }

    // --- the worker's thread ---

    void run(const StopEvent& stop) {
        status_.set(unopened(settings_.path));
        const std::int64_t shortest = std::min(first_retry_us, settings_.retry_max_us);
        std::int64_t pause_us = shortest;
        for (;;) {
            auto port = open_port();
            if (port) {
                const Ended ended = talk(stop, port->get());
                if (ended.by_stop) return;
                if (ended.heard) pause_us = shortest;
                break_down(settings_.path + " is gone: the supervisor's line failed or was unplugged.", true);
            } else {
                break_down(port.error().message + ".", true);
            }
            if (stop.sleep(pause_us)) return;
            pause_us = std::min(pause_us * 2, settings_.retry_max_us);
        }
    }

    Result<Fd> open_port() const {
        return is_socket(settings_.path)
                   ? connect_socket(settings_.path)
                   : open_serial_port(settings_.path, settings_.baud, SerialUse::read_and_write);
    }

    struct Ended {
        bool by_stop = false;
        bool heard = false;
    };

    Ended talk(const StopEvent& stop, int port) {
        const Fd both(::epoll_create1(EPOLL_CLOEXEC));
        for (const int fd : {port, asked_.get()}) {
            epoll_event event{};
            event.events = EPOLLIN;
            event.data.fd = fd;
            if (!both || ::epoll_ctl(both.get(), EPOLL_CTL_ADD, fd, &event) != 0) return {};
        }
        {
            const std::lock_guard lock(mutex_);
            open_ = true;
        }
        ask_for_state();
        SupervisorFrameReader reader;
        Ended ended;
        heard_us_ = clock_.boottime_us();
        for (;;) {
            const StopEvent::Woke woke = stop.wait(both.get(), time_to_wait());
            if (woke == StopEvent::Woke::stop) {
                send_feeds(port);
                ended.by_stop = true;
                return ended;
            }
            std::uint64_t count = 0;
            [[maybe_unused]] const auto emptied = ::read(asked_.get(), &count, sizeof count);
            if (!receive(port, reader, ended) || !send_questions(port)) return ended;
            if (clock_.boottime_us() - heard_us_ >= settings_.silence_us) break_down(silence(reader), false);
        }
    }

    std::int64_t time_to_wait() {
        const std::int64_t now = clock_.boottime_us();
        // Once it is known to be silent there is nothing to wait for but a byte.
        std::int64_t due = known_ ? heard_us_ + settings_.silence_us : now + settings_.silence_us;
        const std::lock_guard lock(mutex_);
        if (!questions_.empty()) due = std::min(due, questions_.front().again_us);
        return std::max<std::int64_t>(due - now, 0);
    }

    // Every report carries the state, so any question does. It does not feed the watchdog.
    void ask_for_state() {
        wire::Request request;
        request.mutable_read_settings();
        [[maybe_unused]] const auto state_comes_anyway_if_full = push(std::move(request), false);
    }

    std::string silence(const SupervisorFrameReader& reader) const {
        if (reader.other_version())
            return "The supervisor on " + settings_.path +
                   " speaks another version: update its firmware or this program.";
        return "No word from the supervisor on " + settings_.path + " for " +
               std::to_string(settings_.silence_us / 1000) + " ms: check its power and cable.";
    }

    // False when the port is gone.
    bool receive(int port, SupervisorFrameReader& reader, Ended& ended) {
        std::array<char, 1024> buffer;
        const ssize_t count = ::read(port, buffer.data(), buffer.size());
        if (count == 0 && is_socket_fd(port)) return false;
        if (count < 0) return errno == EAGAIN || errno == EINTR;
        if (count == 0) return hangs_on(port);
        reader.feed({buffer.data(), static_cast<std::size_t>(count)}, [&](BytesView message) {
            wire::Report report;
            if (!report.ParseFromArray(message.data(), static_cast<int>(message.size())) ||
                !report.has_state())
                return;
            ended.heard = true;
            take(report);
        });
        return true;
    }

    static bool is_socket_fd(int fd) {
        struct stat found {};
        return ::fstat(fd, &found) == 0 && S_ISSOCK(found.st_mode);
    }
    static bool hangs_on(int port) {
        pollfd watched{.fd = port, .events = POLLIN, .revents = 0};
        return ::poll(&watched, 1, 0) == 0;
    }

    void take(const wire::Report& report) {
        heard_us_ = clock_.boottime_us();
        const SupervisorState state = read_state(report.state(), heard_us_);
        run_ = state.run;
        known_ = true;
        status_.set({PartState::ok, "The supervisor on " + settings_.path + " answers."});
        (*on_state_)(state);
        std::optional<Question> answered;
        {
            const std::lock_guard lock(mutex_);
            if (report.request() != 0 && !questions_.empty() &&
                questions_.front().request.id() == report.request()) {
                answered = std::move(questions_.front());
                questions_.pop_front();
            }
        }
        if (answered) answered->answer.set_value(report);
    }

    // One at a time, the first that waits; again when its answer does not come.
    bool send_questions(int port) {
        const std::int64_t now = clock_.boottime_us();
        for (;;) {
            std::optional<Question> given_up;
            Bytes frame;
            {
                const std::lock_guard lock(mutex_);
                if (questions_.empty() || questions_.front().again_us > now) return true;
                Question& first = questions_.front();
                const bool sent = first.tries > 0;
                if (sent && (!first.wants_answer || first.tries == most_tries)) {
                    given_up = std::move(first);
                    questions_.pop_front();
                } else {
                    ++first.tries;
                    first.again_us = now + answer_us;
                    frame = write_supervisor_frame(first.request.SerializeAsString());
                }
            }
            if (given_up) {
                given_up->answer.set_value(
                    unavailable("the supervisor on " + settings_.path + " does not answer"));
                continue;
            }
            // A frame fits in any port's buffer; one that does not go is lost, as on a wire, and sent again.
            if (::write(port, frame.data(), frame.size()) < 0 && errno != EAGAIN && errno != EINTR)
                return false;
            return true;
        }
    }

    // The last feed before a stop says how long there will be none: it does not wait for its turn.
    void send_feeds(int port) {
        const std::lock_guard lock(mutex_);
        for (const Question& question : questions_) {
            if (!question.request.has_feed() || question.tries > 0) continue;
            const Bytes frame = write_supervisor_frame(question.request.SerializeAsString());
            [[maybe_unused]] const auto lost_as_on_a_wire = ::write(port, frame.data(), frame.size());
        }
    }

    void break_down(std::string why, bool closed) {
        status_.set({PartState::broken, why});
        refuse_questions(why, closed);
        if (std::exchange(known_, false)) (*on_state_)(std::nullopt);
    }

    const SerialSettings settings_;
    const Clock& clock_;
    const Fd asked_;  // an eventfd: questions wait
    PartStatusCell status_{unopened(settings_.path)};
    std::atomic<std::uint32_t> run_ = 0;

    std::mutex mutex_;
    bool open_ = false;
    std::uint32_t last_id_ = 0;
    std::deque<Question> questions_;

    // The worker's own.
    const SupervisorHandler* on_state_ = nullptr;
    bool known_ = false;
    std::int64_t heard_us_ = 0;

    Worker worker_;
};

}  // namespace

Result<std::unique_ptr<Supervisor>> make_serial_supervisor(const SettingMap& values, const Clock& clock) {
    Settings settings("supervisor driver serial", values);
    SerialSettings serial;
    serial.path = settings.required_text("path");
    serial.baud = settings.integer("baud", 115'200, 4800, 921'600);
    serial.silence_us = settings.integer("silence_ms", 15'000, 50, 3'600'000) * 1000;
    serial.retry_max_us = settings.integer("retry_max_ms", 5000, 1, 60'000) * 1000;
    if (const Status checked = settings.finish(); !checked) return checked.error();
    if (!is_serial_baud(serial.baud)) {
        return fail(ErrorCode::invalid_argument, "supervisor driver serial: setting 'baud' is " +
                                                     std::to_string(serial.baud) +
                                                     ", which is no rate that serial ports have");
    }
    return std::unique_ptr<Supervisor>(std::make_unique<SerialSupervisor>(std::move(serial), clock));
}

}  // namespace fieldpost::hal
