#include "hal/link/uplink.hpp"

#include <algorithm>

namespace fieldpost::hal {

std::string_view to_string(LinkKind kind) {
    switch (kind) {
        case LinkKind::unknown:
            return "unknown";
        case LinkKind::wifi_depot:
            return "wifi_depot";
        case LinkKind::wifi:
            return "wifi";
        case LinkKind::ethernet:
            return "ethernet";
        case LinkKind::lte:
            return "lte";
        case LinkKind::satellite:
            return "satellite";
    }
    return "unknown";
}

std::optional<LinkKind> link_kind(std::string_view name) {
    for (const LinkKind kind : {LinkKind::unknown, LinkKind::wifi_depot, LinkKind::wifi, LinkKind::ethernet,
                                LinkKind::lte, LinkKind::satellite}) {
        if (to_string(kind) == name) return kind;
    }
    return std::nullopt;
}

bool is_usually_metered(LinkKind kind) {
    return kind == LinkKind::lte || kind == LinkKind::satellite;
}

const Uplink* carrier(const Uplinks& uplinks) {
    const auto found = std::ranges::find_if(uplinks, &Uplink::up);
    return found == uplinks.end() ? nullptr : &*found;
}

}  // namespace fieldpost::hal
