// When the device ends its work because the vehicle's power goes. Neither clock nor supervisor: it decides by
// what it is told.
#pragma once

#include <cstdint>
#include <optional>

#include "hal/supervisor/state.hpp"

namespace fieldpost::device {

// Microseconds.
struct PowerRules {
    static constexpr std::int64_t second_us = 1'000'000;
    // After the ignition went off: it may come back, and a crew that parks has something left to write down.
    std::int64_t stay_us = 30 * second_us;
    // Without one message taken by the hub for so long, nothing more is waited for.
    static constexpr std::int64_t stalled_us = 15 * second_us;
    // Kept back of the hold-up for closing and syncing the stores: a quarter of it, within these. It is no
    // promise of how long that takes: a disk that takes longer is cut at the supervisor's deadline, as at any
    // other moment.
    static constexpr std::int64_t least_margin_us = second_us;
    static constexpr std::int64_t most_margin_us = 30 * second_us;
};

// What is to be done before power goes.
struct PowerWork {
    bool hub_answers = false;
    std::uint64_t waiting = 0;  // of what people recorded
    bool installs = false;      // an update of the system, which is not to be broken off

    bool operator==(const PowerWork&) const = default;
};

class PowerPolicy {
  public:
    //   run   nobody asks for an end
    //   stay  power goes soon; there is still time: for people, for sending, for an installation
    //   stop  write everything down and give the power back now
    enum class Step { run, stay, stop };

    explicit PowerPolicy(PowerRules rules) : rules_(rules) {}

    // To be asked each second while power is in hold-up, and with every new state. `now_us` is
    // CLOCK_BOOTTIME. A hold-up that is taken back is `run` again. A supervisor that falls silent in a
    // hold-up may cut the power all the same: nobody can tell it done, so it is `stay` up to the margin,
    // `stop` up to its deadline, and then `run`.
    Step step(const std::optional<hal::SupervisorState>& state, const PowerWork& work, std::int64_t now_us);

    // Nothing large is to be begun: power goes soon, or the vehicle's battery is low.
    static bool spares(const std::optional<hal::SupervisorState>& state);

  private:
    struct HoldUp {
        std::int64_t began_us = 0;
        std::int64_t deadline_us = 0;  // the last that was told
        std::uint64_t waiting = 0;     // fewest so far
        std::int64_t progress_us = 0;  // when they became as few
    };

    PowerRules rules_;
    std::optional<HoldUp> hold_up_;
};

}  // namespace fieldpost::device
