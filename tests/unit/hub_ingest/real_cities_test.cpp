// The real exports of two cities, when they are there: they are not part of the project.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <iostream>

#include "daemon/hub/store/feeds.hpp"
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

double share_linked(const hub::DatasetReport& report) {
    std::int64_t all = 0;
    for (const auto& [method, count] : report.linked_by_method) all += count;
    const auto none = report.linked_by_method.find("none");
    return 1 - static_cast<double>(none == report.linked_by_method.end() ? 0 : none->second) /
                   static_cast<double>(all);
}

}  // namespace

TEST_CASE("Cambridge is imported, and its 311 reports link better than by plain equality") {
    SmallCity city;
    const auto report = import_real(city, "cambridge-ma");
    if (!report) return;
    CHECK(dataset(*report, "properties").accepted > 27'400);
    CHECK(dataset(*report, "hydrants").accepted == 1944);
    CHECK(dataset(*report, "street-lights").accepted == 6117);
    CHECK(dataset(*report, "special-permits").accepted == 499);
    CHECK(dataset(*report, "centerlines").accepted == 2643);
    CHECK(share_linked(dataset(*report, "rodents")) > 0.794);
}

TEST_CASE("Syracuse is imported with all its traps, and links at least as well as by plain equality") {
    SmallCity city;
    const auto report = import_real(city, "syracuse-ny");
    if (!report) return;
    CHECK(dataset(*report, "properties").accepted > 41'400);
    CHECK(dataset(*report, "properties").quarantined_by_reason.at("duplicate_key") == 33);
    CHECK(dataset(*report, "potholes").notes.at("repaired position") > 7000);
    CHECK(dataset(*report, "permits").accepted == 21'554);  // 29 without a date among them
    CHECK(dataset(*report, "permits").quarantined_by_reason.at("duplicate_key") == 2);
    CHECK(share_linked(dataset(*report, "rentals")) > 0.985);
    CHECK(share_linked(dataset(*report, "vacant")) > 0.98);
    CHECK(share_linked(dataset(*report, "potholes")) > 0.96);
    CHECK(share_linked(dataset(*report, "permits")) > 0.789);
    CHECK(dataset(*report, "owners").linked_by_method.at("parcel") > 41'000);
}
