// What a driver told of its uplinks, and waiting for the one that a test expects.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <vector>

#include "hal/link/link.hpp"

namespace fieldpost::hal::testing {

class UplinkLog {
  public:
    UplinksHandler handler() {
        return [this](const Uplinks& uplinks) {
            const std::lock_guard lock(mutex_);
            told_.push_back(uplinks);
            arrived_.notify_all();
        };
    }

    // False when the time is out.
    bool wait_for_count(std::size_t count, std::chrono::milliseconds limit = std::chrono::seconds(20)) {
        std::unique_lock lock(mutex_);
        return arrived_.wait_for(lock, limit, [&] { return told_.size() >= count; });
    }

    // True once what was told last pleases `wanted`; false when the time is out.
    bool wait_for(const std::function<bool(const Uplinks&)>& wanted,
                  std::chrono::milliseconds limit = std::chrono::seconds(20)) {
        std::unique_lock lock(mutex_);
        return arrived_.wait_for(lock, limit, [&] { return !told_.empty() && wanted(told_.back()); });
    }

    std::vector<Uplinks> all() const {
        const std::lock_guard lock(mutex_);
        return told_;
    }
    std::size_t count() const { return all().size(); }

  private:
    mutable std::mutex mutex_;
    std::condition_variable arrived_;
    std::vector<Uplinks> told_;
};

}  // namespace fieldpost::hal::testing
