#include "sync/snapshot/spots.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <queue>
#include <set>

#include "sync/lookup/terms.hpp"
#include "sync/records/boundary.hpp"
#include "sync/snapshot/dictionary.hpp"
#include "sync/snapshot/statement.hpp"

namespace fieldpost::snapshot {

namespace {

// What a row's body says of where it stands: its position, or the course of a line.
struct Standing {
    std::vector<Point> course;  // one point, or a line
    std::string spot_class;
    bool out_of_service = false;
};

std::optional<Standing> standing(const records::LayerRow& row) {
    const auto message = records::parse_body(row.kind, row.body);
    if (!message) return std::nullopt;
    Standing out;
    if (row.kind == records::ASSET) {
        const auto& asset = static_cast<const records::Asset&>(**message);
        out.spot_class = lookup::spot_class(asset.asset_class());
        out.out_of_service = lookup::out_of_service(asset);
        for (const auto& vertex : asset.line()) out.course.push_back(to_point(vertex));
    } else {
        out.spot_class = records::kind_name(row.kind);
    }
    if (const auto position = records::position_of(**message); position && out.course.empty()) {
        out.course.push_back(to_point(*position));
    }
    if (out.course.empty()) return std::nullopt;
    return out;
}

Point nearest_of(const std::vector<Point>& course, const Point& from) {
    Point best = course.front();
    for (std::size_t at = 1; at < course.size(); ++at) {
        const Point candidate = nearest_on_line(from, course[at - 1], course[at]);
        if (distance_m(from, candidate) < distance_m(from, best)) best = candidate;
    }
    return best;
}

struct Farther {
    bool operator()(const Spot& a, const Spot& b) const {
        return a.distance_m != b.distance_m ? a.distance_m > b.distance_m : a.row.record > b.row.record;
    }
};

// A row and how far its box is.
struct Boxed {
    std::int64_t row = 0;
    double distance_m = 0;
};

struct FartherBox {
    bool operator()(const Boxed& a, const Boxed& b) const { return a.distance_m > b.distance_m; }
};

double distance_to(const Point& from, const Thing& box) {
    return distance_m(from, {std::clamp(from.lat, box.south * 1e-7, box.north * 1e-7),
                             std::clamp(from.lon, box.west * 1e-7, box.east * 1e-7)});
}

std::int32_t to_e7(double degrees, double limit) {
    return static_cast<std::int32_t>(std::lround(std::clamp(degrees, -limit, limit) * 1e7));
}

bool meets(const Thing& a, const Thing& b) {
    return a.north >= b.south && a.south <= b.north && a.east >= b.west && a.west <= b.east;
}

Point middle_of(const Thing& thing) {
    return {(static_cast<double>(thing.south) + thing.north) * 0.5e-7,
            (static_cast<double>(thing.west) + thing.east) * 0.5e-7};
}

// A query over a whole city must end: this many boxes are looked at, then what was found is the answer.
constexpr std::size_t looked_at_limit = 20'000;

}  // namespace

Spots::Spots(Database& database, RowReader& rows)
    : rows_(rows),
      nearest_(database, "SELECT cell, south, north, west, east FROM spot WHERE cell MATCH nearest(?, ?, ?)"),
      box_(database,
           "SELECT cell FROM spot WHERE class_low BETWEEN ?5 AND ?5 AND north >= ?1 "
           "AND "
           "south <= ?2 AND east >= ?3 AND west <= ?4"),
      things_(database, "SELECT things FROM spot_cell WHERE cell = ?"),
      classes_(database, "SELECT class, kind, name FROM spot_class ORDER BY name") {}

std::vector<Spots::Class> Spots::all_classes() {
    std::vector<Class> out;
    const ResetAtEnd reset(classes_);
    while (classes_.executeStep()) {
        out.push_back({classes_.getColumn(0).getInt64(), classes_.getColumn(2).getString(),
                       static_cast<records::Kind>(classes_.getColumn(1).getInt())});
    }
    return out;
}

std::vector<Thing> Spots::things_of(std::int64_t cell) {
    things_.bind(1, cell);
    const ResetAtEnd reset(things_);
    if (!things_.executeStep()) return {};
    const auto packed = things_.getColumn(0);
    auto things = unpack_cell(
        BytesView(static_cast<const char*>(packed.getBlob()), static_cast<std::size_t>(packed.getBytes())));
    if (!things) throw SQLite::Exception(things.error().message, SQLITE_CORRUPT);
    return std::move(*things);
}

std::vector<std::pair<std::string, records::Kind>> Spots::classes() {
    std::vector<std::pair<std::string, records::Kind>> out;
    for (Class& each : all_classes()) out.emplace_back(std::move(each.name), each.kind);
    return out;
}

std::vector<records::LayerRow> Spots::boundaries_at(const Point& point) {
    const auto known = all_classes();
    const auto boundary = std::ranges::find(known, records::kind_name(records::BOUNDARY), &Class::name);
    std::vector<records::LayerRow> out;
    if (boundary == known.end()) return out;
    const records::Position at = to_position(point);
    box_.bind(1, at.lat_e7());
    box_.bind(2, at.lat_e7());
    box_.bind(3, at.lon_e7());
    box_.bind(4, at.lon_e7());
    box_.bind(5, boundary->number * spot_class_step);
    const ResetAtEnd reset(box_);
    const Thing spot{0, at.lat_e7(), at.lat_e7(), at.lon_e7(), at.lon_e7()};
    while (box_.executeStep()) {
        for (const Thing& thing : things_of(box_.getColumn(0).getInt64())) {
            if (!meets(thing, spot)) continue;
            auto stored = rows_.row(thing.row);
            if (!stored || stored->layer.kind != records::BOUNDARY || rows_.superseded(*stored)) continue;
            const auto message = records::parse_body(records::BOUNDARY, stored->layer.body);
            if (!message || !records::contains(static_cast<const records::Boundary&>(**message), at))
                continue;
            out.push_back(std::move(stored->layer));
        }
    }
    std::ranges::sort(out, {}, &records::LayerRow::record);
    const auto again = std::ranges::unique(out, {}, &records::LayerRow::record);  // two areas at one version
    out.erase(again.begin(), again.end());
    return out;
}

std::vector<Spot> Spots::near(std::string_view spot_class, const Point& from, std::size_t limit,
                              Wanted wanted) {
    std::vector<std::int64_t> numbers;
    for (const Class& each : all_classes()) {
        const bool any_asset = spot_class == "asset" && each.kind == records::ASSET && each.name != "street";
        if (any_asset || each.name == spot_class) numbers.push_back(each.number);
    }
    std::vector<Spot> out;
    if (numbers.empty() || limit == 0) return out;
    const Bytes classes = class_set(numbers);
    nearest_.bind(1, from.lat);
    nearest_.bind(2, from.lon);
    nearest_.bindNoCopy(3, classes.data(), static_cast<int>(classes.size()));
    const ResetAtEnd reset(nearest_);
    // Cells come by distance, and what is in them waits until no coming cell can be nearer. A point is where
    // its box is; a line may be farther than its box, and waits once more.
    std::priority_queue<Boxed, std::vector<Boxed>, FartherBox> boxes;
    std::priority_queue<Spot, std::vector<Spot>, Farther> waiting;
    std::set<records::RecordId> seen;
    std::size_t looked_at = 0;
    const auto release = [&](double up_to) {
        while (!waiting.empty() && out.size() < limit && waiting.top().distance_m <= up_to) {
            out.push_back(waiting.top());
            waiting.pop();
        }
    };
    const auto look_at = [&](const Boxed& box) {
        release(std::nextafter(box.distance_m, 0));  // equals wait: records in order
        if (out.size() == limit) return;
        auto stored = rows_.row(box.row);
        if (!stored || rows_.superseded(*stored)) return;
        const auto found = standing(stored->layer);
        if (!found || !seen.insert(stored->layer.record).second) return;
        if (wanted == Wanted::working && found->out_of_service) return;
        Spot spot;
        spot.position = nearest_of(found->course, from);
        spot.distance_m = distance_m(from, spot.position);
        spot.bearing_deg = bearing_deg(from, spot.position);
        spot.spot_class = found->spot_class;
        spot.out_of_service = found->out_of_service;
        spot.row = std::move(stored->layer);
        waiting.push(std::move(spot));
    };
    const auto look_up_to = [&](double distance) {
        while (!boxes.empty() && boxes.top().distance_m < distance && out.size() < limit &&
               looked_at++ < looked_at_limit) {
            const Boxed box = boxes.top();
            boxes.pop();
            look_at(box);
        }
    };
    while (out.size() < limit && looked_at < looked_at_limit && nearest_.executeStep()) {
        const auto edge = [&](int column) { return nearest_.getColumn(column).getInt(); };
        look_up_to(distance_to(from, {0, edge(1), edge(2), edge(3), edge(4)}));
        if (out.size() == limit) break;
        for (const Thing& thing : things_of(nearest_.getColumn(0).getInt64()))
            boxes.push({thing.row, distance_to(from, thing)});
    }
    look_up_to(HUGE_VAL);
    release(HUGE_VAL);
    return out;
}

std::vector<Spot> Spots::box(const Bounds& bounds, const std::vector<std::string>& spot_classes,
                             std::size_t limit) {
    const auto known = all_classes();
    std::vector<Class> wanted;
    if (spot_classes.empty()) wanted = known;
    for (const std::string& name : spot_classes) {
        for (const Class& each : known) {
            if (each.name == name) wanted.push_back(each);
        }
    }
    std::vector<Spot> out;
    std::set<records::RecordId> seen;
    const Thing wanted_box{0, to_e7(bounds.south, 90), to_e7(bounds.north, 90), to_e7(bounds.west, 180),
                           to_e7(bounds.east, 180)};
    for (const Class& each : wanted) {
        box_.bind(1, wanted_box.south);
        box_.bind(2, wanted_box.north);
        box_.bind(3, wanted_box.west);
        box_.bind(4, wanted_box.east);
        box_.bind(5, each.number * spot_class_step);
        const ResetAtEnd reset(box_);
        while (out.size() < limit && box_.executeStep()) {
            for (const Thing& thing : things_of(box_.getColumn(0).getInt64())) {
                if (out.size() == limit) break;
                if (!meets(thing, wanted_box)) continue;
                auto stored = rows_.row(thing.row);
                if (!stored || rows_.superseded(*stored)) continue;
                const auto found = standing(stored->layer);
                if (!found || !seen.insert(stored->layer.record).second) continue;
                Spot spot;
                spot.position = middle_of(thing);
                spot.spot_class = found->spot_class;
                spot.out_of_service = found->out_of_service;
                spot.row = std::move(stored->layer);
                out.push_back(std::move(spot));
            }
        }
    }
    return out;
}

}  // namespace fieldpost::snapshot
