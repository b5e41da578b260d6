#include "hal/link/since.hpp"

#include <algorithm>

namespace fieldpost::hal {

Uplinks with_since(Uplinks seen, const Uplinks& before, std::int64_t now_us) {
    for (Uplink& uplink : seen) {
        uplink.since_us = now_us;
        const auto known = std::ranges::find(before, uplink.name, &Uplink::name);
        if (known != before.end() && known->kind == uplink.kind && known->up == uplink.up &&
            known->metered == uplink.metered) {
            uplink.since_us = known->since_us;
        }
    }
    return seen;
}

Uplinks all_down(Uplinks before, std::int64_t now_us) {
    for (Uplink& uplink : before) {
        if (!uplink.up) continue;
        uplink.up = false;
        uplink.since_us = now_us;
    }
    return before;
}

}  // namespace fieldpost::hal
