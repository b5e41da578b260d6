// Fixes as they arrive from a driver's thread, and waiting for the one a test expects.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <vector>

#include "hal/gnss/gnss.hpp"

namespace fieldpost::hal::testing {

class FixLog {
  public:
    FixHandler handler() {
        return [this](const Fix& fix) {
            {
                const std::lock_guard lock(mutex_);
                fixes_.push_back(fix);
            }
            arrived_.notify_all();
        };
    }

    // True once a fix after the first `skip` ones pleases `wanted`; false when the time is out.
    bool wait_for(const std::function<bool(const Fix&)>& wanted, std::size_t skip = 0,
                  std::chrono::milliseconds limit = std::chrono::seconds(20)) {
        std::unique_lock lock(mutex_);
        return arrived_.wait_for(lock, limit, [&] {
            for (std::size_t i = skip; i < fixes_.size(); ++i) {
                if (wanted(fixes_[i])) return true;
            }
            return false;
        });
    }

    bool wait_for_count(std::size_t count) {
        std::unique_lock lock(mutex_);
        return arrived_.wait_for(lock, std::chrono::seconds(20), [&] { return fixes_.size() >= count; });
    }

    std::vector<Fix> all() const {
        const std::lock_guard lock(mutex_);
        return fixes_;
    }
    std::size_t count() const { return all().size(); }

  private:
    mutable std::mutex mutex_;
    std::condition_variable arrived_;
    std::vector<Fix> fixes_;
};

inline bool has_position(const Fix& fix) {
    return fix.position.has_value();
}
inline bool has_no_position(const Fix& fix) {
    return !fix.position.has_value();
}

}  // namespace fieldpost::hal::testing
