#include "sync/snapshot/spot_cell.hpp"

#include <algorithm>

#include "sync/base/varint.hpp"
#include "sync/snapshot/layout.hpp"

namespace fieldpost::snapshot {

namespace {

std::uint64_t apart(std::int32_t low, std::int32_t high) {
    return static_cast<std::uint64_t>(std::int64_t{high} - low);
}

}  // namespace

Thing box_around(std::span<const Thing> things) {
    Thing box = things.front();
    box.row = 0;
    for (const Thing& thing : things) {
        box.south = std::min(box.south, thing.south);
        box.north = std::max(box.north, thing.north);
        box.west = std::min(box.west, thing.west);
        box.east = std::max(box.east, thing.east);
    }
    return box;
}

// The corner of the box; then of each thing place, slot with a bit for points, and its distance from the
// corner.
Bytes pack_cell(std::span<const Thing> things) {
    const Thing box = box_around(things);
    Bytes out;
    append_varint(out, things.size());
    append_varint(out, zigzag(box.south));
    append_varint(out, zigzag(box.west));
    std::int64_t place = 0;
    for (const Thing& thing : things) {
        const bool point = thing.south == thing.north && thing.west == thing.east;
        append_varint(out, zigzag(place_of(thing.row) - place));
        place = place_of(thing.row);
        append_varint(out,
                      static_cast<std::uint64_t>(thing.row & (slots_of_place - 1)) << 1U | (point ? 1U : 0U));
        append_varint(out, apart(box.south, thing.south));
        append_varint(out, apart(box.west, thing.west));
        if (point) continue;
        append_varint(out, apart(thing.south, thing.north));
        append_varint(out, apart(thing.west, thing.east));
    }
    return out;
}

Result<std::vector<Thing>> unpack_cell(BytesView packed) {
    VarintReader in(packed);
    const std::uint64_t count = in.take();
    const std::int64_t south = in.take_signed();
    const std::int64_t west = in.take_signed();
    bool beyond = false;
    const auto plus = [&](std::int64_t from) {
        const std::int64_t sum = std::clamp<std::int64_t>(from, INT32_MIN, INT32_MAX) +
                                 static_cast<std::int64_t>(in.take() & UINT32_MAX);
        beyond = beyond || sum > INT32_MAX || from < INT32_MIN || from > INT32_MAX;
        return static_cast<std::int32_t>(std::min<std::int64_t>(sum, INT32_MAX));
    };
    std::vector<Thing> out;
    std::uint64_t place = 0;
    for (std::uint64_t n = 0; n < count && !in.bad(); ++n) {
        Thing thing;
        place += static_cast<std::uint64_t>(in.take_signed());
        const std::uint64_t slot = in.take();
        thing.row =
            static_cast<std::int64_t>((place << slot_bits & INT64_MAX) | (slot >> 1U & (slots_of_place - 1)));
        thing.north = thing.south = plus(south);
        thing.east = thing.west = plus(west);
        if ((slot & 1U) == 0) {
            thing.north = plus(thing.south);
            thing.east = plus(thing.west);
        }
        out.push_back(thing);
    }
    if (in.bad() || beyond || out.empty() || !in.rest().empty())
        return fail(ErrorCode::corrupt, "a box of the map index is damaged");
    return out;
}

}  // namespace fieldpost::snapshot
