// How a part of the board is doing, told the same way by every capability.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace fieldpost::hal {

// "Not fitted" is a fact about the vehicle and needs nobody; "broken" asks for a person.
enum class PartState { ok, not_fitted, broken };

// "ok", "not_fitted", "broken": as the API and metrics write it.
std::string_view to_string(PartState state);

struct PartStatus {
    PartState state = PartState::not_fitted;
    std::string detail;  // a sentence for a person; what is wrong and what to look at

    bool operator==(const PartStatus&) const = default;
};

// What every capability is. Any thread.
class Part {
  public:
    virtual ~Part() = default;
    virtual PartStatus status() const = 0;
    // How long the driver's own thread has been at one thing; zero while it waits for its hardware or for
    // work, and for a driver without a thread. For watchdogs: one that hangs makes this grow.
    virtual std::chrono::steady_clock::duration busy_for() const { return {}; }
};

// A status that one thread writes and any thread reads.
class PartStatusCell {
  public:
    explicit PartStatusCell(PartStatus status) : status_(std::move(status)) {}

    PartStatus get() const {
        const std::lock_guard lock(mutex_);
        return status_;
    }

    // True if the status is another than before.
    bool set(PartStatus status) {
        const std::lock_guard lock(mutex_);
        if (status == status_) return false;
        status_ = std::move(status);
        return true;
    }

  private:
    mutable std::mutex mutex_;
    PartStatus status_;
};

}  // namespace fieldpost::hal
