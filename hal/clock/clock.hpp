// What time it is, and how far that can be trusted.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sync/base/result.hpp"
#include "sync/base/time.hpp"

namespace fieldpost::hal {

// From worst to best: a higher one may overrule a lower one.
//   none         the clock was never set; its UTC is kept for completeness only
//   build_floor  not before the program was built, and no better reason to believe it
//   rtc          set earlier, and kept running since: by a battery clock, or by GNSS that has fallen silent
//   ntp          the system clock is disciplined over the network
//   gnss         a satellite receiver gave it within the last minute
enum class TimeQuality { none, build_floor, rtc, ntp, gnss };

// "none", "build_floor", "rtc", "ntp", "gnss": as the API and records write it.
std::string_view to_string(TimeQuality quality);

struct TimeReading {
    UnixMicros utc_us = 0;
    TimeQuality quality = TimeQuality::none;
    std::int64_t boottime_us = 0;  // CLOCK_BOOTTIME of the same moment

    bool operator==(const TimeReading&) const = default;
};

// Every method may be called from any thread and never blocks.
class Clock {
  public:
    virtual ~Clock() = default;

    // Microseconds since boot, with suspended time; never steps. For ages, time-outs and order within one
    // boot.
    virtual std::int64_t boottime_us() const = 0;

    virtual TimeReading now() const = 0;

    // The kernel's id of this boot, a UUID; the same for the life of the object. Empty if the kernel tells
    // none.
    virtual const std::string& boot_id() const = 0;

    // Satellite time: the UTC that was valid at `received_boottime_us`. Only times that satellites vouch for
    // (Fix::utc_valid, and not Fix::utc_leaps) may be
    // offered. What lies below the build date, or was received in the future, is
    // ignored.
    virtual void offer_gnss_time(UnixMicros utc_us, std::int64_t received_boottime_us) = 0;
};

}  // namespace fieldpost::hal
