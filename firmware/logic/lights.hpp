// What the lamps on the case say.
#pragma once

#include <cstdint>

#include "firmware/logic/power.hpp"

namespace fieldpost::firmware {

struct Lights {
    bool power =
        false;  // green: on steadily, starting fast, finishing slowly; parked a flash every five seconds
    bool fault = false;  // red: supply low or high slowly, computer left alone steadily, case opened fast
    bool sos = false;    // the button's own lamp: a call is on

    bool operator==(const Lights&) const = default;
};

Lights lights_at(std::uint64_t now_ms, const PowerMemory& power, SupplyState supply, bool tamper);

}  // namespace fieldpost::firmware
