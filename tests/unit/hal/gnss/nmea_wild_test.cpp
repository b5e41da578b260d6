// Whole streams as receivers of many makes and moods send them.
#include <catch2/catch.hpp>

#include "sync/base/time.hpp"
#include "tests/unit/hal/gnss/nmea.hpp"

using namespace fieldpost;
using namespace fieldpost::hal;
using namespace fieldpost::hal::testing;

namespace {

constexpr std::int64_t second = 1'000'000;

std::vector<std::string> utcs(const std::vector<Fix>& fixes) {
    std::vector<std::string> texts;
    for (const Fix& fix : fixes) texts.push_back(fix.utc_us ? format_rfc3339(*fix.utc_us) : "unknown");
    return texts;
}

std::string rmc(const std::string& time, const std::string& date) {
    return sentence("GPRMC," + time + ",A,4222.5,N,07106.0,W,1.0,90.0," + date + ",,,A");
}
std::string gga(const std::string& time) {
    return sentence("GPGGA," + time + ",4222.5,N,07106.0,W,1,09,0.9,12.5,M,-33.0,M,,");
}
std::string gll(const std::string& time) {
    return sentence("GPGLL,4222.5,N,07106.0,W," + time + ",A,A");
}

}  // namespace

TEST_CASE("each report alone is enough, once a second or ten times") {
    for (const std::string step : {".00", ".20", ".90"}) {
        for (const auto report : {gga, gll}) {
            const auto fixes =
                read_fixes(report("120000" + step) + report("120001" + step) + report("120002" + step));
            CHECK(fixes.size() == 3);
            for (const Fix& fix : fixes) CHECK(fix.position);
        }
    }
    std::string fast;
    for (int tenth = 0; tenth < 10; ++tenth) fast += rmc("120000." + std::to_string(tenth), "150324");
    CHECK(read_fixes(fast).size() == 10);
}

TEST_CASE("the order of the sentences within an epoch does not matter") {
    const std::string gsa = sentence("GNGSA,A,3,01,02,03,04,05,06,07,,,,,,1.5,0.9,1.2,1");
    for (const auto& round :
         {rmc("120000", "150324") + gga("120000.00") + gsa, gsa + gga("120000.000") + rmc("120000", "150324"),
          gga("120000") + gsa + gll("120000.0") + rmc("120000.00", "150324")}) {
        const auto fixes = read_fixes(round);
        REQUIRE(fixes.size() == 1);
        CHECK(fixes[0].type == FixType::fix_3d);
        CHECK(fixes[0].altitude_m == 12.5);
        CHECK(fixes[0].speed_mps);
        CHECK(utcs(fixes) == std::vector<std::string>{"2024-03-15T12:00:00Z"});
    }
}

TEST_CASE("midnight and the end of a year pass whichever sentence leads") {
    const std::vector<std::string> expected{"2023-12-31T23:59:59Z", "2024-01-01T00:00:00Z",
                                            "2024-01-01T00:00:01Z"};
    CHECK(utcs(read_fixes(rmc("235959", "311223") + gga("235959") + rmc("000000", "010124") + gga("000000") +
                          rmc("000001", "010124") + gga("000001"))) == expected);
    CHECK(utcs(read_fixes(gga("235959") + rmc("235959", "311223") + gga("000000") + rmc("000000", "010124") +
                          gga("000001") + rmc("000001", "010124"))) == expected);
}

TEST_CASE("a leap second is read, and the day after it follows") {
    CHECK(utcs(read_fixes(rmc("235959", "311216") + rmc("235960", "311216") + rmc("000000", "010117") +
                          rmc("000001", "010117"))) ==
          std::vector<std::string>{"2016-12-31T23:59:59Z", "2017-01-01T00:00:00Z", "2017-01-01T00:00:00Z",
                                   "2017-01-01T00:00:01Z"});
}

TEST_CASE("both rollovers of the week counter are mended by a floor that lies after them") {
    const std::int64_t floor = *parse_rfc3339("2026-01-01T00:00:00Z");
    // 2026-06-15 as a receiver says that is stuck before 2019-04-07, or before 1999-08-22.
    for (const std::string date : {"301006", "160387"}) {
        const auto fixes = read_fixes(rmc("120000", date), floor);
        CHECK(utcs(fixes) == std::vector<std::string>{"2026-06-15T12:00:00Z"});
    }
    // A date that cannot be mended is none, and the position holds all the same.
    const auto fixes = read_fixes(rmc("120000", "060180"), floor);
    REQUIRE(fixes.size() == 1);
    CHECK(fixes[0].position);
    CHECK(fixes[0].time_of_day_us);
}

TEST_CASE("a line shared with binary protocols loses no sentence") {
    using namespace std::string_literals;
    const std::string ubx = "\xb5\x62\x01\x07\x5c\x00\x24\x47\x50$GP\x00\xff*"s;
    const std::string rtcm = "\xd3\x00\x13\x3e\xd7$\xd3\x02\x02"s;
    const std::string sirf = "\xa0\xa2\x00\x12$GPRMC,\x02\xb0\xb3"s;
    const auto fixes = read_fixes(ubx + good_epoch("120000") + rtcm + good_epoch("120001") + sirf +
                                  good_epoch("120002") + ubx + rtcm + sirf);
    REQUIRE(fixes.size() == 3);
    for (const Fix& fix : fixes) CHECK(fix.type == FixType::fix_3d);
}

TEST_CASE("lines that were cut, or ran into each other, cost only themselves") {
    const std::string good = good_epoch("120000");
    const std::string cut = good_epoch("120001").substr(0, 40);
    const auto fixes = read_fixes(good + cut + "\r\n" + cut + good_epoch("120002"));
    REQUIRE(fixes.size() == 2);
    CHECK(fixes[1].type == FixType::fix_3d);
    CHECK(utcs(fixes)[1] == "2024-03-15T12:00:02Z");
}

TEST_CASE("logs with the time of writing before each sentence are read") {
    std::string log;
    for (const std::string& line : {rmc("120000", "150324"), gga("120000")})
        log += "2024-03-15 12:00:00,123 " + line;
    CHECK(read_fixes(log).size() == 1);
}

TEST_CASE("a short log of an old receiver without checksums gives fixes") {
    std::string log;
    for (int s = 0; s < 6; ++s)
        log += "$GPRMC,12000" + std::to_string(s) + ",A,4222.5,N,07106.0,W,1.0,,150324,,\r\n";
    CHECK(read_fixes(log).size() == 3);  // the first ones are needed to believe it
}

TEST_CASE("accuracy that leads a burst of a line that is never quiet belongs to its own moment") {
    const auto gst = [](const std::string& time, const std::string& sigma) {
        return sentence("GPGST," + time + ",,,,," + sigma + "," + sigma + ",2.0");
    };
    const auto fixes =
        read_fixes(gst("120000", "3.0") + gga("120000") + gst("120001", "30.0") + gga("120001"));
    REQUIRE(fixes.size() == 2);
    CHECK(*fixes[0].accuracy_m == Approx(2 * 4.2426).epsilon(1e-3));
    CHECK(*fixes[1].accuracy_m == Approx(2 * 42.426).epsilon(1e-3));
}

TEST_CASE("a receiver that loses its fix and goes on saying its last place with V shows none of it") {
    std::string log = good_epoch("120000");
    for (const std::string time : {"120001", "120002"}) {
        log += sentence("GPRMC," + time + ",V,4222.5,N,07106.0,W,10.0,90.0,150324,,,N") +
               sentence("GPGGA," + time + ",4222.5,N,07106.0,W,0,00,99.9,12.5,M,-33.0,M,,");
    }
    const auto fixes = read_fixes(log);
    REQUIRE(fixes.size() == 3);
    for (std::size_t i : {1U, 2U}) {
        CHECK(fixes[i].type == FixType::none);
        CHECK(keeps_contract(fixes[i]));
        CHECK(fixes[i].utc_us);
        CHECK_FALSE(fixes[i].utc_valid);
    }
}

TEST_CASE("a receiver that only tells whole seconds at five hertz is followed within the second") {
    std::vector<Fix> fixes;
    NmeaReceiver receiver(0, [&](const Fix& fix) { fixes.push_back(fix); });
    for (int fifth = 0; fifth < 10; ++fifth) {
        const std::string minutes = std::to_string(10 + fifth);
        receiver.feed(sentence("GPRMC,12000" + std::to_string(fifth / 5) + ",A,42" + minutes +
                               ".0,N,07106.0,W,1.0,,150324,,,A"),
                      fifth * second / 5);
    }
    receiver.finish();
    REQUIRE(fixes.size() == 2);
    CHECK(fixes[0].position->latitude == Approx(42 + 14.0 / 60));
    CHECK(fixes[0].received_us == 0);
    CHECK(fixes[1].position->latitude == Approx(42 + 19.0 / 60));
}
