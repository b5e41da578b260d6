#include "tools/city/boundaries.hpp"

#include <set>
#include <utility>

#include "tools/city/property.hpp"

namespace fieldpost::city {
namespace {

constexpr std::uint32_t kBattalions = 5;
constexpr std::uint32_t kPrecincts = 3;

// The boundary of some tiles as closed rings of lattice nodes, counter-clockwise.
std::vector<std::vector<Node>> outline(const Plan& plan, const std::vector<std::uint32_t>& tiles) {
    const int size = plan.tile_lines();
    std::set<std::pair<Node, Node>> edges;
    const auto add = [&](Node from, Node to) {
        if (edges.erase({to, from}) == 0) edges.insert({from, to});
    };
    for (const std::uint32_t index : tiles) {
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

std::vector<std::vector<Position>> rings_around(const Plan& plan, const std::vector<std::uint32_t>& tiles) {
    std::vector<std::vector<Position>> rings;
    for (const std::vector<Node>& ring : outline(plan, tiles)) rings.push_back(drawn(plan, ring));
    return rings;
}

// The tiles of every `of`th district from `first` on; all of them with `of` 1.
std::vector<std::uint32_t> tiles_of(const Plan& plan, std::uint32_t first, std::uint32_t of) {
    std::vector<std::uint32_t> tiles;
    for (std::uint32_t i = first; i < plan.districts().size(); i += of) {
        const auto& more = plan.districts()[i].tiles;
        tiles.insert(tiles.end(), more.begin(), more.end());
    }
    return tiles;
}

struct Agency {
    std::string_view layer, topics, name, phone, after_hours;
};

// A layer for each, as departments keep them.
constexpr Agency kCityWide[] = {
    {"city", "streets, sewer, trees", "Department of Public Works", "217-555-0130", "217-555-0131"},
    {"city", "buildings, housing", "Department of Inspectional Services", "217-555-0132", ""},
    {"city", "health, animals", "Department of Public Health", "217-555-0134", "217-555-0135"},
    {"water_district", "water, hydrants", "Harlow Falls Water", "217-555-0136", "217-555-0137"},
    {"electric_territory", "electric", "Prairie Electric", "217-555-0140", "217-555-0140"},
    {"gas_territory", "gas", "Sangamon Gas", "217-555-0142", "217-555-0143"},
};

class AgencyWriter {
  public:
    AgencyWriter(const Plan& plan, Layer& layer) : plan_(plan), layer_(layer) {}

    void write(const Agency& agency, const std::string& name, const std::vector<std::uint32_t>& tiles) {
        if (tiles.empty()) return;
        std::string id = "AG";
        append_padded(id, ++number_, 3);
        layer_.text("AGENCY_ID", id)
            .text("LAYER", agency.layer)
            .text("NAME", name)
            .text("TOPICS", agency.topics)
            .text("AGENCY", agency.name)
            .text("PHONE", agency.phone)
            .text("AFTER_HOURS", agency.after_hours);
        layer_.put_polygons(rings_around(plan_, tiles));
    }

  private:
    const Plan& plan_;
    Layer& layer_;
    std::int64_t number_ = 0;
};

}  // namespace

std::unique_ptr<Layer> write_districts(const Plan& plan, const std::string& folder) {
    const LayerSpec spec{.source = "boundaries",
                         .file = "districts.geojson",
                         .number = 21,
                         .key = "DISTRICT_ID",
                         .spoilt = false};
    auto layer = std::make_unique<Layer>(spec, plan.seed(), 0, folder);
    for (std::uint32_t i = 0; i < plan.districts().size(); ++i) {
        const District& district = plan.districts()[i];
        layer->text("DISTRICT_ID", district_id(i))
            .text("NAME", district.name)
            .text("FIRE_DISTRICT", "Battalion " + std::to_string(i % kBattalions + 1))
            .number("PROPERTIES", static_cast<std::int64_t>(district.properties));
        layer->put_polygons(rings_around(plan, district.tiles));
    }
    return layer;
}

std::unique_ptr<Layer> write_agencies(const Plan& plan, const std::string& folder) {
    const LayerSpec spec{.source = "boundaries",
                         .file = "agencies.geojson",
                         .number = 22,
                         .key = "AGENCY_ID",
                         .spoilt = false};
    auto layer = std::make_unique<Layer>(spec, plan.seed(), 0, folder);
    AgencyWriter writer(plan, *layer);
    for (const Agency& agency : kCityWide) writer.write(agency, std::string(kCityName), tiles_of(plan, 0, 1));
    for (std::uint32_t i = 0; i < kBattalions; ++i) {
        writer.write({"fire_district", "fire, hazmat", "Fire Department", "217-555-0150", "217-555-0150"},
                     "Battalion " + std::to_string(i + 1), tiles_of(plan, i, kBattalions));
    }
    for (std::uint32_t i = 0; i < kPrecincts; ++i) {
        writer.write({"police_precinct", "police", "Police Department", "217-555-0160", "217-555-0160"},
                     "Precinct " + std::to_string(i + 1), tiles_of(plan, i, kPrecincts));
    }
    return layer;
}

}  // namespace fieldpost::city
