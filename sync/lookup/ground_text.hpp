// Inside of the search: texts that name a place on the ground rather than a door.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fieldpost::lookup {

// "main & 5th", "corner of Main and 5th", "main st at oak", "main/5th".
struct CrossingText {
    std::string first;
    std::string second;
};
// A text may be cut in several ways: "Park and Ride Ave and Oak St". At most 4; none when it begins with a
// house number.
std::vector<CrossingText> read_crossing(std::string_view text);

// "1400 block of S Salina St", "salina st 1400 blk", "14xx salina".
struct BlockText {
    std::uint32_t from = 0;  // to from + 99
    std::string street;
};
std::optional<BlockText> read_block(std::string_view text);

// "near me", "nearest hydrants", "valves around here".
struct NearText {
    std::string what;  // folded; empty: whatever stands there
};
std::optional<NearText> read_near(std::string_view text);

}  // namespace fieldpost::lookup
