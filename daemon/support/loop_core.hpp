// The Asio side of EventLoop, for the .cpp files of this folder only.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace fieldpost::support {

// Outlives its EventLoop while others (a Reply in a worker's queue) still refer to it; what they post then is
// dropped.
class LoopCore {
  public:
    LoopCore() : io_(std::make_unique<boost::asio::io_context>(1)) {}

    // Loop thread, or while the EventLoop certainly lives.
    boost::asio::io_context& io() { return *io_; }

    // Any thread, at any time.
    void post(std::function<void()> function);
    // Drops what waits. Posting from what is dropped does nothing.
    void close();

    std::unique_ptr<boost::asio::signal_set> signals;
    std::atomic<std::thread::id> thread;

  private:
    std::mutex mutex_;
    bool closed_ = false;
    std::unique_ptr<boost::asio::io_context> io_;
};

}  // namespace fieldpost::support
