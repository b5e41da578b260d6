#include "firmware/logic/lights.hpp"

namespace fieldpost::firmware {
namespace {

bool blink(std::uint64_t now_ms, std::uint32_t period_ms, std::uint32_t lit_ms) {
    return now_ms % period_ms < lit_ms;
}

bool power_light(std::uint64_t now_ms, PowerState state) {
    switch (state) {
        case PowerState::off:
            return blink(now_ms, 5'000, 20);  // a vehicle may stand for weeks
        case PowerState::starting:
            return blink(now_ms, 250, 125);
        case PowerState::on:
            return true;
        case PowerState::hold_up:
            return blink(now_ms, 1'000, 500);
    }
    return false;
}

bool fault_light(std::uint64_t now_ms, const PowerMemory& power, SupplyState supply, bool tamper) {
    if (power.state == PowerState::off) return false;
    if (tamper) return blink(now_ms, 250, 125);
    if (power.unwatched) return true;
    return (supply == SupplyState::low || supply == SupplyState::high) && blink(now_ms, 1'000, 500);
}

}  // namespace

Lights lights_at(std::uint64_t now_ms, const PowerMemory& power, SupplyState supply, bool tamper) {
    return {power_light(now_ms, power.state), fault_light(now_ms, power, supply, tamper),
            power.wake == WakeKind::sos};
}

}  // namespace fieldpost::firmware
