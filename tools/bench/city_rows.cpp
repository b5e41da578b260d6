#include "tools/bench/city_rows.hpp"

#include <functional>
#include <unordered_set>

namespace fieldpost::bench {

namespace {

constexpr int deepest = 40;  // halvings of the world: far below the size of a house

using Visit = std::function<Status(const snapshot::Spot&)>;

// Every spot of a class once, box by box, each quartered until it holds no more than one answer can have.
Status visit_box(snapshot::Reader& reader, const std::string& spot_class, const snapshot::Bounds& box,
                 int depth, std::unordered_set<records::RecordId>& seen, const Visit& visit) {
    auto spots = reader.box(box, {spot_class}, snapshot::box_limit);
    if (!spots) return spots.error();
    if (spots->size() < snapshot::box_limit || depth == deepest) {
        for (const snapshot::Spot& spot : *spots) {
            if (!seen.insert(spot.row.record).second) continue;
            if (auto done = visit(spot); !done) return done;
        }
        return {};
    }
    const double lat = (box.south + box.north) / 2;
    const double lon = (box.west + box.east) / 2;
    for (const snapshot::Bounds& quarter : {snapshot::Bounds{box.west, box.south, lon, lat},
                                            {lon, box.south, box.east, lat},
                                            {box.west, lat, lon, box.north},
                                            {lon, lat, box.east, box.north}}) {
        if (auto done = visit_box(reader, spot_class, quarter, depth + 1, seen, visit); !done) return done;
    }
    return {};
}

Status visit_all(snapshot::Reader& reader, const std::string& spot_class, const Visit& visit) {
    std::unordered_set<records::RecordId> seen;
    return visit_box(reader, spot_class, {-180, -90, 180, 90}, 0, seen, visit);
}

}  // namespace

Result<std::vector<PropertyRow>> read_properties(snapshot::Reader& reader) {
    std::vector<PropertyRow> rows;
    auto done = visit_all(reader, "property", [&](const snapshot::Spot& spot) -> Status {
        const auto message = records::parse_body(records::PROPERTY, spot.row.body);
        if (!message) return message.error();
        const auto& property = static_cast<const records::Property&>(**message);
        rows.push_back({spot.row.record, property.address(), property.parcel_id(), spot.position});
        return {};
    });
    if (!done) return done.error();
    return rows;
}

Result<std::vector<PartyRow>> read_parties(snapshot::Reader& reader,
                                           const std::vector<PropertyRow>& properties) {
    std::vector<PartyRow> rows;
    for (const PropertyRow& property : properties) {
        const auto view = reader.view(property.property);
        if (!view) return view.error();
        for (const records::LayerRow& row : view->rows) {
            if (row.kind != records::PARTY) continue;
            const auto message = records::parse_body(row.kind, row.body);
            if (!message) return message.error();
            const std::string& name = static_cast<const records::Party&>(**message).name();
            if (!name.empty()) rows.push_back({row.record, property.property, name});
        }
    }
    return rows;
}

Result<std::vector<HydrantRow>> read_hydrants(snapshot::Reader& reader) {
    std::vector<HydrantRow> rows;
    auto done = visit_all(reader, "hydrant", [&](const snapshot::Spot& spot) -> Status {
        rows.push_back({spot.row.record, spot.position, !spot.out_of_service});
        return {};
    });
    if (!done) return done.error();
    return rows;
}

}  // namespace fieldpost::bench
