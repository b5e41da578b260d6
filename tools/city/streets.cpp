#include "tools/city/streets.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

#include "tools/city/property.hpp"

namespace fieldpost::city {
namespace {

std::string_view class_name(StreetClass kind) {
    switch (kind) {
        case StreetClass::arterial:
            return "arterial";
        case StreetClass::radial:
            return "radial";
        case StreetClass::local:
            return "local";
        case StreetClass::court:
            return "court";
    }
    return "";
}

int speed_mph(StreetClass kind) {
    switch (kind) {
        case StreetClass::arterial:
            return 35;
        case StreetClass::radial:
            return 40;
        case StreetClass::local:
            return 25;
        case StreetClass::court:
            return 20;
    }
    return 25;
}

struct Range {
    int from = 0, to = 0;
    void take(const Lot& lot) {
        if (from == 0 || lot.number < from) from = lot.number;
        to = std::max({to, lot.number, lot.number_to});
    }
};

// The boundary of a district's tiles as closed rings of lattice nodes, counter-clockwise.
std::vector<std::vector<Node>> outline(const Plan& plan, const District& district) {
    const int size = plan.tile_lines();
    std::set<std::pair<Node, Node>> edges;
    const auto add = [&](Node from, Node to) {
        if (edges.erase({to, from}) == 0) edges.insert({from, to});
    };
    for (const std::uint32_t index : district.tiles) {
        const Tile& tile = plan.tiles()[index];
        const Node sw{tile.tx * size, tile.ty * size};
        const Node se{sw.column + size, sw.row};
        const Node ne{sw.column + size, sw.row + size};
        const Node nw{sw.column, sw.row + size};
        add(sw, se);
        add(se, ne);
        add(ne, nw);
        add(nw, sw);
    }
    std::vector<std::vector<Node>> rings;
    while (!edges.empty()) {
        std::vector<Node> ring{edges.begin()->first};
        for (auto edge = edges.begin(); edge != edges.end();
             edge = edges.lower_bound({ring.back(), Node{-100'000, -100'000}})) {
            if (edge->first != ring.back()) break;
            const Node next = edge->second;
            edges.erase(edge);
            ring.push_back(next);
            if (next == ring.front()) break;
        }
        rings.push_back(std::move(ring));
    }
    return rings;
}

// Tile sides are bent, so each is drawn in several pieces.
std::vector<Position> drawn(const Plan& plan, const std::vector<Node>& ring) {
    constexpr int kPieces = 6;
    std::vector<Position> out;
    for (std::size_t i = 0; i + 1 < ring.size(); ++i) {
        const Point from = plan.at(ring[i]);
        const Point to = plan.at(ring[i + 1]);
        for (int k = 0; k < kPieces; ++k) {
            out.push_back(position_of(
                plan.bent({from.x + (to.x - from.x) * k / kPieces, from.y + (to.y - from.y) * k / kPieces})));
        }
    }
    out.push_back(out.front());
    return out;
}

}  // namespace

std::unique_ptr<Layer> write_centerlines(const Plan& plan, const std::string& folder) {
    const LayerSpec spec{.source = "streets",
                         .file = "centerlines.geojson",
                         .number = 20,
                         .key = "SEGMENT_ID",
                         .spoilt = false};
    auto layer = std::make_unique<Layer>(spec, plan.seed(), 0, folder);
    std::int64_t number = 0;
    for (const Segment& segment : plan.segments()) {
        const Street& street = plan.street(segment);
        const Point from = plan.at(segment.from);
        const Point to = plan.at(segment.to);
        const bool east_west = std::llabs(to.x - from.x) > std::llabs(to.y - from.y);
        // Even numbers stand north and east: left of an eastward or southward line, right of the others.
        const bool even_left = east_west ? to.x > from.x : to.y < from.y;
        Range left, right;
        for (const Lot& lot : lots_of(plan, segment))
            ((lot.number % 2 == 0) == even_left ? left : right).take(lot);
        std::string street_id = "ST";
        append_padded(street_id, segment.side.street + 1, 5);
        if (segment.side.direction != 0) street_id += segment.side.direction;
        std::string segment_id = "SG";
        append_padded(segment_id, ++number, 6);
        const char letter[] = {segment.side.direction, '\0'};
        layer->text("SEGMENT_ID", segment_id)
            .text("STREET_ID", street_id)
            .text("PRE_DIR", street.direction_after ? "" : letter)
            .text("NAME", street.name)
            .text("TYPE", street.type)
            .text("POST_DIR", street.direction_after ? letter : "")
            .text("FULL_NAME", plan.name(segment.side))
            .text("CLASS", class_name(street.kind))
            .number("L_FROM", left.from)
            .number("L_TO", left.to)
            .number("R_FROM", right.from)
            .number("R_TO", right.to)
            .text("CROSS_FROM", segment.cross_from.known() ? plan.name(segment.cross_from) : std::string())
            .text("CROSS_TO", segment.cross_to.known() ? plan.name(segment.cross_to) : std::string())
            .text("ZIP", postal_code(plan, plan.tile(segment).district))
            .text("DISTRICT", district_id(plan.tile(segment).district))
            .number("SPEED_MPH", speed_mph(street.kind));
        layer->put_line(plan.line(segment));
    }
    return layer;
}

std::unique_ptr<Layer> write_districts(const Plan& plan, const std::string& folder) {
    const LayerSpec spec{.source = "boundaries",
                         .file = "districts.geojson",
                         .number = 21,
                         .key = "DISTRICT_ID",
                         .spoilt = false};
    auto layer = std::make_unique<Layer>(spec, plan.seed(), 0, folder);
    for (std::uint32_t i = 0; i < plan.districts().size(); ++i) {
        const District& district = plan.districts()[i];
        std::vector<std::vector<Position>> rings;
        for (const std::vector<Node>& ring : outline(plan, district)) rings.push_back(drawn(plan, ring));
        layer->text("DISTRICT_ID", district_id(i))
            .text("NAME", district.name)
            .text("FIRE_DISTRICT", "Battalion " + std::to_string(i % 5 + 1))
            .number("PROPERTIES", static_cast<std::int64_t>(district.properties));
        layer->put_polygons(rings);
    }
    return layer;
}

}  // namespace fieldpost::city
