// The thread of a driver that waits for hardware, and the way to stop it without waiting.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "hal/fd.hpp"
#include "sync/base/result.hpp"

namespace fieldpost::hal {

// Handed to a worker's body; used on the worker's thread only.
class StopEvent {
  public:
    StopEvent(int fd, std::shared_ptr<std::atomic<std::int64_t>> works_since)
        : fd_(fd), works_since_(std::move(works_since)) {}

    enum class Woke { stop, readable, timeout };

    // Waits until stop() was asked for, until `fd` can be read or has failed (-1: no descriptor), or until
    // the time is out (microseconds; nullopt: no limit). Stop wins over the rest. `events`: what of poll's
    // stands for "can be read"; files of the kernel tell a change as POLLPRI.
    Woke wait(int fd, std::optional<std::int64_t> timeout_us, short events = readable_events) const;

    // True if stop was asked for before the time was out.
    bool sleep(std::int64_t timeout_us) const { return wait(-1, timeout_us) == Woke::stop; }

  private:
    static constexpr short readable_events = 1;  // POLLIN

    friend class Worker;
    void works() const;
    void rests() const;

    int fd_;
    std::shared_ptr<std::atomic<std::int64_t>> works_since_;  // Worker::works_since_
};

// Runs one body on one thread. start, stop and the destructor belong to one owner thread, never to the body's
// own. A driver declares its worker as its last member, so that the thread has ended before anything it uses
// goes away.
class Worker {
  public:
    using Body = std::function<void(const StopEvent&)>;

    Worker() = default;
    ~Worker() { stop(); }
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    // conflict if it already runs; unavailable if the system gives no descriptor or thread. `body` must
    // return soon after its stop event woke it, and must not throw.
    Status start(Body body);

    // Asks the body to end and joins its thread. Harmless when not running; start() may follow.
    void stop();

    // How long the body has not waited; zero while it waits, and when none runs. Any thread.
    std::chrono::steady_clock::duration busy_for() const;

  private:
    static constexpr std::int64_t waits = -1;

    friend class StopEvent;

    Fd event_;
    // Ticks of the steady clock, or `waits`.
    std::shared_ptr<std::atomic<std::int64_t>> works_since_ =
        std::make_shared<std::atomic<std::int64_t>>(waits);
    std::thread thread_;
};

}  // namespace fieldpost::hal
