// Positions as people write them.
#pragma once

#include <optional>
#include <string_view>

#include "sync/snapshot/distance.hpp"

namespace fieldpost::lookup {

// Reads a text that is a position and nothing else: decimal degrees ("43.0481, -76.1474", "N43.0481
// W76.1474", "geo:43.0481,-76.1474"), degrees and minutes ("43 02.883 N 76 08.844 W"), degrees, minutes and
// seconds
// ("43°02'53\"N 76°08'51\"W"), and the US National Grid or MGRS with 3 to 5 digits each ("18T VN 06608
// 66780"; the middle of its square). Latitude first unless letters or size say otherwise. WGS 84. nullopt for
// anything else. Pure; any thread.
std::optional<snapshot::Point> read_position(std::string_view text);

}  // namespace fieldpost::lookup
