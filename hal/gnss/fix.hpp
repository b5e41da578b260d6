// What a satellite receiver said about one moment.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace fieldpost::hal {

// How a position came about. `estimated` is everything that satellites did not measure now: dead reckoning, a
// position typed in by hand, the receiver's own simulator.
enum class FixType { none, fix_2d, fix_3d, dgnss, rtk, estimated };

// "none", "2d", "3d", "dgnss", "rtk", "estimated": as the API and records write it.
std::string_view to_string(FixType type);

// WGS 84 degrees; latitude -90..90, north positive; longitude -180..180, east positive.
struct Position {
    double latitude = 0;
    double longitude = 0;

    bool operator==(const Position&) const = default;
};

// One epoch of a receiver. A value that the receiver did not give is absent, never zero. Position, movement
// and time are valid each on its own account: a receiver can know the time long before its place.
struct Fix {
    FixType type = FixType::none;

    // Present exactly when type is not none. Never 0,0: receivers write that when they know nothing.
    std::optional<Position> position;
    std::optional<double> altitude_m;    // above mean sea level; absent in a 2D fix, where it is only assumed
    std::optional<double> speed_mps;     // over ground
    std::optional<double> course_deg;    // true, 0 <= course < 360; noise when nearly standing
    std::optional<double> hdop;          // horizontal dilution of precision, above 0; only with a position
    std::optional<double> accuracy_m;    // radius that holds the true place 95 times in 100; an estimate
    std::optional<int> satellites_used;  // 0..128, over all systems
    std::optional<int> satellites_seen;  // the same; some receivers list only those of one system

    // UTC in microseconds since 1970, when time and date are known. It is `utc_valid` when satellites gave it
    // in this epoch; otherwise it comes from the receiver's own battery clock and may be anything.
    std::optional<std::int64_t> utc_us;
    bool utc_valid = false;
    // Microseconds since UTC midnight: known also where the receiver never tells the date.
    std::optional<std::int64_t> time_of_day_us;

    // Judged against the fixes before (JumpWatch), and only told: the values stay as the receiver gave them.
    // The position lies farther off than any vehicle drives in the time between.
    bool position_leaps = false;
    // A valid UTC runs otherwise than the boot clock; it is not to be taken for the time.
    bool utc_leaps = false;

    // CLOCK_BOOTTIME in microseconds when the first sentence with this epoch's time arrived. A receiver that
    // repeats an old epoch does not make it younger.
    std::int64_t received_us = 0;

    // Microseconds from receipt to `now_us` (CLOCK_BOOTTIME), never negative.
    std::int64_t age_us(std::int64_t now_us) const { return now_us > received_us ? now_us - received_us : 0; }

    bool operator==(const Fix&) const = default;
};

// The age from which a fix no longer tells where a moving vehicle is.
inline constexpr std::int64_t stale_after_us = 10'000'000;

// The fix as it may be shown or recorded at `now_us` (CLOCK_BOOTTIME): itself while it is fresh, and no fix
// (with the old receipt time, so that its age can be told) once it is older than `limit_us`.
Fix at_time(const Fix& fix, std::int64_t now_us, std::int64_t limit_us = stale_after_us);

}  // namespace fieldpost::hal
