// What a driver's handler was called with, and waiting for what a test expects.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <vector>

namespace fieldpost::hal::testing {

template <class Told>
class Log {
  public:
    auto handler() {
        return [this](const Told& told) {
            const std::lock_guard lock(mutex_);
            told_.push_back(told);
            arrived_.notify_all();
        };
    }

    // True once one after the first `skip` pleases `wanted`; false when the time is out.
    bool wait_for(const std::function<bool(const Told&)>& wanted, std::size_t skip = 0,
                  std::chrono::milliseconds limit = std::chrono::seconds(20)) {
        std::unique_lock lock(mutex_);
        return arrived_.wait_for(lock, limit, [&] {
            for (std::size_t i = skip; i < told_.size(); ++i) {
                if (wanted(told_[i])) return true;
            }
            return false;
        });
    }

    bool wait_for_count(std::size_t count, std::chrono::milliseconds limit = std::chrono::seconds(20)) {
        std::unique_lock lock(mutex_);
        return arrived_.wait_for(lock, limit, [&] { return told_.size() >= count; });
    }

    std::vector<Told> all() const {
        const std::lock_guard lock(mutex_);
        return told_;
    }

  private:
    mutable std::mutex mutex_;
    std::condition_variable arrived_;
    std::vector<Told> told_;
};

}  // namespace fieldpost::hal::testing
