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
    (void)dataset("permits", records::PERMIT);
    (void)dataset("plans", records::PREPLAN);
    const auto secret = dataset("secret", records::FORM);
    records::LabelOverrides raised;
    for (const char* field : {"form_id", "title", "form_version", "topic", "definition"})
        raised[field] = {records::RESTRICTED, "law"};
    REQUIRE(imports.put_labels(secret, raised));
    const auto sources = [&](std::set<records::LayerKey> clearance) {
        auto named = catalog.sources_of({"any", "", {"city"}, std::move(clearance)}).value();
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

TEST_CASE("a source delivered when the oldest of its data sets was last read to its end") {
    ScratchStore scratch;
    hub::Catalog catalog(*scratch.store);
    hub::Imports imports(*scratch.store);
    const auto row = catalog.put_source({"fire", "Fire", "", "", 0}).value();
    const auto plans = imports.dataset(row, "plans", records::PREPLAN).value();
    const auto hazards = imports.dataset(row, "hazards", records::HAZARD).value();
    CHECK(catalog.deliveries()->empty());
    REQUIRE(imports.put_row(plans, {1, 1}, {}));
    REQUIRE(imports.put_row(hazards, {2, 1}, {}));
    const auto first = imports.begin_run(1000).value();
    REQUIRE(imports.mark_imported(plans, first));
    REQUIRE(imports.mark_imported(hazards, first));
    const auto second = imports.begin_run(2000).value();
    CHECK(catalog.deliveries()->at("fire") == 1000);  // it runs
    REQUIRE(imports.mark_imported(plans, second));
    CHECK(catalog.deliveries()->at("fire") == 1000);
    REQUIRE(imports.mark_imported(hazards, second));
    CHECK(catalog.deliveries()->at("fire") == 2000);

    // One of them goes on under another name: what has no records any more holds nothing back.
    const auto renamed = imports.dataset(row, "fire-hazards", records::HAZARD).value();
    const auto third = imports.begin_run(3000).value();
    REQUIRE(imports.put_row(renamed, {2, 1}, {}));
    REQUIRE(imports.drop_row(hazards, 2));
    for (const auto dataset : {plans, renamed}) REQUIRE(imports.mark_imported(dataset, third));
    CHECK(catalog.deliveries()->at("fire") == 3000);
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
    const auto sources = catalog.sources();
    REQUIRE(sources);
    CHECK(sources->size() == 3);
    CHECK((*sources)[1].title == "A2");
}
