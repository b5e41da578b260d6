#include "tools/fieldpost/format.hpp"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

#include "tools/fieldpost/table.hpp"
#include "tools/fieldpost/words.hpp"

using namespace fieldpost::cli;
using boost::json::parse;

TEST_CASE("figures are written as a person reads them") {
    CHECK(grouped(0) == "0");
    CHECK(grouped(999) == "999");
    CHECK(grouped(1000) == "1,000");
    CHECK(grouped(-1234567) == "-1,234,567");
    CHECK(duration(0) == "0 s");
    CHECK(duration(89) == "89 s");
    CHECK(duration(240) == "4 min");
    CHECK(duration(7200) == "2 h");
    CHECK(duration(864000) == "10 days");
    CHECK(direction(0) == "N");
    CHECK(direction(359) == "N");
    CHECK(direction(-90) == "W");
    CHECK(direction(135) == "SE");
    CHECK(bytes(999) == "999 B");
    CHECK(bytes(1'234'567) == "1.2 MB");
    CHECK(time("2026-03-01T12:00:00.123456Z") == "2026-03-01 12:00:00 UTC");
    CHECK(time("yesterday") == "yesterday");
    CHECK(plain_number(3) == "3");
    CHECK(plain_number(2.50) == "2.5");
}

TEST_CASE("columns line up by what a terminal shows, and empty ones are left out") {
    Table table({"NAME", ">COUNT", "EMPTY", "NOTE"});
    table.add({"Caf\xc3\xa9", "7", "", "x"});
    table.add({"a", "1,000", "", ""});
    CHECK(table.text() ==
          "NAME  COUNT  NOTE\n"
          "Caf\xc3\xa9      7  x\n"
          "a     1,000\n");
    CHECK(Table({"A"}).text().empty());
}

TEST_CASE("what could steer a terminal is shown as spaces") {
    CHECK(printable("a\x1b[31mb\nc\x7f\xc2\x9b"
                    "d\xc3\xa9") == "a [31mb c  d\xc3\xa9");
    const std::string shown = format_search(parse(
        R"({"query":"x","results":[{"id":"0000000000001","kind":"permit","title":"a\u001b]0;evil\u0007b","subtitle":"",
            "match":"number","why":"","score":1,"property":null,"position":null}],"suggestions":[]})"));
    CHECK(shown.find('\x1b') == std::string::npos);
}

TEST_CASE("search results are a table of what to open, suggestions follow") {
    const auto answer = parse(R"({"query":"12 main","took_us":90,"results":[
        {"id":"0000000000001","kind":"property","title":"12 Main St","subtitle":"Riverside","match":"address","why":"exact",
         "score":1,"property":"0000000000001","position":null},
        {"id":"0000000000002","kind":"service_request","title":"Pothole","subtitle":"120 Main St","match":"address",
         "why":"","score":0.5,"property":"0000000000003","position":null}],
        "suggestions":["12 Maine Ave",{"text":"14 Main St","why":"nearest number"}]})");
    CHECK(format_search(answer) ==
          "ID             KIND             WHAT        WHERE        FOUND BY\n"
          "0000000000001  property         12 Main St  Riverside    address: exact\n"
          "0000000000003  service request  Pothole     120 Main St  address\n"
          "\n"
          "perhaps you meant:\n"
          "  12 Maine Ave\n"
          "  14 Main St (nearest number)\n");
    CHECK(format_search(parse(R"({"query":"zz","results":[],"suggestions":[]})")) ==
          "nothing found for \"zz\"\n");
}

TEST_CASE("a property is shown section by section, with source, age, link and state of each record") {
    const auto view = parse(R"({"id":"0000000000001","title":"12 Main St","address":"12 Main St",
        "position":{"lat":42.3701234,"lon":-71.1},"truncated":true,"sections":[
        {"kind":"property","title":"Property","records":[{"id":"0000000000001","kind":"property","title":"12 Main St",
          "summary":"","source":{"id":"assessor","title":"Assessor"},"as_of":"2026-01-02","version":3,
          "link":{"method":"self","confidence":1},"state":"current","fields":[
            {"name":"year_built","label":"Year built","value":1890,"classification":"public","compartment":"general"},
            {"name":"needs","label":"Needs","value":["oxygen","stairs"],"classification":"restricted","compartment":"health"}]}]},
        {"kind":"permit","title":"Permits","records":[{"id":"0000000000004","kind":"permit","title":"B-7","summary":"Roof",
          "source":{"id":"lpi","title":"Permits"},"as_of":null,"version":1,"link":{"method":"address","confidence":0.95},
          "state":"pending","fields":[
            {"name":"fee_cents","label":"Fee","value":12550,"classification":"public","compartment":"general"},
            {"name":"more","label":"More","value":{"Final":true},"classification":"public","compartment":"general"}]}]}]})");
    CHECK(format_property(view, {}) ==
          "12 Main St\n"
          "0000000000001  42.37012, -71.10000\n"
          "\n"
          "Property (1)\n"
          "  12 Main St\n"
          "      Assessor, as of 2026-01-02\n"
          "      Year built  1890\n"
          "      Needs       oxygen, stairs  [restricted, health]\n"
          "\n"
          "Permits (1)\n"
          "  B-7 - Roof\n"
          "      Permits, linked by address (95 %), pending\n"
          "\n"
          "This property has more records than are shown.\n");
    const std::string permits = format_property(view, {"permit", true});
    CHECK(permits.find("Year built") == std::string::npos);
    CHECK(permits.find("      More  Final yes\n") != std::string::npos);
    CHECK(permits.find("      Fee   $125.50\n") != std::string::npos);
    CHECK(format_property(view, {"hazard", false}).find("no records of kind hazard") != std::string::npos);
}

TEST_CASE("what is near is a table with distance and direction") {
    CHECK(format_near(parse(R"({"kind":"hydrant","from":{"lat":1,"lon":1,"what":"position"},"results":[
        {"id":"0000000000001","title":"Hydrant H-12","kind":"asset","class":"hydrant","status":"in_service","distance_m":44.6,
         "bearing_deg":45,"position":{"lat":1,"lon":1},"flow_gpm":1250,"color":"AA blue","last_inspected":"2025-06-01"},
        {"id":"0000000000002","title":"Hydrant H-9","kind":"asset","class":"hydrant","status":"out","distance_m":1320,
         "bearing_deg":180,"position":{"lat":1,"lon":1},"flow_gpm":null,"color":null,"last_inspected":null}]})")) ==
          "DISTANCE  TO  WHAT          STATUS          FLOW  COLOUR   INSPECTED   ID\n"
          "  150 ft  NE  Hydrant H-12  in service  1250 gpm  AA blue  2025-06-01  0000000000001\n"
          "  0.8 mi  S   Hydrant H-9   out                                        0000000000002\n"
          "Distances are in a straight line.\n");
    CHECK(format_near(parse(R"({"kind":"street_light","results":[]})")) ==
          "no street light is known near there\n");
}

TEST_CASE("the status tells what is on board, what waits and what a person should know") {
    const auto status =
        parse(R"({"device":"truck-7","city":"Sampleton","version":"0.1.0","started_at":"2026-03-01T11:00:00Z",
        "ready":true,"data":{"generation":3,"as_of":"2026-03-01T00:00:00Z","properties":50000,"records":251000,
        "feeds":[{"id":"city/public/general","cursor":10,"head":25},{"id":"city/internal/fire","cursor":4,"head":4}],
        "state":"catching_up","fetch":null},"journal":{"lanes":[{"lane":"urgent","waiting":0,"oldest_unsent_s":null},
        {"lane":"work","waiting":2000,"oldest_unsent_s":240}],"epoch":"1","bytes":1234567,"saved":true},
        "link":{"state":"offline","since":"2026-03-01T11:30:00Z","broker":"127.0.0.1:1883","hub":"unknown"},
        "position":{"fix":"3d","lat":42.37,"lon":-71.1,"accuracy_m":3,"satellites":9,"age_s":1},
        "time":{"utc":"2026-03-01T12:00:00.125000Z","quality":"gnss","boot_id":"b","boottime_s":9},
        "parts":[{"name":"gnss","state":"ok","detail":""}],"storage":{"free_bytes":12300000000},
        "safe_to_switch_off":true,"messages":["2000 records wait for the hub."]})");
    CHECK(format_status(status) ==
          "truck-7, Sampleton\n"
          "\n"
          "City data    catching up, 50,000 properties, 251,000 records, as of 2026-03-01 00:00:00 UTC\n"
          "             1 of 2 feeds behind, 15 changes to come\n"
          "Journal      waiting for the hub: urgent 0, work 2,000 (oldest 4 min); 1.2 MB on disk\n"
          "Link         offline, broker 127.0.0.1:1883, hub unknown, since 2026-03-01 11:30:00 UTC\n"
          "Position     42.37000, -71.10000, 3d fix, within 10 ft, 9 satellites, 1 s old\n"
          "Time         2026-03-01 12:00:00 UTC (gnss)\n"
          "Parts        gnss ok\n"
          "Disk         12.3 GB free\n"
          "Program      version 0.1.0, running since 2026-03-01 11:00:00 UTC\n"
          "Switch off   safe\n"
          "\n"
          "! 2000 records wait for the hub.\n");
}

TEST_CASE("answers of another version, with members missing, are shown without harm") {
    const auto empty = parse("{}");
    CHECK_FALSE(format_status(empty).empty());
    CHECK_FALSE(format_search(empty).empty());
    CHECK_FALSE(format_property(empty, {}).empty());
    CHECK_FALSE(format_near(empty).empty());
    CHECK_FALSE(format_saved(parse("[]")).empty());
}
