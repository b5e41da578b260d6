#include <boost/json/array.hpp>
#include <charconv>
#include <chrono>
#include <cmath>
#include <set>

#include "daemon/device/api/api.hpp"
#include "daemon/device/api/view_json.hpp"
#include "daemon/device/view/hydrants.hpp"
#include "daemon/device/view/place_view.hpp"
#include "daemon/support/field_json.hpp"
#include "sync/lookup/describe.hpp"

namespace fieldpost::device {

namespace json = boost::json;
using support::Reply;
using support::Request;

namespace {

constexpr std::size_t map_features = 3000;
const std::vector<std::string> map_order = {"street", "hydrant", "hazard", "property"};
constexpr std::size_t overlay_limit = 500;

// Sections of the view in reading order.
constexpr records::Kind reading_order[] = {
    records::PROPERTY,        records::HAZARD,      records::PREPLAN,  records::INCIDENT,
    records::VIOLATION,       records::PERMIT,      records::LICENSE,  records::INSPECTION,
    records::SERVICE_REQUEST, records::ACCOUNT,     records::PARTY,    records::ASSET,
    records::VISIT,           records::OBSERVATION, records::DOCUMENT, records::FORM};

// By the box's clock, as far as that can be trusted.
UnixSeconds trusted_time(const Recorder& recorder) {
    const auto time = recorder.time_now();
    if (time.quality() < protocol::TIME_RTC) return 0;
    return time.utc_us() / 1'000'000;
}

json::value point_value(const std::optional<snapshot::Point>& point) {
    if (!point) return nullptr;
    return json::object{{"lat", point->lat}, {"lon", point->lon}};
}

Result<std::optional<snapshot::Point>> asked_position(const Request& request) {
    auto lat = request.query_number("lat", -90, 90);
    if (!lat) return lat.error();
    auto lon = request.query_number("lon", -180, 180);
    if (!lon) return lon.error();
    if (lat->has_value() != lon->has_value()) {
        return fail(ErrorCode::invalid_argument, "give both lat and lon, or neither");
    }
    if (!*lat) return std::optional<snapshot::Point>();
    return std::optional(snapshot::Point{**lat, **lon});
}

std::optional<snapshot::Point> vehicle_position(const Recorder& recorder) {
    const auto fix = recorder.fix_now();
    if (!fix.position) return std::nullopt;
    return snapshot::Point{fix.position->latitude, fix.position->longitude};
}

Result<records::RecordId> asked_id(std::string_view text) {
    const auto id = records::parse_id(text);
    if (!id) return fail(ErrorCode::not_found, "'" + std::string(text) + "' is not the id of a record");
    return *id;
}

json::object hit_json(const lookup::Hit& hit) {
    return json::object{
        {"id", records::id_text(hit.record)},
        {"kind", records::kind_name(hit.kind)},
        {"title", hit.title},
        {"subtitle", hit.subtitle},
        {"match", lookup::match_name(hit.match)},
        {"why", hit.why},
        {"score", std::round(hit.score * 1000) / 1000},
        {"sure", hit.sure},
        {"property", hit.property == 0 ? json::value(nullptr) : json::value(records::id_text(hit.property))},
        {"position", point_value(hit.position)}};
}

// The description of what stands at a spot, from its one layer.
lookup::Description describe_row(const records::LayerRow& row) {
    const auto message = records::parse_body(row.kind, row.body);
    return message ? lookup::describe(row.kind, **message) : lookup::describe_unknown(row.kind);
}

json::object near_json(const snapshot::Spot& spot, const Origins& origins) {
    const auto text = describe_row(spot.row);
    json::object out{{"id", records::id_text(spot.row.record)},
                     {"title", text.title},
                     {"kind", records::kind_name(spot.row.kind)},
                     {"class", spot.spot_class},
                     {"status", nullptr},
                     {"distance_m", std::round(spot.distance_m * 10) / 10},
                     {"bearing_deg", std::round(spot.bearing_deg)},
                     {"position", point_value(spot.position)},
                     {"flow_gpm", nullptr},
                     {"flow_class", nullptr},
                     {"color", nullptr},
                     {"tested_on", nullptr},
                     {"last_inspected", nullptr},
                     {"origin", origin_json(origins.of({spot.row}))}};
    const auto message = records::parse_body(spot.row.kind, spot.row.body);
    if (message && spot.row.kind == records::ASSET) {
        const auto& asset = static_cast<const records::Asset&>(**message);
        out["status"] = spot.out_of_service      ? "out_of_service"
                        : asset.status().empty() ? "unknown"
                                                 : asset.status();
        if (spot.spot_class == "hydrant") out["flow_class"] = to_string(flow_class(asset));
        if (!asset.flow_test_on().empty()) out["tested_on"] = asset.flow_test_on();
        if (asset.flow_gpm() > 0) out["flow_gpm"] = asset.flow_gpm();
        if (!asset.color().empty()) out["color"] = asset.color();
        if (!asset.last_inspected_on().empty()) out["last_inspected"] = asset.last_inspected_on();
    }
    return out;
}

json::array coordinates(double lat, double lon) {
    return json::array{lon, lat};
}

json::object feature_json(const snapshot::Spot& spot) {
    json::object geometry{{"type", "Point"},
                          {"coordinates", coordinates(spot.position.lat, spot.position.lon)}};
    std::string status;
    const auto message = records::parse_body(spot.row.kind, spot.row.body);
    if (message && spot.row.kind == records::ASSET) {
        const auto& asset = static_cast<const records::Asset&>(**message);
        status = spot.out_of_service ? "out_of_service" : asset.status();
        if (asset.line_size() > 1) {
            json::array line;
            for (const auto& point : asset.line())
                line.push_back(coordinates(point.lat_e7() / 1e7, point.lon_e7() / 1e7));
            geometry = json::object{{"type", "LineString"}, {"coordinates", std::move(line)}};
        }
    }
    const std::string layer = spot.spot_class == "street" || spot.row.kind != records::ASSET
                                  ? spot.spot_class
                                  : std::string("asset");
    const auto text = describe_row(spot.row);
    json::object properties{{"id", records::id_text(spot.row.record)},
                            {"layer", layer},
                            {"class", spot.spot_class},
                            {"title", text.title},
                            {"status", status}};
    return json::object{
        {"type", "Feature"}, {"geometry", std::move(geometry)}, {"properties", std::move(properties)}};
}

Result<snapshot::Bounds> asked_bounds(const Request& request) {
    const auto text = request.query_value("bbox").value_or("");
    double values[4] = {};
    const char* at = text.data();
    const char* const end = text.data() + text.size();
    for (int i = 0; i < 4; ++i) {
        const auto [next, error] = std::from_chars(at, end, values[i]);
        if (error != std::errc{} || (i < 3 && (next == end || *next != ',')) || (i == 3 && next != end)) {
            return fail(ErrorCode::invalid_argument,
                        "bbox must be four numbers: west,south,east,north in degrees");
        }
        at = next + 1;
    }
    const snapshot::Bounds bounds{values[0], values[1], values[2], values[3]};
    if (!(bounds.west <= bounds.east && bounds.south <= bounds.north && std::abs(bounds.south) <= 90 &&
          std::abs(bounds.north) <= 90 && std::abs(bounds.west) <= 180 && std::abs(bounds.east) <= 180)) {
        return fail(ErrorCode::invalid_argument,
                    "bbox must be west,south,east,north in degrees, in that order");
    }
    return bounds;
}

// Of the city as it stands now, or did a moment before it is read: the layers that the profile receives, and
// what it holds of this device's own work.
Result<engine::Overlay> overlay_of(snapshot::Reader& reader, const std::string& device,
                                   const engine::InCity& known) {
    auto feeds = reader.feeds();
    if (!feeds) return feeds.error();
    std::set<records::LayerKey> cleared;
    engine::FeedPlaces places;
    for (const auto& cursor : *feeds) {
        cleared.insert(cursor.feed.layer);
        places[cursor.feed] = {static_cast<std::uint64_t>(cursor.generation),
                               static_cast<std::uint64_t>(cursor.cursor)};
    }
    return engine::Overlay(device, std::move(cleared), engine::notes_in(places, known));
}

json::value view_json(const PlaceView& view, const Origins& origins, const Now& now) {
    std::map<records::Kind, json::array> by_kind;
    for (const auto id : view.overlay.order()) {
        const auto& record = view.overlay.at(id);
        by_kind[record.layers.front().kind].push_back(record_json(record, origins));
    }
    json::array sections;
    for (const records::Kind kind : reading_order) {
        const auto found = by_kind.find(kind);
        if (found == by_kind.end()) continue;
        sections.push_back(json::object{{"kind", records::kind_name(kind)},
                                        {"title", lookup::section_title(kind)},
                                        {"records", std::move(found->second)}});
    }
    return json::object{{"id", records::id_text(view.property)},
                        {"title", view.title},
                        {"address", view.title},
                        {"position", support::point_json(view.position)},
                        {"today", now.today().empty() ? json::value(nullptr) : json::value(now.today())},
                        {"truncated", view.truncated},
                        {"quick_sheet", sheet_json(view.sheet)},
                        {"case_file", case_json(view.file)},
                        {"responsible", responsible_json(view.responsible)},
                        {"sections", std::move(sections)}};
}

// Where a question is asked from: a point, a property, or the vehicle.
struct AskedFrom {
    std::optional<snapshot::Point> point;
    std::optional<records::RecordId> property;

    std::string_view what() const { return property ? "property" : "position"; }
};

Result<AskedFrom> asked_from(const Request& request, const Recorder& recorder) {
    auto position = asked_position(request);
    if (!position) return position.error();
    AskedFrom from{*position, std::nullopt};
    if (const auto text = request.query_value("property")) {
        auto id = asked_id(*text);
        if (!id) return id.error();
        from.property = *id;
    }
    if (!from.point && !from.property) from.point = vehicle_position(recorder);
    return from;
}

Result<snapshot::Point> point_of(const AskedFrom& from, snapshot::Reader& reader) {
    if (!from.property) return *from.point;
    auto rows = reader.record(*from.property);
    if (!rows) return rows.error();
    if (rows->empty()) return fail(ErrorCode::not_found, "this vehicle holds no property with that id");
    auto message = snapshot::merge(*rows);
    const auto at = message ? records::position_of(**message) : std::nullopt;
    if (!at) {
        return fail(ErrorCode::conflict, "the position of that property is not known: give lat and lon");
    }
    return snapshot::to_point(*at);
}

json::object from_json(const AskedFrom& from, const snapshot::Point& point) {
    return json::object{{"lat", point.lat}, {"lon", point.lon}, {"what", from.what()}};
}

support::Response no_position() {
    return support::problem(409, "No position", "the vehicle has no fix: give lat and lon, or a property",
                            "no-position");
}

}  // namespace

void Api::look_up(const Reply& reply, std::function<Result<json::value>(CityView&)> job) {
    const bool queued =
        parts_.readers.run([this, reply, job = std::move(job)](const Result<CityView*>& view) {
            const auto began = std::chrono::steady_clock::now();
            if (!view) {
                reply.send(support::problem(view.error()));
                return;
            }
            auto answer = job(**view);
            lookups_.add();
            lookup_seconds_.observe(
                std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
            reply.send(answer ? support::json_response(200, *answer) : support::problem(answer.error()));
        });
    if (!queued) {
        reply.send(
            support::problem(503, "Busy", "too many look-ups are waiting: try again in a moment", "busy"));
    }
}

void Api::search(const Request& request, const Reply& reply) {
    auto limit = request.query_integer("limit", 1, lookup::hit_limit);
    if (!limit) return reply.send(support::problem(limit.error()));
    auto position = asked_position(request);
    if (!position) return reply.send(support::problem(position.error()));
    const auto query = request.query_value("q");
    if (!query) return reply.send(support::problem(400, "Bad request", "say what to look for: ?q=TEXT"));
    lookup::SearchOptions options;
    options.limit = static_cast<std::size_t>(limit->value_or(10));
    options.position = *position ? *position : vehicle_position(parts_.recorder);
    options.recent = opened_lately_.records();
    look_up(reply, [text = std::string(*query), options](CityView& view) -> Result<json::value> {
        const auto began = std::chrono::steady_clock::now();
        auto answer = view.search.search(text, options);
        if (!answer) return answer.error();
        const auto took = std::chrono::steady_clock::now() - began;
        json::array results;
        for (const auto& hit : answer->hits) results.push_back(hit_json(hit));
        json::array suggestions;
        for (const auto& suggestion : answer->suggestions) {
            suggestions.push_back(json::object{{"text", suggestion.text}, {"why", suggestion.why}});
        }
        return json::value(
            json::object{{"query", text},
                         {"took_us", std::chrono::duration_cast<std::chrono::microseconds>(took).count()},
                         {"place", point_value(answer->place)},
                         {"results", std::move(results)},
                         {"suggestions", std::move(suggestions)}});
    });
}

void Api::property(const Request& request, const Reply& reply) {
    auto id = asked_id(request.param("id"));
    if (!id) return reply.send(support::problem(id.error()));
    const auto again = request.query_value("again").value_or("false");
    if (again != "true" && again != "false")
        return reply.send(support::problem(400, "Bad request", "again must be true or false"));
    const bool is_opened = again == "false";
    Journal::Query query;
    query.property = *id;
    query.limit = overlay_limit;
    query.as_written = true;
    std::vector<engine::OwnOperation> own;  // oldest first
    // Without the journal the city is still shown.
    if (parts_.journal.is_open()) {
        auto found = parts_.journal.find(query);
        if (!found) return reply.send(support::problem(found.error()));
        for (auto recorded = found->rbegin(); recorded != found->rend(); ++recorded) {
            own.push_back(own_operation(*recorded));
        }
    }
    look_up(reply,
            [this, is_opened, device = parts_.device, id = *id, own = std::move(own),
             known = parts_.journal.in_city(),
             time = trusted_time(parts_.recorder)](CityView& view) -> Result<json::value> {
                auto overlay = overlay_of(view.reader, device, known);
                if (!overlay) return overlay.error();
                const Now now(view.zone, time);
                auto place = view_place(view.reader, id, std::move(*overlay), own, now);
                if (!place) return place.error();
                auto sources = view.reader.sources();
                if (!sources) return sources.error();
                if (is_opened) parts_.post([this, id] { opened_lately_.note(id); });
                return view_json(*place, Origins(*sources, now), now);
            });
}

void Api::near(const Request& request, const Reply& reply) {
    auto limit = request.query_integer("limit", 1, 100);
    if (!limit) return reply.send(support::problem(limit.error()));
    auto from = asked_from(request, parts_.recorder);
    if (!from) return reply.send(support::problem(from.error()));
    if (!from->point && !from->property) return reply.send(no_position());
    const auto working = request.query_value("working").value_or("false");
    if (working != "true" && working != "false") {
        return reply.send(support::problem(400, "Bad request", "working must be true or false"));
    }
    const auto wanted = working == "true" ? snapshot::Wanted::working : snapshot::Wanted::all;
    const std::string kind(request.query_value("kind").value_or("hydrant"));
    look_up(reply,
            [kind, wanted, from = *from, limit = limit->value_or(10),
             time = trusted_time(parts_.recorder)](CityView& view) -> Result<json::value> {
                auto start = point_of(from, view.reader);
                if (!start) return start.error();
                auto spots = view.reader.near(kind, *start, static_cast<std::size_t>(limit), wanted);
                if (!spots) return spots.error();
                auto sources = view.reader.sources();
                if (!sources) return sources.error();
                const Origins origins(*sources, Now(view.zone, time));
                json::array results;
                for (const auto& spot : *spots) results.push_back(near_json(spot, origins));
                return json::value(json::object{
                    {"kind", kind}, {"from", from_json(from, *start)}, {"results", std::move(results)}});
            });
}

void Api::responsible(const Request& request, const Reply& reply) {
    auto from = asked_from(request, parts_.recorder);
    if (!from) return reply.send(support::problem(from.error()));
    if (!from->point && !from->property) return reply.send(no_position());
    const std::string topic(request.query_value("topic").value_or(""));
    look_up(
        reply,
        [topic, from = *from, time = trusted_time(parts_.recorder)](CityView& view) -> Result<json::value> {
            auto point = point_of(from, view.reader);
            if (!point) return point.error();
            auto boundaries = view.reader.boundaries_at(*point);
            if (!boundaries) return boundaries.error();
            auto sources = view.reader.sources();
            if (!sources) return sources.error();
            const Origins origins(*sources, Now(view.zone, time));
            return json::value(
                json::object{{"topic", topic.empty() ? json::value(nullptr) : json::value(topic)},
                             {"from", from_json(from, *point)},
                             {"results", responsible_json(responsible_for(*boundaries, topic, origins))}});
        });
}

void Api::map(const Request& request, const Reply& reply) {
    auto bounds = asked_bounds(request);
    if (!bounds) return reply.send(support::problem(bounds.error()));
    look_up(reply, [bounds = *bounds](CityView& view) -> Result<json::value> {
        auto spots = view.reader.box(bounds, map_order, map_features);
        if (!spots) return spots.error();
        json::array features;
        for (const auto& spot : *spots) features.push_back(feature_json(spot));
        return json::value(json::object{{"type", "FeatureCollection"}, {"features", std::move(features)}});
    });
}

void Api::add_lookup_routes(support::Router& router) {
    router.add("GET", "/api/v1/search",
               [this](const Request& request, const Reply& reply) { search(request, reply); });
    router.add("GET", "/api/v1/properties/{id}",
               [this](const Request& request, const Reply& reply) { property(request, reply); });
    router.add("GET", "/api/v1/near",
               [this](const Request& request, const Reply& reply) { near(request, reply); });
    router.add("GET", "/api/v1/responsible",
               [this](const Request& request, const Reply& reply) { responsible(request, reply); });
    router.add("GET", "/api/v1/map",
               [this](const Request& request, const Reply& reply) { map(request, reply); });
}

}  // namespace fieldpost::device
