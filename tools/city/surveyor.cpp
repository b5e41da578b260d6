#include "tools/city/surveyor.hpp"

#include <algorithm>
#include <cstdlib>

#include "tools/city/lots.hpp"
#include "tools/city/words.hpp"

namespace fieldpost::city {
namespace {

constexpr int kReachOfCity = 26;  // tiles from the centre, more than a million properties need
constexpr int kNumbersPerLine = 50;
constexpr int kNumbersPerRadialLine = 70;
constexpr std::int64_t kPrimaryMargin = 18'000;
constexpr std::int64_t kSecondaryMargin = 40'000;  // keeps clear of the corner lots of the crossing street

int floor_div(int value, int by) {
    return value >= 0 ? value / by : -((-value + by - 1) / by);
}

// Twice the distance of a tile's centre from the base line: 1, 3, 5, ...
int doubled(int t) {
    return 2 * t + 1;
}

char direction_of(int axis, int tile_along) {
    if (axis == 1) return tile_along >= 0 ? 'N' : 'S';
    return tile_along >= 0 ? 'E' : 'W';
}

}  // namespace

void Surveyor::lay(std::uint64_t properties, std::uint64_t room) {
    room_ = room;
    for (const Tile& tile : tiles_by_distance()) {
        if (next_property_ >= room_) break;
        plan_.tiles_.push_back(tile);
        lay_tile(tile);
    }
    name_crossings();
    found_districts(properties);
}

std::vector<Tile> Surveyor::tiles_by_distance() const {
    std::vector<Tile> tiles;
    for (int ty = -kReachOfCity; ty < kReachOfCity; ++ty) {
        for (int tx = -kReachOfCity; tx < kReachOfCity; ++tx) tiles.push_back(describe(tx, ty));
    }
    const auto rank = [this](const Tile& tile) {
        const int squared = doubled(tile.tx) * doubled(tile.tx) + doubled(tile.ty) * doubled(tile.ty);
        return std::pair{squared, hash(plan_.seed_, 0x71E5, tile.tx, tile.ty)};
    };
    std::sort(tiles.begin(), tiles.end(), [&](const Tile& a, const Tile& b) { return rank(a) < rank(b); });
    return tiles;
}

Tile Surveyor::describe(int tx, int ty) const {
    Random random(hash(plan_.seed_, 0x711E, tx, ty));
    Tile tile;
    tile.tx = tx;
    tile.ty = ty;
    const int ring = std::max(std::abs(doubled(tx)), std::abs(doubled(ty)));
    const bool town = plan_.tile_lines_ < 20;  // too small for towers
    if (ring == 1) {
        tile.zone = town ? Zone::mixed : Zone::downtown;
    } else if (ring == 3) {
        tile.zone = random.percent(45) ? Zone::mixed : Zone::residential;
    } else {
        const int weights[] = {8, 52, 32, 8};
        constexpr Zone kZones[] = {Zone::mixed, Zone::residential, Zone::suburban, Zone::industrial};
        tile.zone = kZones[random.weighted(weights)];
    }
    const bool wide = random.percent(50);
    if (tile.zone == Zone::suburban || tile.zone == Zone::industrial) {
        tile.column_step = tile.row_step = 4;
    } else if (tile.zone == Zone::downtown && random.percent(50)) {
        tile.column_step = tile.row_step = 2;
    } else {
        tile.column_step = wide ? 4 : 2;
        tile.row_step = wide ? 2 : 4;
    }
    tile.own_numbers = ring > 1 && random.percent(30);
    return tile;
}

void Surveyor::lay_tile(const Tile& tile) {
    next_in_tile_ = 0;
    const int size = plan_.tile_lines_;
    // The boundary nearer to the centre is this tile's to lay; tile -1 shares the base line with tile 0.
    if (tile.ty != -1) lay_line(tile, 0, (tile.ty >= 0 ? tile.ty : tile.ty + 1) * size);
    if (tile.tx != -1) lay_line(tile, 1, (tile.tx >= 0 ? tile.tx : tile.tx + 1) * size);
    for (int step = tile.row_step; step < size; step += tile.row_step) {
        lay_line(tile, 0, tile.ty * size + step);
    }
    for (int step = tile.column_step; step < size; step += tile.column_step) {
        lay_line(tile, 1, tile.tx * size + step);
    }
    if (plan_.radials_ && std::abs(doubled(tile.tx)) == std::abs(doubled(tile.ty))) lay_radial(tile);
    if (tile.zone == Zone::suburban) lay_courts(tile);
}

std::vector<int> Surveyor::crossings(const Tile& tile, int axis, int line) const {
    const int size = plan_.tile_lines_;
    const int along = axis == 0 ? tile.tx : tile.ty;
    const auto step_of = [axis](const Tile& any) { return axis == 0 ? any.column_step : any.row_step; };
    std::vector<int> found;
    const auto add = [&](const Tile& any) {
        for (int k = 0; k <= size; k += step_of(any)) found.push_back(along * size + k);
    };
    add(tile);
    if (line % size == 0) {
        const int beyond = (axis == 0 ? tile.ty >= 0 : tile.tx >= 0) ? -1 : 1;
        add(axis == 0 ? describe(tile.tx, tile.ty + beyond) : describe(tile.tx + beyond, tile.ty));
    }
    std::sort(found.begin(), found.end(), [](int a, int b) { return std::abs(a) < std::abs(b); });
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
}

void Surveyor::lay_line(const Tile& tile, int axis, int line) {
    const int size = plan_.tile_lines_;
    const int along = axis == 0 ? tile.tx : tile.ty;
    const bool boundary = line % size == 0;
    const bool primary = axis == 0 ? tile.column_step >= tile.row_step : tile.row_step > tile.column_step;
    const std::vector<int> stops = crossings(tile, axis, line);
    for (std::size_t i = 0; i + 1 < stops.size(); ++i) {
        const int half = std::abs(stops[i] - stops.front()) * 2 < size ? 0 : 1;
        const std::int32_t street =
            boundary ? arterial(axis, line) : local(tile, Reach{axis, line, along, half});
        const Street& laid = plan_.streets_[static_cast<std::size_t>(street)];
        Segment segment;
        segment.side = {street, laid.directed ? direction_of(axis, along) : char{0}};
        segment.from = axis == 0 ? Node{stops[i], line} : Node{line, stops[i]};
        segment.to = axis == 0 ? Node{stops[i + 1], line} : Node{line, stops[i + 1]};
        segment.first_number = std::abs(stops[i] - laid.start_line) * kNumbersPerLine;
        segment.last_number = std::abs(stops[i + 1] - laid.start_line) * kNumbersPerLine;
        segment.margin_mm = primary && !boundary ? kPrimaryMargin : kSecondaryMargin;
        add_segment(segment, axis);
    }
}

void Surveyor::lay_radial(const Tile& tile) {
    const int size = plan_.tile_lines_;
    const int column_sign = tile.tx >= 0 ? 1 : -1;
    const int row_sign = tile.ty >= 0 ? 1 : -1;
    const int which = (column_sign > 0 ? 0 : 1) + (row_sign > 0 ? 0 : 2);
    if (!radials_.contains(which)) radials_[which] = found_street(StreetClass::radial, false, 0);
    const int inner = (tile.tx >= 0 ? tile.tx : -1 - tile.tx) * size;
    for (int k = inner; k < inner + size; k += 4) {
        Segment segment;
        segment.side = {radials_[which], 0};
        segment.from = {column_sign * k, row_sign * k};
        segment.to = {column_sign * (k + 4), row_sign * (k + 4)};
        segment.first_number = k * kNumbersPerRadialLine;
        segment.last_number = (k + 4) * kNumbersPerRadialLine;
        segment.margin_mm = kSecondaryMargin;
        add_segment(segment, 2);
    }
}

void Surveyor::lay_courts(const Tile& tile) {
    const int size = plan_.tile_lines_;
    for (int row = tile.row_step; row < size; row += tile.row_step) {
        for (int column = 0; column < size; column += tile.column_step) {
            const Node mouth{tile.tx * size + column + 2, tile.ty * size + row};
            if (hash(plan_.seed_, 0xC0, mouth.column, mouth.row) % 100 >= 70) continue;
            const Node host{tile.tx * size + column, mouth.row};
            if (const auto found = nodes_.find(host); found != nodes_.end())
                nodes_[mouth][0] = found->second[0];
            Segment segment;
            segment.side = {found_street(StreetClass::court, false, mouth.row), 0};
            segment.from = mouth;
            segment.to = {mouth.column, mouth.row + 3};
            segment.last_number = 60;
            segment.margin_mm = kSecondaryMargin;
            add_segment(segment, 1);
        }
    }
}

void Surveyor::add_segment(Segment segment, int axis) {
    if (next_property_ >= room_) return;
    segment.tile = static_cast<std::uint32_t>(plan_.tiles_.size() - 1);
    segment.number_in_tile = ++next_in_tile_;
    segment.first_property = next_property_;
    std::uint64_t count = 0;
    for (const Lot& lot : lots_of(plan_, segment)) count += lot.properties();
    segment.properties = static_cast<std::uint32_t>(std::min(count, room_ - next_property_));
    next_property_ += segment.properties;
    nodes_[segment.from][static_cast<std::size_t>(axis)] = segment.side;
    // A street keeps its name to its end; the next segment, if any, writes over this.
    StreetSide& end = nodes_[segment.to][static_cast<std::size_t>(axis)];
    if (!end.known()) end = segment.side;
    plan_.segments_.push_back(segment);
    axes_.push_back(axis);
}

void Surveyor::name_crossings() {
    for (std::size_t i = 0; i < plan_.segments_.size(); ++i) {
        Segment& segment = plan_.segments_[i];
        const auto crossing = [&](Node node) {
            const auto& there = nodes_[node];
            const std::size_t own = static_cast<std::size_t>(axes_[i]);
            for (const std::size_t other : {(own + 1) % 2, std::size_t{2}, own}) {
                const StreetSide& side = there[other];
                if (side.known() && side.street != segment.side.street) return side;
            }
            return StreetSide{};
        };
        segment.cross_from = crossing(segment.from);
        segment.cross_to = crossing(segment.to);
    }
}

void Surveyor::found_districts(std::uint64_t properties) {
    const int group = plan_.tiles_.size() <= 36 ? 1 : plan_.tiles_.size() <= 160 ? 2 : 3;
    std::map<std::pair<int, int>, std::uint32_t> numbers;
    std::set<std::string> names;
    for (std::size_t i = 0; i < plan_.tiles_.size(); ++i) {
        Tile& tile = plan_.tiles_[i];
        const std::pair key{floor_div(tile.tx, group), floor_div(tile.ty, group)};
        const auto [place, added] =
            numbers.try_emplace(key, static_cast<std::uint32_t>(plan_.districts_.size()));
        if (added) {
            Random random(hash(plan_.seed_, 0xD157, place->second));
            constexpr std::string_view kForms[] = {"Heights", "Park",    "Hill", "Gardens",
                                                   "Flats",   "Village", "Side"};
            std::string name = "Downtown";
            while (!names.insert(name).second) {
                name = std::string(random.pick(plain_street_names()));
                name += ' ';
                name += random.pick(kForms);
            }
            plan_.districts_.push_back({name, {}, 0});
        }
        tile.district = place->second;
        plan_.districts_[tile.district].tiles.push_back(static_cast<std::uint32_t>(i));
    }
    for (const Segment& segment : plan_.segments_) {
        if (segment.first_property >= properties) continue;
        plan_.districts_[plan_.tile(segment).district].properties +=
            std::min<std::uint64_t>(segment.properties, properties - segment.first_property);
    }
}

}  // namespace fieldpost::city
