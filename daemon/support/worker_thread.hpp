// One thread that does what the loop must not wait for, from a bounded queue: the writer of a database, a
// reader.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace fieldpost::support {

class WorkerThread {
  public:
    using Function = std::function<void()>;

    // `name` is shown by ps and top, cut to 15 bytes. `capacity` bounds what waits, not what runs.
    WorkerThread(std::string name, std::size_t capacity);
    // drain_and_join().
    ~WorkerThread();
    WorkerThread(const WorkerThread&) = delete;
    WorkerThread& operator=(const WorkerThread&) = delete;

    // Any thread. Runs in order of posting. False when the queue is full or the thread is ending: nothing was
    // queued, and the caller tells whoever waits. The function must not throw (it ends the program).
    [[nodiscard]] bool post(Function function);

    // Runs what is queued, then ends the thread. Any thread but this worker's own; harmless when done
    // already.
    void drain_and_join();

    // What waits now. Any thread.
    std::size_t waiting() const;

    // How long the function that runs now has been running; zero when none does. Any thread.
    std::chrono::steady_clock::duration busy_for() const;

  private:
    void work();

    const std::size_t capacity_;
    mutable std::mutex mutex_;
    std::mutex join_mutex_;
    std::condition_variable wake_;
    std::deque<Function> queue_;
    bool ending_ = false;
    std::optional<std::chrono::steady_clock::time_point> began_;  // the function that runs now
    std::thread thread_;
};

}  // namespace fieldpost::support
