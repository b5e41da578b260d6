// The Linux clock.
#pragma once

#include "hal/clock/clock.hpp"

namespace fieldpost::hal {

struct SystemClockPlaces {
    std::string boot_id = "/proc/sys/kernel/random/boot_id";
    std::string rtc_folder = "/sys/class/rtc";
};

// Quality: `gnss` for a minute after each offered satellite time, and then its UTC is the satellites',
// carried on by the boot clock; else `ntp` while the kernel's clock is synchronised (adjtimex without
// STA_UNSYNC); else `rtc` if satellites gave time earlier in this boot or the kernel set the clock from a
// battery clock at boot (hctosys); else `build_floor`. A system UTC below `build_floor_us`, the moment the
// program was built, is `none` unless satellites know better.
//
// UTC never runs back by a little (EvenUtc): only a better source that is more than 1 s behind, or a step of
// more than 10 s, turns it back.
//
// The system clock itself is never set from here.
std::unique_ptr<Clock> make_system_clock(UnixMicros build_floor_us, const SystemClockPlaces& places = {});

}  // namespace fieldpost::hal
