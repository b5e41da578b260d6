// What a record is linked to must follow from the files alone, whatever was imported before.
#include <catch2/catch.hpp>
#include <random>

#include "daemon/hub/ingest/import.hpp"
#include "daemon/hub/store/records.hpp"
#include "tests/unit/hub_ingest/small_city.hpp"

using namespace fieldpost;
using hub::testing::content;
using hub::testing::dataset;
using hub::testing::parcels_csv;
using hub::testing::permits_csv;
using hub::testing::SmallCity;

namespace {

// Stands before the permits that it refers to, as it may in a mapping file.
constexpr const char* inspections_toml = R"([[dataset]]
name = "inspections"
kind = "inspection"
file = "inspections.csv"
mode = "full"
key = "id"
delete_limit = 1
[dataset.fields]
type = "type"
address = "address"
[dataset.link]
record = { kind = "permit", key = "permit" }
address = { field = "address" }
[[dataset]])";

constexpr const char* inspections_csv =
    "id,type,permit,address\n"
    "I-1,Final,B-1,\n"
    "I-9,Final,B-9,\n";

std::string with(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

records::RecordId parcel(const std::string& key) {
    return records::record_id(records::PROPERTY, "assessing", key);
}

// The property that a record of the inspectional services stands at; 0: none.
records::RecordId place_of(SmallCity& city, records::Kind kind, const std::string& key) {
    auto head = hub::Records(city.store()).head(records::record_id(kind, "lpi", key));
    REQUIRE(head);
    REQUIRE(*head);
    return (*head)->property;
}
records::RecordId permit_at(SmallCity& city, const std::string& key) {
    return place_of(city, records::PERMIT, key);
}
records::RecordId inspection_at(SmallCity& city, const std::string& key) {
    return place_of(city, records::INSPECTION, key);
}

void add_inspections(SmallCity& city) {
    city.edit_mapping("lpi.toml", "[[dataset]]", inspections_toml);
    city.write_data("inspections.csv", inspections_csv);
}

}  // namespace

TEST_CASE("an inspection follows its permit when only the permit changes") {
    SmallCity city;
    add_inspections(city);
    city.import();
    CHECK(inspection_at(city, "I-1") == parcel("1-1"));
    CHECK(inspection_at(city, "I-9") == 0);

    city.write_data("permits.csv", with(permits_csv, "B-1,Roof,1-1", "B-1,Roof,1-2"));
    CHECK(dataset(city.import(), "inspections").relinked == 1);
    CHECK(inspection_at(city, "I-1") == parcel("1-2"));

    // The permit arrives after its inspection, and goes before it.
    city.write_data("permits.csv", std::string(permits_csv) + "B-9,Roof,1-3,,2024-01-02,5,Ada\n");
    city.import();
    CHECK(inspection_at(city, "I-1") == parcel("1-1"));
    CHECK(inspection_at(city, "I-9") == parcel("1-3"));
    city.write_data("permits.csv", permits_csv);
    city.import();
    CHECK(inspection_at(city, "I-9") == 0);
    CHECK(city.import().feed_changes() == 0);
}

TEST_CASE("a change that moves nothing decides no link anew") {
    SmallCity city;
    add_inspections(city);
    city.import();
    city.write_data("parcels.csv", with(parcels_csv, "Shop", "Bank"));
    city.write_data("permits.csv", with(permits_csv, "Roof,1-1", "Wall,1-1"));
    const auto report = city.import();
    CHECK(report.feed_changes() == 2);
    CHECK(dataset(report, "permits").relinked == 0);
    CHECK(dataset(report, "inspections").relinked == 0);
}

TEST_CASE("a permit moves to the property that has its address now") {
    SmallCity city;
    city.import();
    CHECK(permit_at(city, "B-2") == parcel("1-2"));
    city.write_data("parcels.csv",
                    with(parcels_csv, "12 Main St", "16 Main St") + "1-4,12 Main St,42.34,-71.14,House\n");
    const auto report = city.import();
    CHECK(dataset(report, "permits").relinked == 1);
    CHECK(permit_at(city, "B-2") == parcel("1-4"));
    CHECK(dataset(report, "permits").linked_by_method.at("address") == 1);
}

TEST_CASE("links that were lost with a property come back with it, though the file is away") {
    SmallCity city;
    city.edit_mapping("assessing.toml", "mode = \"full\"", "mode = \"full\"\ndelete_limit = 0.5");
    city.edit_mapping("lpi.toml", "mode = \"full\"", "mode = \"full\"\noptional = true");
    city.import();
    std::filesystem::remove(city.data_dir() / "permits.csv");
    city.write_data("parcels.csv", with(parcels_csv, "1-1,10 Main St,42.31,-71.11,House\n", ""));
    city.import();
    CHECK(permit_at(city, "B-1") == 0);
    city.write_data("parcels.csv", parcels_csv);
    city.import();
    CHECK(permit_at(city, "B-1") == parcel("1-1"));
    city.write_data("permits.csv", permits_csv);
    CHECK(city.import().feed_changes() == 0);
}

TEST_CASE("records of a data set of changes move, too, when they are not in today's file") {
    SmallCity city;
    city.edit_mapping("lpi.toml", "mode = \"full\"", "mode = \"changes\"");
    city.import();
    city.write_data("permits.csv", "number,type,parcel,address,issued,cost,applicant\n");
    city.write_data("parcels.csv", with(parcels_csv, "12 Main St", "16 Main St"));
    city.import();
    CHECK(permit_at(city, "B-1") == parcel("1-1"));
    CHECK(permit_at(city, "B-2") == 0);
    city.write_data("parcels.csv", parcels_csv);
    city.import();
    CHECK(permit_at(city, "B-2") == parcel("1-2"));
}

TEST_CASE("records that would find their property through each other are refused before anything is read") {
    SmallCity city;
    city.edit_mapping("lpi.toml", "[dataset.link]",
                      "[dataset.link]\nrecord = { kind = \"permit\", key = \"type\" }");
    const auto report = city.try_import();
    REQUIRE_FALSE(report);
    CHECK(report.error().code == ErrorCode::invalid_argument);
    INFO(report.error().message);
    CHECK(report.error().message.find("dataset 'permits'") != std::string::npos);
    CHECK(content(city.store()).empty());
}

TEST_CASE("links that an import which was killed left undecided are decided by the next") {
    std::string permits = "number,type,parcel,address,issued,cost,applicant\n";
    for (int i = 1; i <= 4'000; ++i) {
        permits +=
            "B-" + std::to_string(i) + ",Roof,," + std::to_string(10 + i % 3 * 2) + " Main St,,5,Ada\n";
    }
    const auto moved =
        with(with(parcels_csv, "1-1,10 Main St", "1-1,12 Main St"), "1-2,12 Main St", "1-2,10 Main St");
    SmallCity city;
    city.write_data("permits.csv", permits);
    city.import();
    city.write_data("parcels.csv", moved);
    SmallCity fresh;
    fresh.write_data("permits.csv", permits);
    fresh.write_data("parcels.csv", moved);
    fresh.import();

    int kills = 0;
    for (int commits = 0; import_killed_after(city, commits, 500); ++commits) ++kills;
    CHECK(kills > 2);
    CHECK(content(city.store()) == content(fresh.store()));
    CHECK(city.import().feed_changes() == 0);
}

TEST_CASE("what an import leaves does not depend on what was imported before") {
    const auto seed = GENERATE(range(1U, 25U));
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const auto below = [&](unsigned limit) {
        return std::uniform_int_distribution<unsigned>(0, limit - 1)(random);
    };
    const auto one_of = [&](std::initializer_list<const char*> words) {
        return std::string(*(words.begin() + below(static_cast<unsigned>(words.size()))));
    };
    const bool learns = seed % 2 == 0;
    const auto prepare = [&](SmallCity& city) {
        add_inspections(city);
        city.edit_mapping("lpi.toml", "number\"\ndelete_limit = 0.4",
                          "number\"\ndelete_limit = 1\noptional = true");
        city.edit_mapping("assessing.toml", "mode = \"full\"", "mode = \"full\"\ndelete_limit = 1");
        if (learns)
            city.edit_mapping("lpi.toml", "parcel = \"parcel\"", "parcel = \"parcel\"\nlearn_parcels = true");
    };
    const auto write_day = [&](SmallCity& city) {
        std::string parcels = "parcel,address,lat,lon,use\n1-0,2 Main St,42.3,-71.1,House\n";
        for (int i = 1; i <= 4; ++i) {
            if (below(5) == 0) continue;
            parcels += "1-" + std::to_string(i) + "," + one_of({"10", "12", "14", "16"}) +
                       " Main St,42.31,-71.11,House\n";
        }
        std::string permits = "number,type,parcel,address,issued,cost,applicant\nB-0,Roof,1-0,,,,\n";
        for (int i = 1; i <= 6; ++i) {
            if (below(6) == 0) continue;
            permits += "B-" + std::to_string(i) + ",Roof," + one_of({"", "1-1", "1-3", "S-1", "S-2"}) + "," +
                       one_of({"", "10 Main St", "12 MAIN STREET", "14 Main St", "99 Nowhere Rd"}) + ",,,\n";
        }
        std::string inspections = "id,type,permit,address\nI-0,Final,B-0,\n";
        for (int i = 1; i <= 4; ++i) {
            inspections += "I-" + std::to_string(i) + ",Final,B-" + std::to_string(1 + below(6)) + "," +
                           one_of({"", "14 Main St"}) + "\n";
        }
        city.write_data("parcels.csv", parcels);
        city.write_data("permits.csv", permits);
        city.write_data("inspections.csv", inspections);
    };
    SmallCity city;
    prepare(city);
    for (int day = 0; day < 5; ++day) {
        write_day(city);
        if (day < 4 && below(3) == 0) std::filesystem::remove(city.data_dir() / "permits.csv");
        city.import();
    }
    SmallCity fresh;
    prepare(fresh);
    for (const char* file : {"parcels.csv", "permits.csv", "inspections.csv"}) {
        std::filesystem::copy_file(city.data_dir() / file, fresh.data_dir() / file,
                                   std::filesystem::copy_options::overwrite_existing);
    }
    fresh.import();
    CHECK(content(city.store()) == content(fresh.store()));
    CHECK(city.import().feed_changes() == 0);
}
