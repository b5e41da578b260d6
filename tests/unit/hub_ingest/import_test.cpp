#include "daemon/hub/ingest/import.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "daemon/hub/store/catalog.hpp"
#include "daemon/hub/store/feeds.hpp"
#include "daemon/hub/store/records.hpp"
#include "tests/unit/hub_ingest/small_city.hpp"

using namespace fieldpost;
using hub::DatasetState;
using hub::testing::content;
using hub::testing::dataset;
using hub::testing::import_killed_after;
using hub::testing::parcels_csv;
using hub::testing::permits_csv;
using hub::testing::SmallCity;

namespace {

records::RecordId parcel(const std::string& key) {
    return records::record_id(records::PROPERTY, "assessing", key);
}
records::RecordId permit(const std::string& key) {
    return records::record_id(records::PERMIT, "lpi", key);
}

std::string with(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

std::int64_t rows_of(hub::Store& store, records::Kind kind) {
    SQLite::Statement count(store.database(), "SELECT count(*) FROM record WHERE kind = ?");
    count.bind(1, static_cast<int>(kind));
    count.executeStep();
    return count.getColumn(0).getInt64();
}

}  // namespace

TEST_CASE("an import brings records with their fields, links and labels") {
    SmallCity city;
    const auto report = city.import();
    CHECK(report.complete());
    CHECK(dataset(report, "parcels").inserted == 3);
    const auto& permits = dataset(report, "permits");
    CHECK(permits.rows_read == 3);
    CHECK(permits.accepted == 3);
    CHECK(permits.linked_by_method.at("parcel") == 1);
    CHECK(permits.linked_by_method.at("address") == 1);
    CHECK(permits.linked_by_method.at("none") == 1);
    CHECK(permits.feed_changes == 6);  // a public and an internal layer each

    hub::Records records(city.store());
    auto message = records.message(permit("B-1"));
    REQUIRE(message);
    REQUIRE(*message);
    const auto& seen = static_cast<const records::Permit&>(**message);
    CHECK(seen.issued_on() == "2024-01-02");
    CHECK(seen.project_cost_usd() == 1500);
    CHECK(records.head(permit("B-1"))->value().property == parcel("1-1"));
    CHECK(records.head(permit("B-2"))->value().property == parcel("1-2"));
    CHECK(records.head(permit("B-3"))->value().property == 0);
    CHECK(hub::Catalog(city.store()).city()->name == "Smallville");
    hub::Profile all{"all", "", {"city"}, {{records::RESTRICTED, "general"}}};
    CHECK(hub::Catalog(city.store()).sources_of(all)->size() == 2);
}

TEST_CASE("importing the same files again changes nothing") {
    SmallCity city;
    city.import();
    const auto before = content(city.store());
    const auto again = city.import({}, 1'800'000'000);
    CHECK(again.feed_changes() == 0);
    CHECK(dataset(again, "permits").unchanged == 3);
    CHECK(dataset(again, "permits").linked_by_method.at("parcel") == 1);
    CHECK(content(city.store()) == before);
}

TEST_CASE("one changed cell is one feed change in its own layer") {
    SmallCity city;
    city.import();
    city.write_data("permits.csv", with(permits_csv, "Roof,1-1", "Wall,1-1"));
    auto report = city.import();
    CHECK(report.feed_changes() == 1);
    CHECK(dataset(report, "permits").updated == 1);
    city.write_data("permits.csv", with(with(permits_csv, "Roof,1-1", "Wall,1-1"), "Cleo", "Dora"));
    CHECK(city.import().feed_changes() == 1);  // the applicant is internal
    city.write_data("parcels.csv", with(parcels_csv, "Shop", "Bank"));
    CHECK(city.import().feed_changes() == 1);
}

TEST_CASE("a changed column that no rule reads changes nothing that devices see") {
    SmallCity city;
    city.write_data("permits.csv",
                    "number,type,parcel,address,issued,cost,applicant,clerk\nB-1,Roof,1-1,,,,,Tom\n");
    city.import();
    city.write_data("permits.csv",
                    "number,type,parcel,address,issued,cost,applicant,clerk\nB-1,Roof,1-1,,,,,Tim\n");
    CHECK(city.import().feed_changes() == 0);
}

TEST_CASE("bad rows are quarantined with file, line and reason, and the rest goes in") {
    SmallCity city;
    city.write_data("permits.csv", std::string(permits_csv) +
                                       "B-4,Roof,1-1,,31/02/2O24,1,x\n"
                                       ",Roof,1-1,,2024-01-01,1,x\n"
                                       "B-5,Roof\n"
                                       "B-6,Roof,1-1,,2024-01-01,lots,x\n"
                                       "B-7,Ro\xe9"
                                       "f,1-1,,2024-01-01,1,x\n"
                                       "B-1,Other,1-1,,2024-01-01,1,x\n"
                                       "B-1,Roof,1-1,,2024-01-02,\"$1,500.00\",Ada\n"
                                       "B-8,Roof,1-1,,2024-01-01,1,\"two\nlines\"\n"
                                       "B-9,Roof,1-1,,2024-01-01,1,x,y\n");
    city.write_data(
        "parcels.csv",
        std::string(parcels_csv) +
            "1-4,16 Main St,-71.11,42.31,House\n1-5,18 Main St,10,10,House\n1-6,,42.31,-71.1,House\n");
    const auto report = city.import();
    CHECK(report.complete());
    const auto& permits = dataset(report, "permits");
    CHECK(permits.accepted == 4);
    CHECK(permits.repeated == 1);
    CHECK(permits.quarantined == 7);
    CHECK(permits.rows_read == permits.accepted + permits.quarantined + permits.repeated);
    for (const char* reason : {"unparseable_date", "missing_key", "too_few_columns", "not_a_number",
                               "invalid_utf8", "duplicate_key", "too_many_columns"}) {
        INFO(reason);
        CHECK(permits.quarantined_by_reason.contains(reason));
    }
    const auto& parcels = dataset(report, "parcels");
    CHECK(parcels.quarantined_by_reason.at("swapped_lat_lon") == 1);
    CHECK(parcels.quarantined_by_reason.at("outside_city") == 1);
    CHECK(parcels.quarantined_by_reason.at("missing_value") == 1);

    const auto rows = city.quarantine("permits");
    const auto dated = std::ranges::find(rows, "unparseable_date", &hub::QuarantinedRow::reason);
    REQUIRE(dated != rows.end());
    CHECK(dated->file == "permits.csv");
    CHECK(dated->line == 5);
    CHECK(dated->key == "B-4");
    CHECK(dated->detail.find("31/02/2O24") != std::string::npos);
    CHECK(dated->raw == "B-4,Roof,1-1,,31/02/2O24,1,x");
    const auto last = std::ranges::find(rows, "too_many_columns", &hub::QuarantinedRow::reason);
    CHECK(last->line == 14);  // behind a row of two lines

    CHECK(city.import().feed_changes() == 0);
    CHECK(city.quarantine("permits").size() == 7);
}

TEST_CASE("a row that is too large for the vehicles is quarantined, and the rest goes in") {
    SmallCity city;
    const std::string huge(300'000, 'x');
    city.write_data("permits.csv", std::string(permits_csv) + "B-4," + huge + ",1-3,,2024-07-08,5,Dora\n" +
                                       "B-5,Sign,1-3,,2024-07-08,5,Emil\n");
    const auto report = city.import();
    CHECK(dataset(report, "permits").quarantined_by_reason.at("too_large") == 1);
    CHECK(dataset(report, "permits").inserted == 4);
    const auto refused = city.quarantine("permits");
    REQUIRE(refused.size() == 1);
    CHECK(refused[0].file == "permits.csv");
    CHECK(refused[0].line == 5);
    CHECK(refused[0].key == "B-4");
}

TEST_CASE("a mapping can keep a row whose value is bad, and mend exchanged coordinates") {
    SmallCity city;
    city.edit_mapping("lpi.toml", "issued_on = \"issued\"",
                      "issued_on = { column = \"issued\", on_error = \"drop\" }");
    city.edit_mapping("assessing.toml", "lon = \"lon\" }", "lon = \"lon\", swapped = \"repair\" }");
    city.write_data("permits.csv", with(permits_csv, "2024-01-02", "TBD"));
    city.write_data("parcels.csv", with(parcels_csv, "42.31,-71.11", "-71.11,42.31"));
    const auto report = city.import();
    CHECK(dataset(report, "permits").accepted == 3);
    CHECK(dataset(report, "permits").notes.at("dropped issued_on") == 1);
    CHECK(dataset(report, "parcels").accepted == 3);
    CHECK(dataset(report, "parcels").notes.at("repaired position") == 1);
    auto message = hub::Records(city.store()).message(parcel("1-1"));
    CHECK(static_cast<const records::Property&>(**message).position().lat_e7() == 423100000);
}

TEST_CASE("a full data set deletes what is gone, and one of changes does not") {
    SmallCity city;
    city.import();
    city.write_data("permits.csv", with(permits_csv, "B-3,Sign,9-9,99 Nowhere Rd,2024-05-06,0,Cleo\n", ""));
    const auto report = city.import();
    CHECK(dataset(report, "permits").deleted == 1);
    CHECK(report.feed_changes() == 2);
    CHECK(hub::Records(city.store()).head(permit("B-3"))->value().deleted);

    city.edit_mapping("lpi.toml", "mode = \"full\"", "mode = \"changes\"");
    city.write_data("permits.csv", "number,type,parcel,address,issued,cost,applicant\n");
    CHECK(city.import().feed_changes() == 0);
    CHECK_FALSE(hub::Records(city.store()).head(permit("B-1"))->value().deleted);
}

TEST_CASE(
    "a deletion beyond the limit stops before anything of the data set is changed, until a person allows "
    "it") {
    SmallCity city;
    city.import();
    const auto before = content(city.store());
    const std::string one_left = "number,type,parcel,address,issued,cost,applicant\nB-1,Changed,1-1,,,,\n";
    city.write_data("permits.csv", one_left);
    const auto stopped = city.import();
    CHECK_FALSE(stopped.complete());
    const auto& permits = dataset(stopped, "permits");
    CHECK(permits.state == DatasetState::stopped);
    CHECK(permits.would_delete == 2);
    CHECK(permits.message.find("--allow-deletes lpi/permits") != std::string::npos);
    CHECK(content(city.store()) == before);

    const auto allowed = city.import({"lpi/permits"});
    CHECK(allowed.complete());
    CHECK(dataset(allowed, "permits").deleted == 2);
    CHECK(dataset(allowed, "permits").updated == 1);
}

TEST_CASE("a file without a row deletes nothing by itself") {
    SmallCity city;
    city.edit_mapping("lpi.toml", "delete_limit = 0.4", "delete_limit = 1");
    city.import();
    city.write_data("permits.csv", "number,type,parcel,address,issued,cost,applicant\n");
    CHECK(dataset(city.import(), "permits").state == DatasetState::stopped);
}

TEST_CASE("a refused row protects its record from deletion and leaves it as it was") {
    SmallCity city;
    city.import();
    city.write_data("permits.csv", with(permits_csv, "2024-01-02", "TBD"));
    const auto report = city.import();
    CHECK(report.feed_changes() == 0);
    CHECK(dataset(report, "permits").deleted == 0);
    CHECK(dataset(report, "permits").quarantined == 1);
    city.write_data("permits.csv",
                    with(permits_csv, "B-1,Roof,1-1,,2024-01-02,\"$1,500.00\",Ada", "B-1,Roof"));
    CHECK(dataset(city.import(), "permits").deleted == 0);
    city.write_data("permits.csv", permits_csv);
    CHECK(city.import().feed_changes() == 0);
}

TEST_CASE("when a property goes, what stood there is unlinked, and linked again when it comes back") {
    SmallCity city;
    city.edit_mapping("assessing.toml", "mode = \"full\"", "mode = \"full\"\ndelete_limit = 0.5");
    city.import();
    city.write_data("parcels.csv", with(parcels_csv, "1-1,10 Main St,42.31,-71.11,House\n", ""));
    auto report = city.import();
    CHECK(dataset(report, "parcels").deleted == 1);
    CHECK(hub::Records(city.store()).head(permit("B-1"))->value().property == 0);
    city.write_data("parcels.csv", parcels_csv);
    report = city.import();
    CHECK(dataset(report, "parcels").inserted == 1);
    CHECK(dataset(report, "permits").relinked == 1);
    CHECK(hub::Records(city.store()).head(permit("B-1"))->value().property == parcel("1-1"));
    CHECK(city.import().feed_changes() == 0);
}

TEST_CASE("a new property takes up records that had none") {
    SmallCity city;
    city.import();
    city.write_data("parcels.csv", std::string(parcels_csv) + "9-9,99 Nowhere Rd,42.3,-71.1,Farm\n");
    const auto report = city.import();
    CHECK(dataset(report, "permits").relinked == 1);
    CHECK(hub::Records(city.store()).head(permit("B-3"))->value().property == parcel("9-9"));
}

TEST_CASE("a changed mapping is applied to rows that did not change") {
    SmallCity city;
    city.import();
    city.edit_mapping("lpi.toml", "[dataset.link]",
                      "[dataset.labels]\napplicant = \"confidential/general\"\n[dataset.link]");
    const auto report = city.import();
    CHECK(report.feed_changes() == 6);  // three removes, three puts
    const auto purged = hub::Feeds(city.store()).purged().value();
    REQUIRE(purged.size() == 1);
    CHECK(purged.begin()->first.layer == records::LayerKey{records::INTERNAL, "general"});
    CHECK(dataset(report, "permits").updated == 3);
}

TEST_CASE("a column that is not there fails its data set with the columns there are, and the rest goes in") {
    SmallCity city;
    city.edit_mapping("lpi.toml", "type = \"type\"", "type = \"Typ\"");
    const auto report = city.import();
    CHECK_FALSE(report.complete());
    CHECK(dataset(report, "parcels").accepted == 3);
    const auto& permits = dataset(report, "permits");
    CHECK(permits.state == DatasetState::failed);
    INFO(permits.message);
    CHECK(permits.message.find("lpi.toml:17: permits.csv has no column 'Typ'; it has 'number', 'type'") !=
          std::string::npos);
}

TEST_CASE("a missing file fails its data set unless it is optional") {
    SmallCity city;
    std::filesystem::remove(city.data_dir() / "permits.csv");
    CHECK(dataset(city.import(), "permits").state == DatasetState::failed);
    city.edit_mapping("lpi.toml", "mode = \"full\"", "mode = \"full\"\noptional = true");
    const auto report = city.import();
    CHECK(dataset(report, "permits").state == DatasetState::missing);
    CHECK(report.complete());
}

TEST_CASE("wrong mapping files stop the import before the store is touched") {
    SmallCity city;
    city.edit_mapping("lpi.toml", "kind = \"permit\"", "kind = \"nonsense\"");
    const auto report = city.try_import();
    REQUIRE_FALSE(report);
    CHECK(report.error().code == ErrorCode::invalid_argument);
    CHECK(content(city.store()).empty());
}

TEST_CASE("an import that mistypes a profile which vehicles have is refused before the store is touched") {
    SmallCity city;
    city.import();
    const auto before = content(city.store());
    city.store().database().exec(
        "INSERT INTO device (device, public_key, profile, added_at) VALUES ('car-7', x'00', 'inspector', 1)");
    city.edit_mapping("city.toml", "profiles.inspector", "profiles.inspectr");
    city.write_data("permits.csv", with(permits_csv, "Ada", "Eve"));
    const auto refused = city.try_import();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::conflict);
    CHECK(refused.error().message.find("--drop-profile inspector") != std::string::npos);
    CHECK(hub::Catalog(city.store()).profile("inspector"));
    CHECK(content(city.store()) == before);
    CHECK(city.try_import({}, 1'700'000'000, {"inspector"}));
    CHECK_FALSE(hub::Catalog(city.store()).profile("inspector"));
}

TEST_CASE("rows without a number are told apart by their content and by counting") {
    SmallCity city;
    city.edit_mapping("lpi.toml", "key = \"number\"", "key = \"@content\"");
    city.write_data("permits.csv", std::string(permits_csv) + "B-1,Roof,1-1,,2024-01-02,\"$1,500.00\",Ada\n");
    const auto report = city.import();
    CHECK(dataset(report, "permits").inserted == 4);
    CHECK(city.import().feed_changes() == 0);
}

TEST_CASE("joined rows give fields, and a change of theirs is a change of the record") {
    SmallCity city;
    city.edit_mapping("assessing.toml", "[dataset.fields]", R"([[dataset.join]]
name = "name"
file = "names.csv"
here = "parcel"
there = "lot"
ignore = "-"
where = [{ column = "kind", is_not = "old" }]
[dataset.fields]
place_name = "name.title"
aliases = [{ column = "name.address", each = "name" }])");
    city.write_data(
        "names.csv",
        "lot,title,address,kind\n11,Town Hall,1 Town Sq,new\n11,,2 Town Sq,new\n11,Gone,3 Town Sq,old\n");
    city.import();
    auto message = hub::Records(city.store()).message(parcel("1-1"));
    const auto& property = static_cast<const records::Property&>(**message);
    CHECK(property.place_name() == "Town Hall");
    CHECK(property.aliases_size() == 2);
    // Another order is no change; another name is one.
    city.write_data(
        "names.csv",
        "lot,title,address,kind\n11,Town Hall,1 Town Sq,new\n11,Gone,3 Town Sq,old\n11,,2 Town Sq,new\n");
    CHECK(city.import().feed_changes() == 0);
    city.write_data("names.csv", "lot,title,address,kind\n11,City Hall,1 Town Sq,new\n11,,2 Town Sq,new\n");
    CHECK(city.import().feed_changes() == 1);
}

TEST_CASE("the report is text for people and JSON for programs, and the store keeps the last") {
    SmallCity city;
    const auto report = city.import();
    CHECK(report.to_text().find("lpi/permits") != std::string::npos);
    const auto json = boost::json::parse(report.to_json());
    CHECK(json.at("complete").as_bool());
    CHECK(json.at("datasets").as_array().size() == 2);
    CHECK(json.at("datasets").at(1).at("linked_by_method").at("parcel").as_int64() == 1);
    auto kept = hub::Imports(city.store()).last_report();
    REQUIRE(kept);
    CHECK(boost::json::parse(*kept) == json);
}

TEST_CASE("an import that is killed at any point is completed by the next") {
    SmallCity city;
    std::string many_parcels = "parcel,address,lat,lon,use\n";
    std::string many_permits = "number,type,parcel,address,issued,cost,applicant\n";
    for (int i = 1; i <= 2'000; ++i) {
        const auto n = std::to_string(i);
        many_parcels += n + "," + n + " Main St,42.31,-71.11,House\n";
        for (const char* part : {"a", "b"}) many_permits += n + part + ",Roof," + n + ",,2024-01-02,5,Ada\n";
    }
    SmallCity whole;
    for (const auto* one : {&city, &whole}) {
        one->write_data("parcels.csv", many_parcels);
        one->write_data("permits.csv", many_permits);
    }
    whole.import();
    const auto expected = content(whole.store());

    // Each run is killed in the midst of what follows more commits than the run before got.
    bool within_permits = false;
    bool killed = true;
    for (int commits = 0; killed; commits += 1 + commits / 10) {
        killed = import_killed_after(city, commits, 300);
        const auto permits = rows_of(city.store(), records::PERMIT);
        within_permits |= permits > 0 && permits < 4'000;
    }
    REQUIRE_FALSE(killed);
    CHECK(within_permits);
    const auto last = city.import();
    CHECK(dataset(last, "parcels").unchanged == 2'000);
    CHECK(dataset(last, "permits").unchanged == 4'000);
    CHECK(content(city.store()) == expected);
    CHECK(city.import().feed_changes() == 0);
}
