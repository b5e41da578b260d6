#include "sync/snapshot/reader.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include "sync/records/boundary.hpp"
#include "sync/snapshot/entries.hpp"
#include "tests/unit/snapshot/city.hpp"

using namespace fieldpost;
using namespace fieldpost::test;
using snapshot::Point;
using snapshot::Reader;
using snapshot::Spot;

namespace {

// Where each spot stands, straight from the rows.
struct Standing {
    records::RecordId record = 0;
    std::string spot_class;
    std::vector<Point> course;
};

std::vector<Standing> all_standing(const std::vector<Change>& rows) {
    std::vector<Standing> out;
    for (const Change& change : rows) {
        const auto message = good(records::parse_body(change.row.kind, change.row.body));
        Standing standing{change.row.record, records::kind_name(change.row.kind), {}};
        if (change.row.kind == records::ASSET) {
            const auto& asset = static_cast<const records::Asset&>(*message);
            standing.spot_class = asset.asset_class() == "Valve" ? "valve" : asset.asset_class();
            for (const auto& vertex : asset.line()) standing.course.push_back(snapshot::to_point(vertex));
        }
        if (const auto position = records::position_of(*message))
            standing.course = {snapshot::to_point(*position)};
        if (!standing.course.empty()) out.push_back(std::move(standing));
    }
    return out;
}

double distance(const Standing& standing, const Point& from) {
    double best = snapshot::distance_m(from, standing.course.front());
    for (std::size_t at = 1; at < standing.course.size(); ++at) {
        const Point near = snapshot::nearest_on_line(from, standing.course[at - 1], standing.course[at]);
        best = std::min(best, snapshot::distance_m(from, near));
    }
    return best;
}

}  // namespace

TEST_CASE("Distances agree with known ones") {
    const Point syracuse{43.0481, -76.1474};
    CHECK(snapshot::distance_m(syracuse, syracuse) == 0);
    CHECK(snapshot::distance_m({0, 0}, {0, 1}) == Approx(111'195.08).epsilon(1e-6));
    // Syracuse to Cambridge, by the geodesic some 410 km.
    CHECK(snapshot::distance_m(syracuse, {42.3736, -71.1097}) == Approx(418'300).epsilon(0.01));
    CHECK(snapshot::bearing_deg({43, -76}, {44, -76}) == Approx(0).margin(1e-9));
    CHECK(snapshot::bearing_deg({0, 0}, {0, 1}) == Approx(90));
    CHECK(snapshot::bearing_deg({0, 0}, {0, -1}) == Approx(270));
    const Point middle = snapshot::nearest_on_line({43.001, -76.0}, {43.0, -76.01}, {43.0, -75.99});
    CHECK(middle.lat == Approx(43.0));
    CHECK(middle.lon == Approx(-76.0));
}

TEST_CASE("The nearest come in the order that measuring every one gives") {
    INFO("replay with --rng-seed " << Catch::rngSeed());
    const Folder folder;
    RandomCity random(77 + Catch::rngSeed());
    const auto rows = random.city(800);
    build(folder / "bulk", rows);
    build(folder / "fed", {});
    feed(folder / "fed", rows);
    const auto standing = all_standing(rows);
    for (const char* file : {"bulk", "fed"}) {
        auto reader = good(Reader::open(folder / file));
        for (int run = 0; run < 60; ++run) {
            const bool far = run % 10 == 0;
            const Point from{random.between(far ? 40 : 42.98, far ? 46 : 43.12),
                             random.between(far ? -80 : -76.22, far ? -70 : -76.08)};
            const std::vector<std::string> classes{"hydrant", "property", "asset",
                                                   "hazard",  "street",   "valve"};
            const std::string& wanted = classes[random.below(classes.size())];
            const std::size_t limit = 1 + random.below(20);
            std::vector<std::pair<double, records::RecordId>> expected;
            for (const Standing& each : standing) {
                const bool asset = each.spot_class == "hydrant" || each.spot_class == "valve";
                if (each.spot_class == wanted || (wanted == "asset" && asset)) {
                    expected.emplace_back(distance(each, from), each.record);
                }
            }
            std::ranges::sort(expected);
            if (expected.size() > limit) expected.resize(limit);
            const auto spots = good(reader->near(wanted, from, limit));
            INFO(file << ": " << limit << " nearest " << wanted << " to " << from.lat << ", " << from.lon);
            REQUIRE(spots.size() == expected.size());
            for (std::size_t at = 0; at < spots.size(); ++at) {
                CHECK(spots[at].row.record == expected[at].second);
                CHECK(spots[at].distance_m == Approx(expected[at].first).margin(0.001));
            }
        }
    }
}

TEST_CASE("Hydrants out of service are among the nearest, and flagged") {
    const Folder folder;
    std::vector<Change> rows;
    for (int number = 0; number < 4; ++number) {
        records::Asset hydrant;
        hydrant.set_asset_id("H-" + std::to_string(number));
        hydrant.set_asset_class("hydrant");
        hydrant.set_status(number == 1 ? "out_of_service" : "in_service");
        if (number == 2) hydrant.set_out_of_service_since("2026-01-05");
        *hydrant.mutable_position() = snapshot::to_position({43.0 + number * 0.001, -76});
        const auto more = layers(records::ASSET, std::to_string(number), hydrant, 0);
        rows.insert(rows.end(), more.begin(), more.end());
    }
    build(folder / "city", rows);
    const auto spots = good(good(Reader::open(folder / "city"))->near("hydrant", {43, -76}, 3));
    REQUIRE(spots.size() == 3);
    CHECK_FALSE(spots[0].out_of_service);
    CHECK(spots[1].out_of_service);
    CHECK(spots[2].out_of_service);
    CHECK(spots[1].distance_m == Approx(111.2).epsilon(0.001));
    CHECK(spots[1].bearing_deg == Approx(0).margin(1e-6));
}

TEST_CASE("The box gives exactly what stands in it or crosses it") {
    INFO("replay with --rng-seed " << Catch::rngSeed());
    const Folder folder;
    RandomCity random(99 + Catch::rngSeed());
    const auto rows = random.city(400);
    build(folder / "city", rows);
    const auto standing = all_standing(rows);
    auto reader = good(Reader::open(folder / "city"));
    for (int run = 0; run < 20; ++run) {
        const double south = random.between(43.0, 43.1);
        const double west = random.between(-76.2, -76.1);
        const snapshot::Bounds bounds{west, south, west + random.between(0, 0.05),
                                      south + random.between(0, 0.05)};
        std::vector<records::RecordId> expected;
        for (const Standing& each : standing) {
            const auto [low_lat, high_lat] = std::ranges::minmax(each.course, {}, &Point::lat);
            const auto [low_lon, high_lon] = std::ranges::minmax(each.course, {}, &Point::lon);
            if (high_lat.lat >= bounds.south && low_lat.lat <= bounds.north && high_lon.lon >= bounds.west &&
                low_lon.lon <= bounds.east) {
                expected.push_back(each.record);
            }
        }
        std::vector<records::RecordId> found;
        for (const Spot& spot : good(reader->box(bounds, {}, 10'000))) found.push_back(spot.row.record);
        std::ranges::sort(expected);
        std::ranges::sort(found);
        CHECK(found == expected);
        CHECK(good(reader->box(bounds, {}, 3)).size() == std::min<std::size_t>(3, expected.size()));
    }
    for (const Spot& spot : good(reader->box({-77, 42, -75, 44}, {"hydrant", "street"}, 10'000))) {
        CHECK((spot.spot_class == "hydrant" || spot.spot_class == "street"));
    }
}

TEST_CASE("A view starts with the property and holds every layer of all that is linked to it") {
    const Folder folder;
    auto rows = RandomCity(12).city(50);
    std::reverse(rows.begin(), rows.end());
    build(folder / "city", rows);
    auto reader = good(Reader::open(folder / "city"));
    std::size_t seen = 0;
    std::size_t linked = 0;
    for (const Change& change : rows) linked += change.row.property != 0 ? 1U : 0U;
    for (int number = 0; number < 50; ++number) {
        const records::RecordId id = property_id(std::to_string(number));
        const auto view = good(reader->view(id));
        CHECK_FALSE(view.truncated);
        REQUIRE_FALSE(view.rows.empty());
        CHECK(view.rows.front().record == id);
        CHECK(std::ranges::is_sorted(view.rows, {},
                                     [&](const auto& row) { return std::pair(row.record != id, row.kind); }));
        for (const auto& row : view.rows) {
            CHECK(row.property == id);
            CHECK(std::ranges::count_if(rows, [&](const Change& change) { return change.row == row; }) == 1);
        }
        seen += view.rows.size();
    }
    CHECK(seen == linked);
    CHECK(good(reader->view(property_id("nowhere"))).rows.empty());
}

TEST_CASE(
    "A property with more records than a view holds keeps its dangers and the newest, and says that it was "
    "cut") {
    const Folder folder;
    const records::RecordId id = property_id("1");
    std::vector<Change> rows;
    const auto add = [&](std::vector<Change> more) { rows.insert(rows.end(), more.begin(), more.end()); };
    for (std::size_t number = 0; number <= snapshot::view_limit; ++number) {
        records::ServiceRequest request;
        request.set_service_name("Noise");
        add(layers(records::SERVICE_REQUEST, std::to_string(number), request, id,
                   static_cast<std::int64_t>(number + 1)));
    }
    records::Permit roof;
    roof.set_permit_number("BP-1");
    records::Hazard propane;
    propane.set_product("Propane");
    records::Preplan plan;
    plan.set_strategy_notes("Pump at the north side");
    records::Observation seen;
    seen.set_note("Rear exit chained");
    add(layers(records::PERMIT, "1", roof, id));
    add(layers(records::OBSERVATION, "1", seen, id));
    add(layers(records::PREPLAN, "1", plan, id));
    add(layers(records::HAZARD, "1", propane, id));
    add(layers(records::PROPERTY, "1", property("1 Mall Way"), id));
    build(folder / "bulk", rows);
    build(folder / "fed", {});
    feed(folder / "fed", rows);
    for (const char* file : {"bulk", "fed"}) {
        INFO(file);
        const auto view = good(good(Reader::open(folder / file))->view(id));
        CHECK(view.truncated);
        REQUIRE(view.rows.size() == snapshot::view_limit);
        CHECK(view.rows.front().record == id);
        for (const auto kind : {records::HAZARD, records::PREPLAN, records::PERMIT, records::OBSERVATION}) {
            INFO(records::kind_name(kind));
            CHECK(std::ranges::count(view.rows, kind, &records::LayerRow::kind) > 0);
        }
        const auto held = [&](std::size_t number) {
            return std::ranges::count(view.rows, id_of(records::SERVICE_REQUEST, std::to_string(number)),
                                      &records::LayerRow::record) > 0;
        };
        CHECK(held(snapshot::view_limit));
        CHECK_FALSE(held(0));
    }
}

TEST_CASE("An open reader sees what the writer commits, new feeds and sources included") {
    const Folder folder;
    build(folder / "city", {});
    auto writer = good(snapshot::Writer::open(folder / "city"));
    auto reader = good(Reader::open(folder / "city"));
    CHECK(good(reader->counts()).records == 0);
    good(writer->begin());
    for (const Change& change : RandomCity(13).city(3)) good(writer->put(change.feed, change.row));
    good(writer->set_source({"test", "Test source", "Clerk", 86'400}));
    CHECK(good(reader->counts()).records == 0);
    good(writer->commit());
    CHECK(good(reader->counts()).properties == 3);
    const auto rows = good(reader->view(property_id("1"))).rows;
    REQUIRE_FALSE(rows.empty());
    CHECK(rows.front().source == "test");
    CHECK(rows.front().layer == public_feed.layer);
    CHECK(good(reader->sources()) == std::vector{snapshot::Source{"test", "Test source", "Clerk", 86'400}});
}

TEST_CASE("Search entries are as new as the file, with or without one state for several calls") {
    const Folder folder;
    build(folder / "city", RandomCity(14).city(40));
    auto writer = good(snapshot::Writer::open(folder / "city"));
    auto reader = good(Reader::open(folder / "city"));
    auto& entries = reader->entries();
    const auto found = [&] {
        return entries.terms("NEWPARCEL", 10).size() + entries.named({"ZYLA"}, {}, 10).size();
    };
    CHECK(found() == 0);
    auto home = property("12 Main St");
    home.set_parcel_id("new-parcel");
    home.set_place_name("Zyla Hall");
    good(writer->begin());
    for (const Change& change : layers(records::PROPERTY, "new", home, 0))
        good(writer->put(change.feed, change.row));
    good(writer->commit());
    CHECK(found() == 2);
    entries.begin();
    CHECK(found() == 2);
    good(writer->begin());
    good(writer->remove(public_feed, property_id("new"), 9));
    good(writer->commit());
    CHECK(found() == 2);
    entries.end();
    CHECK(found() == 0);
}

TEST_CASE("The layers of a record merge into one message") {
    const Folder folder;
    records::Party party;
    party.set_name("Ana García");
    party.add_phones("555-0100");
    party.set_needs("oxygen");
    const auto rows = layers(records::PARTY, "1", party, property_id("1"));
    REQUIRE(rows.size() == 3);
    build(folder / "city", rows);
    const auto held = good(good(Reader::open(folder / "city"))->record(id_of(records::PARTY, "1")));
    CHECK(held.size() == 3);
    const auto merged = good(snapshot::merge(held));
    CHECK(merged->SerializeAsString() == party.SerializeAsString());
    CHECK(snapshot::merge({}).error().code == ErrorCode::not_found);
}

TEST_CASE("The file says what it is") {
    const Folder folder;
    build(folder / "city", {});
    const snapshot::Meta meta = good(good(Reader::open(folder / "city"))->meta());
    CHECK(meta == snapshot::Meta{"test", "Testville", "all", 7, 1, 100, 90, ""});
}

TEST_CASE("The city's time zone and the sources' deliveries stand in the file") {
    const Folder folder;
    build(folder / "city", {});
    auto writer = good(snapshot::Writer::open(folder / "city"));
    auto reader = good(Reader::open(folder / "city"));
    auto meta = good(reader->meta());
    CHECK(meta.time_zone.empty());
    meta.time_zone = "CST-06";
    const snapshot::Source source{"lpi", "Permits", "Clerk", 86'400, 1'700'000'000};
    good(writer->begin());
    good(writer->set_meta(meta));
    good(writer->set_source(source));
    good(writer->commit());
    CHECK(good(reader->meta()) == meta);
    CHECK(good(reader->sources()) == std::vector{source});
}

TEST_CASE("A delivery is written as it is told, and makes no source; one that no row is of can be removed") {
    const Folder folder;
    records::Permit permit;
    permit.set_permit_number("B-1");
    const auto rows = layers(records::PERMIT, "1", permit, 0);
    build(folder / "city", rows);
    auto writer = good(snapshot::Writer::open(folder / "city"));
    auto reader = good(Reader::open(folder / "city"));
    const auto write = [&](const auto& change) {
        good(writer->begin());
        change();
        good(writer->commit());
        return good(reader->sources());
    };
    snapshot::Source source{"lpi", "Permits", "Clerk", 86'400, 1'700'000'000};
    const auto before = good(reader->sources());
    REQUIRE(before.size() == 1);
    using Sources = std::vector<snapshot::Source>;
    CHECK(write([&] { good(writer->set_source(source)); }) == Sources{source, before.front()});
    source.delivered_at = 1'600'000'000;  // the hub's clock had been ahead
    CHECK(write([&] { good(writer->note_delivery("lpi", source.delivered_at)); }) ==
          Sources{source, before.front()});
    CHECK(write([&] { good(writer->note_delivery("unheard of", 1)); }) == Sources{source, before.front()});
    CHECK(write([&] { good(writer->remove_unused_sources()); }) == before);
    CHECK(write([&] { good(writer->set_source(source)); }) == Sources{source, before.front()});
}

TEST_CASE("Only what works is near when only that is wanted") {
    const Folder folder;
    std::vector<Change> rows;
    for (int number = 0; number < 40; ++number) {
        records::Asset hydrant;
        hydrant.set_asset_class("hydrant");
        hydrant.set_status(number < 30 ? "out_of_service" : "in_service");
        hydrant.mutable_position()->set_lat_e7(400'000'000 + number * 1000);
        hydrant.mutable_position()->set_lon_e7(-890'000'000);
        for (auto& row : layers(records::ASSET, "H-" + std::to_string(number), hydrant, 0))
            rows.push_back(row);
    }
    build(folder / "city", rows);
    auto reader = good(Reader::open(folder / "city"));
    const snapshot::Point here{40, -89};
    CHECK(good(reader->near("hydrant", here, 5)).front().out_of_service);
    const auto working = good(reader->near("hydrant", here, 5, snapshot::Wanted::working));
    REQUIRE(working.size() == 5);
    CHECK(working.front().row.record == id_of(records::ASSET, "H-30"));
    for (const auto& spot : working) CHECK_FALSE(spot.out_of_service);
}

TEST_CASE("The districts that a point lies in are found, in bulk and fed") {
    const Folder folder;
    std::vector<Change> rows;
    const auto add = [&](const std::string& name, std::int32_t south, std::int32_t west, std::int32_t size) {
        const auto corner = [&](std::int32_t lat, std::int32_t lon) {
            records::Position out;
            out.set_lat_e7(south + lat * size);
            out.set_lon_e7(west + lon * size);
            return out;
        };
        records::Boundary district;
        district.set_name(name);
        // A triangle: its box holds more than it does.
        *district.add_rings() = records::ring_of({corner(0, 0), corner(0, 1), corner(1, 0)});
        for (auto& row : layers(records::BOUNDARY, name, district, 0)) rows.push_back(row);
    };
    add("city", 400'000'000, -890'000'000, 10'000'000);
    add("ward", 400'000'000, -890'000'000, 1'000'000);
    add("far", 410'000'000, -890'000'000, 1'000'000);
    build(folder / "bulk", rows);
    build(folder / "fed", {});
    feed(folder / "fed", rows);
    for (const char* file : {"bulk", "fed"}) {
        INFO(file);
        auto reader = good(Reader::open(folder / file));
        const auto names = [&](double lat, double lon) {
            std::set<std::string> out;
            for (const auto& row : good(reader->boundaries_at({lat, lon}))) {
                const auto message = good(records::parse_body(row.kind, row.body));
                out.insert(static_cast<const records::Boundary&>(*message).name());
            }
            return out;
        };
        CHECK(names(40.01, -88.99) == std::set<std::string>{"city", "ward"});
        CHECK(names(40.09, -88.91) == std::set<std::string>{"city"});
        CHECK(names(40.99, -88.01).empty());
        CHECK(names(50, 10).empty());
        CHECK(reader->boundaries_at({std::nan(""), 0}).error().code == ErrorCode::invalid_argument);
    }
}
