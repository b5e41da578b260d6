#include "tests/unit/hub_ingest/small_city.hpp"

#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

namespace fieldpost::hub::testing {

namespace {

constexpr const char* city_toml = R"(
id = "small"
name = "Smallville"
bounds = [-71.2, 42.2, -71.0, 42.4]
time_zone = "EST-05EDT,M3.2.0,M11.1.0"
sources = ["assessing.toml", "lpi.toml"]
[areas]
city = "All"
[profiles.inspector]
areas = ["city"]
clearance = ["internal/general"]
)";

constexpr const char* assessing_toml = R"(
[source]
id = "assessing"
title = "Parcels"
steward = "Assessor"
meaning = "Parcels"
[[dataset]]
name = "parcels"
kind = "property"
file = "parcels.csv"
mode = "full"
key = "parcel"
[dataset.fields]
parcel_id = "parcel"
address = { column = "address", required = true }
position = { lat = "lat", lon = "lon" }
use_description = "use"
)";

constexpr const char* lpi_toml = R"(
[source]
id = "lpi"
title = "Permits"
steward = "Inspections"
meaning = "Permits"
refresh = "1d"
[[dataset]]
name = "permits"
kind = "permit"
file = "permits.csv"
mode = "full"
key = "number"
delete_limit = 0.4
[dataset.fields]
permit_number = "number"
type = "type"
issued_on = "issued"
project_cost_usd = "cost"
applicant = "applicant"
address = "address"
[dataset.link]
parcel = "parcel"
address = { field = "address" }
)";

}  // namespace

SmallCity::SmallCity() {
    std::string name = (std::filesystem::temp_directory_path() / "fieldpost-ingest-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) FAIL("no temporary folder");
    folder_ = name;
    std::filesystem::create_directories(city_dir());
    std::filesystem::create_directories(data_dir());
    write(city_dir() / "city.toml", city_toml);
    write(city_dir() / "assessing.toml", assessing_toml);
    write(city_dir() / "lpi.toml", lpi_toml);
    write_data("parcels.csv", parcels_csv);
    write_data("permits.csv", permits_csv);
}

SmallCity::~SmallCity() {
    store_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

void SmallCity::write(const std::filesystem::path& file, const std::string& text) const {
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out << text;
    REQUIRE(out.good());
}

void SmallCity::edit_mapping(const std::string& name, const std::string& from, const std::string& to) const {
    std::ifstream in(city_dir() / name, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    text.replace(at, from.size(), to);
    write(city_dir() / name, text);
}

Store& SmallCity::store() {
    if (!store_) {
        auto opened = Store::open(folder_ / "store");
        REQUIRE(opened);
        store_ = std::move(*opened);
    }
    return *store_;
}

Result<ImportReport> SmallCity::try_import(const std::set<std::string>& allow_deletes, UnixSeconds now,
                                           const std::set<std::string>& drop_profiles) {
    ImportOptions options;
    options.longest_transaction =
        std::chrono::milliseconds(50);  // more of them for what is killed within one
    options.city_dir = city_dir();
    options.data_dir = data_dir();
    options.allow_deletes = allow_deletes;
    options.drop_profiles = drop_profiles;
    options.now = now;
    return import_city(store(), options);
}

ImportReport SmallCity::import(const std::set<std::string>& allow_deletes, UnixSeconds now) {
    auto report = try_import(allow_deletes, now);
    if (!report) FAIL(report.error().message);
    return *report;
}

std::vector<QuarantinedRow> SmallCity::quarantine(const std::string& name) {
    SQLite::Statement find(store().database(), "SELECT dataset FROM dataset WHERE name = ?");
    find.bind(1, name);
    REQUIRE(find.executeStep());
    auto rows = Imports(store()).quarantine(find.getColumn(0).getInt64());
    REQUIRE(rows);
    return *rows;
}

std::map<std::string, std::string> content(Store& store) {
    std::map<std::string, std::string> out;
    SQLite::Statement rows(
        store.database(),
        "SELECT feed.id || ' ' || record || ' at ' || property || ' by ' || link_method || ' ' || "
        "link_confidence, body FROM layer JOIN feed USING (feed)");
    while (rows.executeStep()) out[rows.getColumn(0).getString()] = rows.getColumn(1).getString();
    return out;
}

bool import_killed_after(SmallCity& city, int commits, int rows) {
    static int commits_left = 0;
    static int rows_left = 0;
    city.close_store();  // a connection must not go through a fork
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        commits_left = commits;
        rows_left = rows;
        auto* handle = city.store().database().getHandle();
        sqlite3_commit_hook(
            handle,
            [](void*) {
                --commits_left;
                return 0;
            },
            nullptr);
        sqlite3_update_hook(
            handle,
            [](void*, int, const char*, const char*, sqlite3_int64) {
                if (commits_left <= 0 && --rows_left == 0) raise(SIGKILL);
            },
            nullptr);
        city.import();
        _exit(0);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status);
}

const DatasetReport& dataset(const ImportReport& report, const std::string& name) {
    const auto found = std::ranges::find(report.datasets, name, &DatasetReport::dataset);
    if (found == report.datasets.end()) FAIL("no dataset " << name);
    return *found;
}

}  // namespace fieldpost::hub::testing
