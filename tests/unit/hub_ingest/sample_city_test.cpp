// The generated city says what an importer should find in it: expected.json and truth/links.csv.
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <sstream>

#include "daemon/hub/ingest/row.hpp"
#include "daemon/hub/store/records.hpp"
#include "tests/unit/hub_ingest/small_city.hpp"
#include "tools/city/generate.hpp"

using namespace fieldpost;
using hub::testing::SmallCity;

namespace {

std::filesystem::path mapping() {
    return std::filesystem::path(FIELDPOST_SOURCE_DIR) / "daemon/hub/sources/mappings/sample";
}

std::filesystem::path generated(const SmallCity& city, int day) {
    const auto folder = city.data_dir() / ("day" + std::to_string(day));
    const auto made = city::generate({7, 2000, day, folder}, [](std::uint64_t, std::uint64_t) {});
    REQUIRE(made);
    return folder;
}

hub::ImportReport import(SmallCity& city, const std::filesystem::path& data) {
    hub::ImportOptions options;
    options.city_dir = mapping();
    options.data_dir = data;
    options.now = 1'772'000'000;
    auto report = hub::import_city(city.store(), options);
    if (!report) FAIL(report.error().message);
    for (const auto& dataset : report->datasets) {
        if (dataset.state != hub::DatasetState::imported) FAIL(dataset.dataset << ": " << dataset.message);
    }
    return *report;
}

boost::json::object expected(const std::filesystem::path& data) {
    std::ifstream in(data / "expected.json");
    return boost::json::parse(std::string{std::istreambuf_iterator<char>(in), {}}).at("files").as_object();
}

std::int64_t number(const boost::json::value& value) {
    return value.as_int64();
}

}  // namespace

TEST_CASE("the sample city is imported with exactly the bad rows that were planted") {
    SmallCity city;
    const auto data = generated(city, 0);
    const auto report = import(city, data);
    const auto files = expected(data);
    for (const auto& dataset : report.datasets) {
        INFO(dataset.source << "/" << dataset.dataset);
        const auto& file = files.at(dataset.file).as_object();
        CHECK(dataset.rows_read == number(file.at("rows")));
        CHECK(dataset.repeated == 0);
        CHECK(dataset.accepted + dataset.filtered == number(file.at("good")));
        std::map<std::string, std::int64_t> bad;
        for (const auto& [reason, count] : file.at("bad").as_object()) bad[reason] = number(count);
        CHECK(dataset.quarantined_by_reason == bad);
    }
    CHECK(import(city, data).feed_changes() == 0);
}

TEST_CASE("the sample city's records are linked as its truth says, and hardly ever otherwise") {
    SmallCity city;
    const auto data = generated(city, 0);
    import(city, data);
    hub::Records records(city.store());
    const std::map<std::string, records::Kind> kinds{{"permits.csv", records::PERMIT},
                                                     {"inspections.csv", records::INSPECTION},
                                                     {"violations.csv", records::VIOLATION},
                                                     {"licenses.csv", records::LICENSE},
                                                     {"service_requests.csv", records::SERVICE_REQUEST},
                                                     {"accounts.csv", records::ACCOUNT},
                                                     {"preplans.csv", records::PREPLAN},
                                                     {"hazards.csv", records::HAZARD},
                                                     {"incidents.csv", records::INCIDENT}};
    auto truth = hub::open_rows(data / "truth/links.csv", {});
    REQUIRE(truth);
    std::map<std::string, int> right, wrong, unlinked, building;
    hub::Row row;
    for (;;) {
        auto more = (*truth)->next(row);
        REQUIRE(more);
        if (!*more) break;
        // source,file,key,parcel_id,by,style
        const auto kind = kinds.find(std::string(row.cells[1]));
        REQUIRE(kind != kinds.end());
        const auto id = records::record_id(kind->second, row.cells[0], row.cells[2]);
        auto head = records.head(id);
        REQUIRE(head);
        if (!*head) continue;  // left out by the mapping, such as a hazard that was removed
        const auto property = (*head)->property;
        const std::string by(row.cells[4]);
        const auto real =
            row.cells[3].empty() ? 0 : records::record_id(records::PROPERTY, "assessing", row.cells[3]);
        // A text without its unit names the building, which is a property too.
        const auto house = real == 0 ? 0
                                     : records::record_id(records::PROPERTY, "assessing",
                                                          std::string(row.cells[3].substr(0, 12)) + "000");
        if (property == 0 && real != 0) {
            ++unlinked[by];
        } else if (property != real && property != 0 && property == house) {
            ++building[by];
        } else if (property == real) {
            ++right[by];
        } else {
            ++wrong[by];
            UNSCOPED_INFO("wrong: " << row.cells[1] << " " << row.cells[2] << " " << row.cells[5]);
        }
    }
    for (const char* by : {"address", "position", "none"}) {
        WARN("links by " << by << ": " << right[by] << " right, " << unlinked[by] << " unlinked, "
                         << wrong[by] << " wrong");
    }
    const int all = right["address"] + building["address"] + unlinked["address"] + wrong["address"];
    CHECK(right["address"] > all * 93 / 100);
    CHECK(wrong["address"] <= all / 500);
    CHECK(wrong["position"] == 0);
    CHECK(wrong["none"] == 0);
}

TEST_CASE("the next day's export of the sample city changes what changed and nothing else") {
    SmallCity city;
    const auto first = generated(city, 0);
    import(city, first);
    const auto next = generated(city, 1);
    const auto report = import(city, next);
    const auto files = expected(next);
    for (const auto& dataset : report.datasets) {
        // Ownerships also show what the joined party became, and hazards leave the mapping when they are
        // removed.
        if (dataset.dataset == "ownerships" || dataset.dataset == "hazards") continue;
        INFO(dataset.source << "/" << dataset.dataset);
        const auto& since = files.at(dataset.file).at("since_previous_day").as_object();
        CHECK(dataset.inserted == number(since.at("added")));
        if (dataset.dataset != "incidents") CHECK(dataset.deleted == number(since.at("removed")));
        CHECK(dataset.updated >= number(since.at("changed")));
    }
    CHECK(import(city, next).feed_changes() == 0);
}
