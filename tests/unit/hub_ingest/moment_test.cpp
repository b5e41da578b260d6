#include "daemon/hub/ingest/moment.hpp"

#include <catch2/catch.hpp>

using namespace fieldpost;
using namespace fieldpost::hub;

namespace {

TimeZone eastern() {
    return *TimeZone::parse("EST-05EDT,M3.2.0,M11.1.0");
}

std::string date_of(std::string_view text, DateFormat format = DateFormat::detect) {
    const auto moment = parse_moment(text, format);
    return moment ? moment->date(eastern()) : "none";
}

std::string instant_of(std::string_view text, DateFormat format = DateFormat::detect) {
    const auto moment = parse_moment(text, format);
    return moment ? format_rfc3339(moment->utc(eastern()) * 1'000'000) : "none";
}

}  // namespace

TEST_CASE("dates are read in the ways of the sources") {
    CHECK(date_of("2026-03-01") == "2026-03-01");
    CHECK(date_of("2026/3/1") == "2026-03-01");
    CHECK(date_of("10/18/2012") == "2012-10-18");
    CHECK(date_of("7/5/2005") == "2005-07-05");
    CHECK(date_of("20050216") == "2005-02-16");
    CHECK(date_of("18.10.2012", DateFormat::day_first) == "2012-10-18");
    CHECK(date_of("1754517141000", DateFormat::epoch_milliseconds) == "2025-08-06");
    CHECK(date_of("-3029529600000", DateFormat::epoch_milliseconds) == "1873-12-30");  // evening in the city
}

TEST_CASE("a date with a time and an offset is the day in the city") {
    CHECK(date_of("2023/09/12 04:00:00+00") == "2023-09-12");  // midnight of summer time
    CHECK(date_of("2022/01/03 05:00:00+00") == "2022-01-03");  // midnight of standard time
    CHECK(date_of("2022/01/03 04:59:59+00") == "2022-01-02");
}

TEST_CASE("what is no date is none") {
    for (const char* text :
         {"", "TBD", "0000-00-00", "31/02/2O24", "13-Foo-2020", "2024-02-30", "13/13/2024", "2024", "2024-1",
          "12/31/24", "2024-01-02x", "2024-01-02 25:00", "1699-01-01", "99999999"}) {
        INFO(text);
        CHECK(date_of(text) == "none");
    }
}

TEST_CASE("local times become instants by the city's clock") {
    CHECK(instant_of("4/12/2016 7:54") == "2016-04-12T11:54:00Z");
    CHECK(instant_of("1/12/2016 7:54 PM") == "2016-01-13T00:54:00Z");
    CHECK(instant_of("1/12/2016 12:05 AM") == "2016-01-12T05:05:00Z");
    CHECK(instant_of("2024-07-06T08:09:55-06:00") == "2024-07-06T14:09:55Z");
    CHECK(instant_of("2018-01-15 00:00:00.000") == "2018-01-15T05:00:00Z");
    CHECK(instant_of("2026-03-01") == "2026-03-01T00:00:00Z");  // a date alone reads the same everywhere
}

TEST_CASE("the hours of the clock change are settled") {
    CHECK(instant_of("2024-03-10 01:59") == "2024-03-10T06:59:00Z");
    CHECK(instant_of("2024-03-10 03:00") == "2024-03-10T07:00:00Z");
    CHECK(instant_of("2024-11-03 01:30") == "2024-11-03T05:30:00Z");  // twice: the first
    CHECK(instant_of("2024-11-03 02:00") == "2024-11-03T07:00:00Z");
    const auto zone = eastern();
    for (const auto utc : {1710054000, 1710053999, 1730609999, 1730610000, 1730613600, 1720000000}) {
        const auto wall = zone.to_wall(utc);
        CHECK((zone.to_utc(wall) == utc || zone.to_utc(wall) == utc - 3600));
    }
}

TEST_CASE("a zone without summer time is an offset, and nonsense is refused") {
    auto fixed = TimeZone::parse("CST-06");
    REQUIRE(fixed);
    CHECK(fixed->to_utc(0) == 6 * 3600);
    CHECK(TimeZone::parse("")->to_utc(5) == 5);
    CHECK_FALSE(TimeZone::parse("America/New_York"));
}
