// When the vehicle says where it is. Neither clock nor receiver: it decides by what it is told.
#pragma once

#include <cstdint>
#include <optional>

#include "hal/gnss/fix.hpp"

namespace fieldpost::device {

// Microseconds and metres. Among the usual figures of vehicle location: a dispatcher follows a crew that is
// under way street by street, and knows of all others where they are to the minute.
struct PositionLimits {
    static constexpr std::int64_t second_us = 1'000'000;
    // Whatever a receiver says: so that its jumps fill neither journal nor link.
    static constexpr std::int64_t least_us = 5 * second_us;
    // While a crew is on its way to an emergency, or asks for help; standing, too: nobody should wonder.
    static constexpr std::int64_t urgent_us = 15 * second_us;
    static constexpr double urgent_m = 200;
    // Else, while the vehicle moves.
    static constexpr std::int64_t moving_us = 60 * second_us;
    static constexpr double moving_m = 500;
    // Else: it shows that the device is alive, with some sixteen positions a night.
    static constexpr std::int64_t standing_us = 30 * 60 * second_us;
    // It moves from this speed on: below, receivers report speeds of vehicles that stand …
    static constexpr double moving_mps = 2;
    // … or when it went so far from where it was last: fixes of one that stands wander less.
    static constexpr double wander_m = 50;
    // A status that nobody took back: from here on positions are no longer urgent, which are never thinned.
    static constexpr std::int64_t urgent_at_most_us = 12 * 3600 * second_us;
    // No more of them wait for the hub at once: what an emergency brings next is sent behind these. Beyond,
    // while nobody can follow the vehicle anyway, they are telemetry, at its pace.
    static constexpr std::uint64_t urgent_waiting = 20;
};

class PositionPace {
  public:
    // Whether the vehicle's position is to be recorded at `now_us` (CLOCK_BOOTTIME), by the newest fix. Never
    // by one that has no position or is stale.
    bool is_due(const hal::Fix& fix, bool urgent, std::int64_t now_us) const;
    // It was, from this fix.
    void reported(const hal::Fix& fix, std::int64_t now_us) { last_ = Reported{*fix.position, now_us}; }

  private:
    struct Reported {
        hal::Position position;
        std::int64_t at_us = 0;
    };
    std::optional<Reported> last_;
};

}  // namespace fieldpost::device
