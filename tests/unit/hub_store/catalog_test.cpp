#include "daemon/hub/store/catalog.hpp"

#include <catch2/catch.hpp>

#include "daemon/hub/store/imports.hpp"
#include "tests/unit/hub_store/scratch.hpp"

using namespace fieldpost;
using hub::testing::ScratchStore;

TEST_CASE("a profile clears the lower levels of each of its compartments and nothing else") {
    const hub::Profile profile{
        "fire", "Fire", {"north", "south"}, {{records::INTERNAL, "general"}, {records::PUBLIC, "fire"}}};
    const auto feeds = hub::feeds_of(profile);
    CHECK(feeds.size() == 6);
    CHECK(feeds.contains({"north", {records::PUBLIC, "general"}}));
    CHECK(feeds.contains({"south", {records::INTERNAL, "general"}}));
    CHECK(feeds.contains({"south", {records::PUBLIC, "fire"}}));
    CHECK_FALSE(feeds.contains({"north", {records::INTERNAL, "fire"}}));
    CHECK_FALSE(feeds.contains({"north", {records::CONFIDENTIAL, "general"}}));
}

TEST_CASE("the catalog gives back the city as it was put, and a later city replaces it") {
    ScratchStore scratch;
    hub::Catalog catalog(*scratch.store);
    CHECK(catalog.city().error().code == ErrorCode::not_found);

    hub::City city{"x-ma",
                   "X, Massachusetts",
                   {-71.2, 42.3, -71.0, 42.5},
                   {{"city", "All of it"}, {"north", "North"}},
                   {}};
    city.profiles.push_back({"inspector",
                             "Inspector",
                             {"city"},
                             {{records::CONFIDENTIAL, "general"}, {records::INTERNAL, "fire"}}});
    REQUIRE(catalog.put_city(city));
    auto read = catalog.city();
    REQUIRE(read);
    CHECK(read->name == city.name);
    CHECK(read->bounds == city.bounds);
    CHECK(read->areas == city.areas);
    CHECK(read->profiles == city.profiles);

    city.areas.erase("north");
    city.profiles.clear();
    REQUIRE(catalog.put_city(city));
    CHECK(catalog.city()->areas.size() == 1);
    CHECK(catalog.city()->profiles.empty());
}

TEST_CASE("a source is told of where the profile clears one of its fields, as its mapping labels them") {
    ScratchStore scratch;
    hub::Catalog catalog(*scratch.store);
    hub::Imports imports(*scratch.store);
    const auto dataset = [&](const std::string& source, records::Kind kind) {
        const auto row = catalog.put_source({source, source, "", "", 0}).value();
        return imports.dataset(row, source, kind).value();
    };
    for (const auto known : {dataset("permits", records::PERMIT), dataset("plans", records::PREPLAN)})
        REQUIRE(imports.put_labels(known, {}));
    (void)dataset("of an older hub", records::PERMIT);  // its labels are known with the next import
    const auto secret = dataset("secret", records::FORM);
    records::LabelOverrides raised;
    for (const char* field : {"form_id", "title", "form_version", "topic", "definition"})
        raised[field] = {records::RESTRICTED, "law"};
    REQUIRE(imports.put_labels(secret, raised));
    const auto sources = [&](std::set<records::LayerKey> clearance) {
        std::set<std::string> named;
        for (const auto& [source, at] :
             catalog.sources_of({"any", "", {"city"}, std::move(clearance)}).value())
            named.insert(source.id);
        named.erase("lpi");  // these two have no data set here
        named.erase("assessing");
        return named;
    };
    using Names = std::set<std::string>;
    CHECK(sources({{records::PUBLIC, "general"}}) == Names{"permits"});
    CHECK(sources({{records::INTERNAL, "general"}}) == Names{"permits"});
    CHECK(sources({{records::INTERNAL, "fire"}}) == Names{"plans"});
    CHECK(sources({{records::RESTRICTED, "law"}}) == Names{"secret"});
    CHECK(sources({{records::CONFIDENTIAL, "law"}}).empty());
}

namespace {

// Sources and their data sets, as imports store them, and when a profile hears that they delivered.
struct Deliveries {
    std::int64_t source(const std::string& id) {
        return catalog.put_source({id, "Title of " + id, "Clerk", "", 86'400}).value();
    }
    std::int64_t dataset(std::int64_t source, const std::string& name, records::Kind kind,
                         std::int64_t record) {
        const auto row = imports.dataset(source, name, kind).value();
        REQUIRE(imports.put_labels(row, {}));
        REQUIRE(imports.put_row(row, {record, 1}, {}));
        return row;
    }
    void deliver(std::int64_t at, const std::vector<std::int64_t>& datasets) {
        const auto run = imports.begin_run(at).value();
        for (const auto one : datasets) REQUIRE(imports.mark_imported(one, run));
    }
    std::int64_t told(const std::string& id, std::set<records::LayerKey> clearance) {
        for (const auto& [source, at] :
             catalog.sources_of({"any", "", {"city"}, std::move(clearance)}).value()) {
            if (source.id != id) continue;
            CHECK(source.title == "Title of " + id);
            CHECK(source.refresh_s == 86'400);
            return at;
        }
        return -1;
    }

    ScratchStore scratch;
    hub::Catalog catalog{*scratch.store};
    hub::Imports imports{*scratch.store};
};

}  // namespace

TEST_CASE("a source delivered when the oldest of its data sets was last read to its end") {
    Deliveries bench;
    const std::set<records::LayerKey> all{{records::RESTRICTED, "general"}, {records::RESTRICTED, "fire"}};
    const auto fire = bench.source("fire");
    const auto plans = bench.dataset(fire, "plans", records::PREPLAN, 1);
    const auto hazards = bench.dataset(fire, "hazards", records::HAZARD, 2);
    CHECK(bench.told("fire", all) == 0);
    bench.deliver(1000, {plans, hazards});
    CHECK(bench.told("fire", all) == 1000);
    bench.deliver(2000, {plans});
    CHECK(bench.told("fire", all) == 1000);
    bench.deliver(2000, {hazards});
    CHECK(bench.told("fire", all) == 2000);

    // One of them goes on under another name: what has no records any more holds nothing back.
    const auto renamed = bench.dataset(fire, "fire-hazards", records::HAZARD, 2);
    REQUIRE(bench.imports.drop_row(hazards, 2));
    bench.deliver(3000, {plans, renamed});
    CHECK(bench.told("fire", all) == 3000);
    for (const auto& [dataset, record] : {std::pair(plans, 1), std::pair(renamed, 2)})
        REQUIRE(bench.imports.drop_row(dataset, record));
    bench.deliver(4000, {renamed});
    CHECK(bench.told("fire", all) == 4000);  // it holds nothing at all
}

TEST_CASE("of a source's data sets only those count that the profile clears something of") {
    Deliveries bench;
    const auto works = bench.source("works");
    const auto permits = bench.dataset(works, "permits", records::PERMIT, 1);
    const auto plans = bench.dataset(works, "plans", records::PREPLAN, 2);
    bench.deliver(1000, {permits, plans});
    bench.deliver(2000, {permits});
    CHECK(bench.told("works", {{records::PUBLIC, "general"}}) == 2000);
    CHECK(bench.told("works", {{records::INTERNAL, "fire"}}) == 1000);
    CHECK(bench.told("works", {{records::PUBLIC, "general"}, {records::INTERNAL, "fire"}}) == 1000);
    bench.deliver(3000, {plans});  // that tells who clears permits alone of nothing
    CHECK(bench.told("works", {{records::PUBLIC, "general"}}) == 2000);
    CHECK(bench.told("works", {{records::PUBLIC, "health"}}) == -1);
}

TEST_CASE("an unknown profile is answered with those there are") {
    ScratchStore scratch;
    hub::Catalog catalog(*scratch.store);
    hub::City city{"x", "X", {0, 0, 1, 1}, {{"city", ""}}, {{"inspector", "", {"city"}, {}}}};
    REQUIRE(catalog.put_city(city));
    CHECK(catalog.profile("inspector"));
    const auto unknown = catalog.profile("mayor");
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().message.find("inspector") != std::string::npos);
}

TEST_CASE("a source keeps its row when its description changes") {
    ScratchStore scratch;
    hub::Catalog catalog(*scratch.store);
    const auto first = catalog.put_source({"erp", "A", "B", "C", 60});
    const auto second = catalog.put_source({"erp", "A2", "B", "C", 120});
    REQUIRE(first);
    REQUIRE(second);
    CHECK(*first == *second);
    const auto sources = catalog.sources_of({});  // without a data set they are nobody's secret
    REQUIRE(sources);
    REQUIRE(sources->size() == 3);
    CHECK((*sources)[1].source == hub::Source{"erp", "A2", "B", "C", 120});
}
