// When the box says how it is doing. No clock: it decides by what it is told.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "daemon/device/record/health.hpp"

namespace fieldpost::device {

// Microseconds.
struct HealthLimits {
    static constexpr std::int64_t second_us = 1'000'000;
    // Whatever happens: a part that comes and goes fills neither journal nor link.
    static constexpr std::int64_t least_us = 60 * second_us;
    // Else: wear and free space move slowly.
    static constexpr std::int64_t steady_us = 3600 * second_us;
};

// At the start, and then once an hour. Sooner when something has happened that a person would want to know
// of: a part broke or recovered, the vehicle's supply is good, low or high and was not so before, the case
// was opened, the disk turned read-only, the supervisor was heard for the first time: it says why the box has
// power. Starting the engine (cranking) is no such thing. Of what is not known now the last word counts.
class HealthPace {
  public:
    // Whether it is to be recorded at `now_us` (CLOCK_BOOTTIME).
    bool is_due(const NewHealth& health, std::int64_t now_us) const;
    // It was, as this.
    void reported(const NewHealth& health, std::int64_t now_us);
    // What was reported last is in no journal: it is due again as soon as may be.
    void lost() { is_lost_ = true; }

  private:
    struct Told {
        std::set<std::string> broken;  // names
        bool heard = false;            // of the supervisor
        hal::SupplyLevel supply = hal::SupplyLevel::good;
        bool tamper = false;
        std::uint32_t tamper_openings = 0;
        bool read_only = false;
    };
    static Told as_told(const NewHealth& health, Told before);
    static bool is_news(const Told& now, const Told& before);

    std::optional<std::int64_t> at_us_;  // of the last record; nullopt: there was none
    Told told_;
    bool is_lost_ = false;
};

}  // namespace fieldpost::device
