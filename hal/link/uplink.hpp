// One way out of the vehicle, as it is at one moment.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fieldpost::hal {

// What an uplink is, for deciding what it may carry. `wifi_depot` is the city's own wireless network at the
// depot, `wifi` any other one. `unknown` is a real answer: a cable into somebody's router may be anything
// behind it.
enum class LinkKind { unknown, wifi_depot, wifi, ethernet, lte, satellite };

// "unknown", "wifi_depot", "wifi", "ethernet", "lte", "satellite": as configuration, API and metrics write
// it.
std::string_view to_string(LinkKind kind);
// The kind with that name.
std::optional<LinkKind> link_kind(std::string_view name);

// True for kinds that are paid by the byte unless somebody says otherwise: lte, satellite.
bool is_usually_metered(LinkKind kind);

struct Uplink {
    std::string name;  // the system's, such as "wwan0"; never empty
    LinkKind kind = LinkKind::unknown;
    // It has carrier, address and route, and would carry a packet. That the hub answers through it is not
    // promised.
    bool up = false;
    bool metered = false;  // somebody pays by the byte
    // CLOCK_BOOTTIME in microseconds since when kind, up and metered have been as they are.
    std::int64_t since_us = 0;

    bool operator==(const Uplink&) const = default;
};

// All that are fitted, up or not, each name once; the one that the system prefers for its traffic first.
using Uplinks = std::vector<Uplink>;

// The one that carries the traffic: the first that is up; null when none is. Points into `uplinks`.
const Uplink* carrier(const Uplinks& uplinks);

}  // namespace fieldpost::hal
