#include "tools/bench/lookup_files.hpp"

#include <algorithm>
#include <set>

#include "tests/unit/snapshot/city.hpp"

using namespace fieldpost;
using namespace fieldpost::test;

TEST_CASE("A city's rows and queries are the same after they went through files") {
    const Folder folder;
    RandomCity random(3);
    const auto rows = random.city(120);
    build(folder / "city", rows);
    std::filesystem::create_directory(folder / "asked");
    good(bench::write_lookup_files(folder / "city", folder / "asked", 40, 7));

    auto reader = good(snapshot::Reader::open(folder / "city"));
    const auto properties = good(bench::read_properties(*reader));
    const auto written = good(bench::read_property_rows(folder / "asked"));
    REQUIRE(written.size() == properties.size());
    CHECK(written.size() > 60);
    for (std::size_t at = 0; at < written.size(); ++at) {
        CHECK(written[at].id == properties[at].property);
        CHECK(written[at].text == records::display(properties[at].address));
        CHECK(written[at].parcel == properties[at].parcel);
        CHECK(written[at].position.lat == Approx(properties[at].position.lat).margin(1e-6));
    }
    CHECK(good(bench::read_party_rows(folder / "asked")).size() ==
          good(bench::read_parties(*reader, properties)).size());
    CHECK(good(bench::read_hydrant_rows(folder / "asked")).size() ==
          good(bench::read_hydrants(*reader)).size());
    CHECK(good(bench::read_places(folder / "asked")).size() == 40);

    const auto queries = good(bench::read_queries(folder / "asked", 25));
    std::set<std::string> sorts;
    for (const auto& asked : queries) {
        sorts.insert(asked.sort);
        CHECK_FALSE(asked.query.text.empty());
        CHECK_FALSE(asked.query.wanted.empty());
    }
    CHECK(sorts == std::set<std::string>{"digit", "exact", "name", "name_typo", "number", "typeahead",
                                         "typo1", "typo2"});
    CHECK(std::ranges::count(queries, "exact", &bench::AskedQuery::sort) == 25);
}

TEST_CASE("Every property of a city is read once") {
    const Folder folder;
    std::vector<Change> rows;
    for (int number = 1; number <= 300; ++number) {
        const std::string key = std::to_string(number);
        // Many at one place, as the flats of a house are.
        auto more =
            layers(records::PROPERTY, key, property(key + " Main St", 43 + number % 3 * 0.001, -76), 0);
        rows.insert(rows.end(), more.begin(), more.end());
    }
    build(folder / "city", rows);
    auto reader = good(snapshot::Reader::open(folder / "city"));
    std::set<records::RecordId> seen;
    for (const auto& row : good(bench::read_properties(*reader))) CHECK(seen.insert(row.property).second);
    CHECK(seen.size() == 300);
}
