#include "tools/city/plan.hpp"

#include <algorithm>
#include <cstdlib>

#include "tools/city/random.hpp"
#include "tools/city/surveyor.hpp"

namespace fieldpost::city {
namespace {

// Eight lattice lines across a tile make a small town, twenty a real one.
int choose_tile_lines(std::uint64_t properties) {
    if (properties < 5'000) return 8;
    if (properties < 15'000) return 12;
    return 20;
}

}  // namespace

Plan::Plan(std::uint64_t seed, std::uint64_t properties, std::uint64_t room)
    : seed_(seed), tile_lines_(choose_tile_lines(properties)), radials_(properties >= 5'000) {
    Surveyor(*this).lay(properties, room);
}

std::string Plan::name(StreetSide side) const {
    const Street& street = streets_[index(side.street)];
    std::string out;
    if (side.direction != 0 && !street.direction_after) {
        out += side.direction;
        out += ' ';
    }
    out += street.name;
    if (!street.type.empty()) {
        out += ' ';
        out += street.type;
    }
    if (side.direction != 0 && street.direction_after) {
        out += ' ';
        out += side.direction;
    }
    return out;
}

Point Plan::at(Node node) const {
    const auto jitter = [this](int axis, int line) {
        if (line % tile_lines_ == 0) return 0;
        return static_cast<int>(hash(seed_, 0x11A7, axis, line) % 8001) - 4000;
    };
    return {node.column * kLatticeMm + jitter(0, node.column), node.row * kLatticeMm + jitter(1, node.row)};
}

Point Plan::bent(Point point) const {
    // Two long waves over the whole city, one shorter; phases from the seed. The slope stays below 0.25.
    const auto phase = [this](int which) {
        return static_cast<std::int64_t>(hash(seed_, 0xBE4D, which) & 65535);
    };
    const auto wave = [](std::int64_t along, std::int64_t length_mm, std::int64_t turn,
                         std::int64_t height_mm) {
        return sine(along * 65536 / length_mm + turn) * height_mm / 32768;
    };
    Point out = point;
    out.x +=
        wave(point.y, 2'700'000, phase(0), 60'000) + wave(point.y + point.x / 2, 910'000, phase(1), 9'000);
    out.y +=
        wave(point.x, 3'100'000, phase(2), 60'000) + wave(point.x - point.y / 2, 870'000, phase(3), 9'000);
    return out;
}

std::vector<Position> Plan::line(const Segment& segment) const {
    const Point from = at(segment.from);
    const Point to = at(segment.to);
    const int pieces = std::max(std::abs(segment.to.column - segment.from.column),
                                std::abs(segment.to.row - segment.from.row)) > 2
                           ? 4
                           : 2;
    std::vector<Position> out;
    for (int i = 0; i <= pieces; ++i) {
        out.push_back(position_of(
            bent({from.x + (to.x - from.x) * i / pieces, from.y + (to.y - from.y) * i / pieces})));
    }
    return out;
}

bool Plan::near_radial(Point unbent, std::int64_t mm) const {
    if (!radials_) return false;
    // The distance to the line x = ±y is the difference over the root of two; 1414/1000 keeps it integer.
    const std::int64_t gap = std::llabs(std::llabs(unbent.x) - std::llabs(unbent.y));
    return gap * 1000 < mm * 1414;
}

Plan::Bounds Plan::bounds() const {
    int west = 0, south = 0, east = 0, north = 0;
    for (const Tile& tile : tiles_) {
        west = std::min(west, tile.tx);
        south = std::min(south, tile.ty);
        east = std::max(east, tile.tx + 1);
        north = std::max(north, tile.ty + 1);
    }
    constexpr std::int64_t kMargin = 300'000;  // the bend and a little more
    const std::int64_t size = tile_lines_ * kLatticeMm;
    return {position_of({west * size - kMargin, south * size - kMargin}),
            position_of({east * size + kMargin, north * size + kMargin})};
}

}  // namespace fieldpost::city
