// A part of the board as the device holds it: its driver, or why there is none.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "hal/part.hpp"
#include "sync/base/result.hpp"

namespace fieldpost::device {

// Threads: as the driver.
template <class Driver>
class HeldPart {
  public:
    HeldPart() = default;
    // `table` is the configuration's, for the sentence.
    HeldPart(Result<std::unique_ptr<Driver>> made, const std::string& table) {
        if (made) {
            driver_ = std::move(*made);
        } else {
            problem_ = made.error().with("[" + table + "]").message;
        }
    }

    Driver* operator->() const { return driver_.get(); }
    explicit operator bool() const { return driver_ != nullptr; }

    // What keeps it from being used at all: wrong settings, or no thread for it. The status is then broken.
    void fail(const Error& error) { problem_ = error.message; }

    hal::PartStatus status() const {
        if (!problem_.empty()) return {hal::PartState::broken, problem_};
        return driver_ ? driver_->status() : hal::PartStatus{};
    }

    // As hal::Part.
    std::chrono::steady_clock::duration busy_for() const {
        return driver_ ? driver_->busy_for() : std::chrono::steady_clock::duration();
    }

  private:
    std::unique_ptr<Driver> driver_;
    std::string problem_;
};

}  // namespace fieldpost::device
