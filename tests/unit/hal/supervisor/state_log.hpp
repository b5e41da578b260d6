// What a supervisor driver told its handler.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "hal/supervisor/supervisor.hpp"

namespace fieldpost::hal::testing {

class StateLog {
  public:
    static constexpr std::chrono::milliseconds limit{20'000};

    using Told = std::optional<SupervisorState>;

    SupervisorHandler handler() {
        return [this](const Told& state) {
            const std::lock_guard lock(mutex_);
            told_.push_back(state);
            changed_.notify_all();
        };
    }
    std::vector<Told> all() const {
        const std::lock_guard lock(mutex_);
        return told_;
    }
    std::size_t count() const { return all().size(); }

    bool wait_for_count(std::size_t count, std::chrono::milliseconds longest = limit) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, longest, [&] { return told_.size() >= count; });
    }
    bool wait_for_last(const std::function<bool(const Told&)>& holds) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, limit, [&] { return !told_.empty() && holds(told_.back()); });
    }
    // Some state told so far or in time for which it holds.
    bool wait_for(const std::function<bool(const Told&)>& holds) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, limit, [&] {
            for (const Told& told : told_) {
                if (holds(told)) return true;
            }
            return false;
        });
    }

  private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Told> told_;
};

}  // namespace fieldpost::hal::testing
