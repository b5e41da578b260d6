// A day of a supervisor as text, for the simulated driver.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hal/supervisor/state.hpp"
#include "sync/base/result.hpp"

namespace fieldpost::hal {

struct SupervisorStep {
    enum class What { ignition, supply, sos, tamper };
    std::int64_t at_us = 0;  // after the start
    What what = What::ignition;
    bool on = false;  // ignition, tamper
    SupplyLevel supply = SupplyLevel::good;
    std::uint32_t supply_mv = 0;  // 0: stays as it was
};

// Parts between ';' or lines: "seconds ignition on|off", "seconds supply good|cranking|low|high
// [millivolts]", "seconds sos", "seconds tamper open|closed". Times never go back. invalid_argument that
// names the step.
Result<std::vector<SupervisorStep>> read_supervisor_script(std::string_view text);

// What the step makes of a state at `now_us`: a hold-up of `hold_up_us` begins when no reason to run is left,
// and is taken back when one returns.
void take_step(SupervisorState& state, const SupervisorStep& step, std::int64_t now_us,
               std::int64_t hold_up_us);

}  // namespace fieldpost::hal
