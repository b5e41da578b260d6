// A thread that shows an indication on something that can be lit. What the drivers share.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>

#include "hal/clock/clock.hpp"
#include "hal/indicator/indicator.hpp"
#include "hal/worker.hpp"

namespace fieldpost::hal {

// What a driver does with its hardware; called on the blinker's thread only.
class Lamp {
  public:
    virtual ~Lamp() = default;

    // Takes the hardware. Called again after a failure.
    virtual Status open() = 0;
    virtual Status set(bool lit) = 0;
    // Hands the whole pattern to the hardware, which then blinks by itself. False where it cannot: then set()
    // is called for each turn.
    virtual Result<bool> set_pattern(const Pattern&) { return false; }
    // Gives the hardware back, dark.
    virtual void close() = 0;
};

class Blinker final : public Indicator {
  public:
    // `name` names the light in sentences for people.
    Blinker(std::unique_ptr<Lamp> lamp, std::string name, const Clock& clock);
    ~Blinker() override { stop(); }

    Status start() override;
    void show(Indication indication) override;
    void stop() override;
    PartStatus status() const override { return status_.get(); }
    std::chrono::steady_clock::duration busy_for() const override { return worker_.busy_for(); }

  private:
    void run(const StopEvent& stop);
    // How long until something is to be done; nullopt: nothing until another is to be shown.
    Result<std::optional<std::int64_t>> turn(Indication shown, std::int64_t elapsed_us, bool begins);

    const std::unique_ptr<Lamp> lamp_;
    const std::string name_;
    const Clock& clock_;
    PartStatusCell status_;
    std::atomic<Indication> wanted_{Indication::off};
    bool by_itself_ = false;  // the hardware blinks; the worker's
    Fd changed_;              // an eventfd: another is to be shown
    Worker worker_;
};

}  // namespace fieldpost::hal
