#include "daemon/support/worker_thread.hpp"

#include <pthread.h>

#include <utility>

namespace fieldpost::support {

WorkerThread::WorkerThread(std::string name, std::size_t capacity) : capacity_(capacity) {
    thread_ = std::thread([this] { work(); });
    pthread_setname_np(thread_.native_handle(), name.substr(0, 15).c_str());
}

WorkerThread::~WorkerThread() {
    drain_and_join();
}

bool WorkerThread::post(Function function) {
    {
        const std::lock_guard lock(mutex_);
        if (ending_ || queue_.size() >= capacity_) return false;
        queue_.push_back(std::move(function));
    }
    wake_.notify_one();
    return true;
}

void WorkerThread::drain_and_join() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    wake_.notify_one();
    const std::lock_guard lock(join_mutex_);
    if (thread_.joinable()) thread_.join();
}

std::size_t WorkerThread::waiting() const {
    const std::lock_guard lock(mutex_);
    return queue_.size();
}

std::chrono::steady_clock::duration WorkerThread::busy_for() const {
    const std::lock_guard lock(mutex_);
    return began_ ? std::chrono::steady_clock::now() - *began_ : std::chrono::steady_clock::duration::zero();
}

void WorkerThread::work() {
    while (true) {
        Function function;
        {
            std::unique_lock lock(mutex_);
            began_.reset();
            wake_.wait(lock, [this] { return ending_ || !queue_.empty(); });
            if (queue_.empty()) return;
            function = std::move(queue_.front());
            queue_.pop_front();
            began_ = std::chrono::steady_clock::now();
        }
        function();
    }
}

}  // namespace fieldpost::support
