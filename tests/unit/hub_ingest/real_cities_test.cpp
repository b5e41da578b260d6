// The real exports of two cities, when they are there: they are not part of the project.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <iostream>
#include <regex>

#include "daemon/hub/ingest/row.hpp"
#include "daemon/hub/store/records.hpp"
#include "tests/unit/hub_ingest/small_city.hpp"

using namespace fieldpost;
using hub::testing::dataset;
using hub::testing::SmallCity;

namespace {

// Imports a city's real files twice; nullopt when they are not there. The second import must change nothing.
std::optional<hub::ImportReport> import_real(SmallCity& city, const std::string& name) {
    const char* shared = std::getenv("FIELDPOST_SHARED_DATA");
    if (shared == nullptr) {
        std::cout << "skipped: no shared data\n";
        return std::nullopt;
    }
    hub::ImportOptions options;
    options.city_dir = std::filesystem::path(FIELDPOST_SOURCE_DIR) / "daemon/hub/sources/mappings" / name;
    options.data_dir = std::filesystem::path(shared) / name;
    options.now = 1'772'000'000;
    auto report = hub::import_city(city.store(), options);
    if (!report) FAIL(report.error().message);
    for (const auto& one : report->datasets) {
        if (one.state != hub::DatasetState::imported) FAIL(one.dataset << ": " << one.message);
        CHECK(one.rows_read == one.accepted + one.quarantined + one.repeated + one.filtered);
    }
    auto again = hub::import_city(city.store(), options);
    REQUIRE(again);
    CHECK(again->feed_changes() == 0);
    return std::move(*report);
}

// Hydrants whose remark says that they give no water, and yet are shown as working.
int dead_hydrants_in_service(SmallCity& city) {
    const auto file = std::filesystem::path(std::getenv("FIELDPOST_SHARED_DATA")) /
                      "cambridge-ma/INFRA_Hydrants_2025-02-04.geojson";
    auto rows = hub::open_rows(file, {});
    REQUIRE(rows);
    const auto column = [&](const char* name) {
        const auto& names = (*rows)->columns();
        const auto at = std::ranges::find(names, name);
        REQUIRE(at != names.end());
        return static_cast<std::size_t>(at - names.begin());
    };
    const auto key = column("GlobalID");
    const auto comments = column("COMMENTS");
    const auto notes = column("Notes");
    const std::regex dead(R"(\b(OOS|OUT OF SERVICE|REMOVED|DOES NOT EXIST|STEM FROZEN)\b)",
                          std::regex::icase);
    hub::Records records(city.store());
    hub::Row row;
    int remarks = 0;
    int in_service = 0;
    for (;;) {
        auto more = (*rows)->next(row);
        REQUIRE(more);
        if (!*more) break;
        const auto remark = std::string(row.cells[comments]) + " " + std::string(row.cells[notes]);
        if (!std::regex_search(remark, dead)) continue;
        ++remarks;
        auto message = records.message(records::record_id(records::ASSET, "water", row.cells[key]));
        REQUIRE(message);
        REQUIRE(*message);
        if (static_cast<const records::Asset&>(**message).status() != "out_of_service") {
            ++in_service;
            UNSCOPED_INFO(remark);
        }
    }
    CHECK(remarks == 20);
    return in_service;
}

double share_linked(const hub::DatasetReport& report) {
    std::int64_t all = 0;
    for (const auto& [method, count] : report.linked_by_method) all += count;
    const auto none = report.linked_by_method.find("none");
    return 1 - static_cast<double>(none == report.linked_by_method.end() ? 0 : none->second) /
                   static_cast<double>(all);
}

}  // namespace

// What was linked on the day the limits were set (sources/README.md, "How well it links"), less 0.2 points.

TEST_CASE("Cambridge is imported, links as well as ever, and shows no dead hydrant as working") {
    SmallCity city;
    const auto report = import_real(city, "cambridge-ma");
    if (!report) return;
    CHECK(dataset(*report, "properties").accepted > 27'400);
    CHECK(dataset(*report, "hydrants").accepted == 1944);
    CHECK(dataset(*report, "street-lights").accepted == 6117);
    CHECK(dataset(*report, "special-permits").accepted == 499);
    CHECK(dataset(*report, "centerlines").accepted == 2643);
    CHECK(share_linked(dataset(*report, "rodents")) > 0.819);
    CHECK(share_linked(dataset(*report, "special-permits")) > 0.900);
    CHECK(share_linked(dataset(*report, "solar")) > 0.978);
    CHECK(dead_hydrants_in_service(city) == 0);
}

TEST_CASE("Syracuse is imported with all its traps, and links as well as ever") {
    SmallCity city;
    const auto report = import_real(city, "syracuse-ny");
    if (!report) return;
    CHECK(dataset(*report, "properties").accepted > 41'400);
    CHECK(dataset(*report, "properties").quarantined_by_reason.at("duplicate_key") == 33);
    CHECK(dataset(*report, "potholes").notes.at("repaired position") > 7000);
    CHECK(dataset(*report, "permits").accepted == 21'554);  // 29 without a date among them
    CHECK(dataset(*report, "permits").quarantined_by_reason.at("duplicate_key") == 2);
    CHECK(share_linked(dataset(*report, "rentals")) > 0.9928);
    CHECK(share_linked(dataset(*report, "vacant")) > 0.9905);
    CHECK(share_linked(dataset(*report, "potholes")) > 0.9671);
    CHECK(share_linked(dataset(*report, "permits")) > 0.9013);
    CHECK(dataset(*report, "owners").linked_by_method.at("parcel") > 41'000);
}
