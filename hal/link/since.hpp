// Uplinks as a driver sees them anew each time, and what of it is news.
#pragma once

#include <cstdint>

#include "hal/link/uplink.hpp"

namespace fieldpost::hal {

// `seen` with since when each has been as it is: as in `before` where kind, up and metered are the same, else
// `now_us` (CLOCK_BOOTTIME). The order stays that of `seen`.
Uplinks with_since(Uplinks seen, const Uplinks& before, std::int64_t now_us);

// `before`, all of them not up: they can no longer be seen.
Uplinks all_down(Uplinks before, std::int64_t now_us);

}  // namespace fieldpost::hal
