// Exports that were damaged on their way: what cannot be read must not look as if it were gone.
#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "daemon/hub/ingest/import.hpp"
#include "daemon/hub/store/records.hpp"
#include "tests/unit/hub_ingest/small_city.hpp"

using namespace fieldpost;
using hub::testing::content;
using hub::testing::dataset;
using hub::testing::permits_csv;
using hub::testing::SmallCity;

namespace {

constexpr const char* more_permits =
    "B-4,Roof,1-1,,2024-01-01,1,x\n"
    "B-5,Roof,1-2,,2024-01-01,\"$1,000\",x\n"
    "B-6,Roof,1-3,,2024-01-01,1,x\n";

std::string with(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

bool lives(SmallCity& city, const std::string& key) {
    auto head = hub::Records(city.store()).head(records::record_id(records::PERMIT, "lpi", key));
    REQUIRE(head);
    return *head && !(*head)->deleted;
}

}  // namespace

TEST_CASE("a line that cannot be read deletes nothing, however often it comes, and the report says so") {
    SmallCity city;
    city.import();
    const auto before = content(city.store());
    city.write_data("permits.csv", with(permits_csv, "B-2,Roof", "B-2,\"Roof"));
    for (int day = 0; day < 2; ++day) {
        const auto report = city.import();
        const auto& permits = dataset(report, "permits");
        CHECK(report.complete());
        CHECK(permits.quarantined_by_reason.at("unclosed_quote") == 1);
        CHECK(permits.deleted == 0);
        CHECK(permits.kept == 1);
        CHECK(report.to_text().find("--allow-deletes lpi/permits") != std::string::npos);
        CHECK(boost::json::parse(report.to_json()).at("datasets").at(1).at("kept").as_int64() == 1);
        CHECK(content(city.store()) == before);
    }
    // The next sound file deletes what is really gone.
    city.write_data("permits.csv", with(permits_csv, "B-2,Roof,,12 MAIN STREET,3/4/2024,$20.00,Bert\n", ""));
    CHECK(dataset(city.import(), "permits").deleted == 1);
    CHECK_FALSE(lives(city, "B-2"));
}

TEST_CASE("rows that an open quote swallows are not deleted") {
    SmallCity city;
    city.edit_mapping("lpi.toml", "delete_limit = 0.4", "delete_limit = 0.9");
    city.write_data("permits.csv", std::string(permits_csv) + more_permits);
    city.import();
    city.write_data("permits.csv", with(std::string(permits_csv) + more_permits, "B-2,Roof", "B-2,\"Roof"));
    const auto report = city.import();
    CHECK(dataset(report, "permits").quarantined == 1);
    CHECK(dataset(report, "permits").deleted == 0);
    CHECK(dataset(report, "permits").kept == 3);
    for (const char* key : {"B-2", "B-3", "B-4", "B-5"}) CHECK(lives(city, key));
}

TEST_CASE("a row that lost its key keeps the record that may be its own") {
    SmallCity city;
    city.import();
    city.write_data("permits.csv", with(permits_csv, "B-2,Roof", ",Roof"));
    CHECK(dataset(city.import(), "permits").kept == 1);
    CHECK(lives(city, "B-2"));
    CHECK(dataset(city.import({"lpi/permits"}), "permits").deleted == 1);
    CHECK_FALSE(lives(city, "B-2"));
}

TEST_CASE("a row that never had a key hinders no deletion") {
    SmallCity city;
    const auto permits = std::string(permits_csv) + ",Roof,1-1,,2024-01-01,1,x\n";
    city.write_data("permits.csv", permits);
    city.import();
    city.write_data("permits.csv", with(permits, "B-3,Sign,9-9,99 Nowhere Rd,2024-05-06,0,Cleo\n", ""));
    CHECK(dataset(city.import(), "permits").deleted == 1);
    CHECK_FALSE(lives(city, "B-3"));
}
