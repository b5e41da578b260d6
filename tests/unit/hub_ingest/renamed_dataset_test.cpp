// Mapping files and cities that become others than those the store was filled from.
#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "daemon/hub/ingest/import.hpp"
#include "daemon/hub/store/catalog.hpp"
#include "daemon/hub/store/records.hpp"
#include "tests/unit/hub_ingest/small_city.hpp"

using namespace fieldpost;
using hub::testing::content;
using hub::testing::dataset;
using hub::testing::permits_csv;
using hub::testing::SmallCity;

namespace {

std::string without_b3() {
    const std::string text = permits_csv;
    return text.substr(0, text.find("B-3,"));
}

}  // namespace

TEST_CASE("a data set under a new name goes on with its records") {
    SmallCity city;
    city.import();
    const auto before = content(city.store());
    city.edit_mapping("lpi.toml", "name = \"permits\"", "name = \"building-permits\"");
    const auto renamed = city.import();
    CHECK(dataset(renamed, "building-permits").quarantined == 0);
    CHECK(renamed.feed_changes() == 0);
    CHECK(renamed.unmapped.empty());
    CHECK(content(city.store()) == before);

    city.write_data("permits.csv", without_b3());
    CHECK(dataset(city.import(), "building-permits").deleted == 1);
    CHECK(
        hub::Records(city.store()).head(records::record_id(records::PERMIT, "lpi", "B-3"))->value().deleted);
}

TEST_CASE("two data sets of the mapping cannot have one record") {
    SmallCity city;
    city.import();
    city.edit_mapping("lpi.toml", "[[dataset]]", R"([[dataset]]
name = "signs"
kind = "permit"
file = "permits.csv"
mode = "full"
key = "number"
[dataset.fields]
type = "type"
[[dataset]])");
    CHECK(dataset(city.import(), "signs").quarantined_by_reason.at("duplicate_key") == 3);
}

TEST_CASE("records that no mapping speaks of any more stay, and the report counts them") {
    SmallCity city;
    city.import();
    const auto before = content(city.store());
    city.edit_mapping("city.toml", "[\"assessing.toml\", \"lpi.toml\"]", "[\"assessing.toml\"]");
    const auto report = city.import();
    CHECK(report.complete());
    REQUIRE(report.unmapped.size() == 1);
    CHECK(report.unmapped[0].source == "lpi");
    CHECK(report.unmapped[0].dataset == "permits");
    CHECK(report.unmapped[0].records == 3);
    CHECK(report.to_text().find("lpi/permits: 3 records in the store") != std::string::npos);
    CHECK(boost::json::parse(report.to_json()).at("unmapped").at(0).at("records").as_int64() == 3);
    CHECK(content(city.store()) == before);
}

TEST_CASE("a city is not poured into the store of another") {
    SmallCity city;
    city.import();
    const auto before = content(city.store());
    city.edit_mapping("city.toml", "id = \"small\"", "id = \"tiny\"");
    city.edit_mapping("city.toml", "name = \"Smallville\"", "name = \"Tinytown\"");
    city.write_data("parcels.csv", "parcel,address,lat,lon,use\n7-7,1 Other St,42.31,-71.11,House\n");
    const auto report = city.try_import();
    REQUIRE_FALSE(report);
    CHECK(report.error().code == ErrorCode::conflict);
    INFO(report.error().message);
    CHECK(report.error().message.find("holds the city 'small'") != std::string::npos);
    CHECK(content(city.store()) == before);
    CHECK(hub::Catalog(city.store()).city()->name == "Smallville");
}
