// Inside: the few dozen neighbours of one class that share a box in the R*Tree, in some eight bytes each. An
// R*Tree entry for each of them would take fifty. Pure; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sync/base/bytes.hpp"
#include "sync/base/result.hpp"

namespace fieldpost::snapshot {

// A layer row and the box that it stands in, 1e-7 degrees; a point when both corners are the same.
struct Thing {
    std::int64_t row = 0;
    std::int32_t south = 0;
    std::int32_t north = 0;
    std::int32_t west = 0;
    std::int32_t east = 0;
    bool operator==(const Thing&) const = default;
};

inline constexpr std::size_t things_in_cell = 32;       // when the hub packs them
inline constexpr std::size_t most_things_in_cell = 64;  // when a device adds some

// At least one, by row.
Bytes pack_cell(std::span<const Thing> things);
// corrupt for bytes that pack_cell does not give.
Result<std::vector<Thing>> unpack_cell(BytesView packed);

// The smallest box around them all; its row is 0.
Thing box_around(std::span<const Thing> things);

}  // namespace fieldpost::snapshot
