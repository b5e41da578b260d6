// A day of uplinks as text, for the simulated driver.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hal/link/uplink.hpp"
#include "sync/base/result.hpp"

namespace fieldpost::hal {

struct LinkStep {
    std::int64_t at_us = 0;  // after the start
    // How the uplink is from then on; since_us is 0.
    Uplink uplink;
};

// Lines (or parts between ';') of "seconds name kind up|down [metered|unmetered]"; without the last word as
// the kind usually is. '#' begins a remark, empty lines are skipped, and the times never go back.
// invalid_argument with the number of the line that is wrong.
//
//     0    wlan0  wifi_depot  up
//     0    wwan0  lte         up
//     600  wlan0  wifi_depot  down     # out of the gate
Result<std::vector<LinkStep>> read_link_script(std::string_view text);

// What a start tells: all uplinks of the script in the order in which it first names them, those that begin
// later not up, with what happens at 0 done.
Uplinks uplinks_at_start(const std::vector<LinkStep>& steps, std::int64_t now_us);

// Does one step at `now_us` (CLOCK_BOOTTIME). False when nothing is another than before.
bool take_step(Uplinks& uplinks, const LinkStep& step, std::int64_t now_us);

}  // namespace fieldpost::hal
