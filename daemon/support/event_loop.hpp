// The one thread that owns a program's state: timers, signals, and work posted from other threads. The HTTP
// server runs on it. Asio stays behind this header.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "sync/base/result.hpp"

namespace fieldpost::support {

class LoopCore;  // loop_core.hpp, for this folder's .cpp files only

// A running timer. Destroying or cancelling it means that its function is not called any more. Loop thread
// only; it may outlive the loop, and may be cancelled or destroyed from within its own function.
class [[nodiscard]] Timer {
  public:
    struct State;

    Timer() = default;
    explicit Timer(std::shared_ptr<State> state);
    Timer(Timer&&) noexcept = default;
    Timer& operator=(Timer&& other) noexcept;
    ~Timer();

    void cancel();

  private:
    std::shared_ptr<State> state_;
};

class EventLoop {
  public:
    using Function = std::function<void()>;
    using Duration = std::chrono::steady_clock::duration;

    EventLoop();
    // Work that was posted and has not run is dropped without running. No thread may be inside run().
    ~EventLoop();
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;

    // Runs on the calling thread, which is the loop thread from then on, until stop(). May be called again
    // afterwards. An exception that escapes a function is a programming error: it is thrown on to the caller
    // of run().
    void run();

    // Any thread; run() returns after the function that is running now. Called before run(), that run returns
    // at once.
    void stop();

    // Any thread, in order of posting; never runs inside the call.
    void post(Function function);

    // Loop thread, or before run(). Measured on the steady clock; a computer that sleeps does not fire early.
    Timer after(Duration delay, Function function);
    // The same, again and again: the next period starts when the function has returned.
    Timer every(Duration period, Function function);

    // SIGINT and SIGTERM call the function in the loop thread, each time. Once a program. io when the system
    // refuses.
    Status on_stop_signal(Function function);

    // True in the thread that is inside run().
    bool in_loop_thread() const;

    const std::shared_ptr<LoopCore>& core() const { return core_; }

  private:
    std::shared_ptr<LoopCore> core_;
};

}  // namespace fieldpost::support
