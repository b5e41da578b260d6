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

TEST_CASE(
    "a moment that one sentence rounds and another does not is one epoch, and 10 ms later is the next") {
    const auto rounded =
        read_fixes(sentences({"GPGLL,3908.8199,N,00023.0832,W,120824.758,A",
                              "GPGGA,120824.76,3908.8199,N,00023.0832,W,1,06,2.1,00176,M,,,,",
                              "GPRMC,120824.76,A,3908.8199,N,00023.0832,W,00.0,000.0,130305,01.,W"}));
    REQUIRE(rounded.size() == 1);
    CHECK(rounded[0].altitude_m == 176.0);
    CHECK(rounded[0].speed_mps == 0.0);
    CHECK(read_fixes(rmc("102143.990", "251112") + gga("102143.990") + rmc("102144.000", "251112") +
                     gga("102144.000"))
              .size() == 2);
    std::string fast;
    for (int step = 10; step < 20; ++step) fast += rmc("120000." + std::to_string(step), "150324");
    CHECK(read_fixes(fast).size() == 10);
}

TEST_CASE("a receiver that tells each system's own count of satellites is taken at the whole") {
    const std::string_view place = ",043539.00,4333.19,N,00127.61,E,1,";
    const auto round = [&](std::vector<std::string> counts) {
        std::string text;
        for (const std::string& count : counts)
            text +=
                sentence(count.substr(0, 5) + std::string(place) + count.substr(5) + ",1.3,250.8,M,50.0,M,,");
        return read_fixes(text + rmc("043539.00", "040925"));
    };
    CHECK(round({"GPGGA05", "GAGGA01"}).at(0).satellites_used == 5);
    CHECK(round({"GAGGA01", "GPGGA05"}).at(0).satellites_used == 5);
    CHECK(read_fixes(sentences({"GNGNS,120213.000,5957.0,N,01100.6,E,NDD,11,1.3,168.9,39.5,,,V",
                                "GNGGA,120213.000,5957.0,N,01100.6,E,2,00,1.3,168.9,M,39.5,M,,"}))
              .at(0)
              .satellites_used == 11);
}

TEST_CASE("a sentence that lost a comma before its checksum was made gives no movement") {
    const std::string_view gga_text = "GPGGA,203410.000,3947.6492,N,10509.1907,W,2,09,0.9,1700.0,M,-20.0,M,,";
    for (const std::string_view shifted :
         {"GPRMC,203410.000,A3947.6492,N,10509.1907,W,0.05,68.88,131021,,,D",
          "GPRMC,203410.000,A,3947.6529N,10509.2015,W,0.01,68.88,161021,,,D",
          "GPRMC,203410.000,A,3947.6540,N,10509.2019,W0.01,125.17,191021,,,D",
          "GPRMC,203410.000,A,39476540,N,10509.2006,W,0.00,125.17,211021,,,D"}) {
        INFO(shifted);
        const auto fixes = read_fixes(sentences({gga_text, shifted}));
        REQUIRE(fixes.size() == 1);
        CHECK(fixes[0].type == FixType::dgnss);
        CHECK(fixes[0].position->latitude == Approx(39.794153));
        CHECK_FALSE(fixes[0].speed_mps);
        CHECK_FALSE(fixes[0].course_deg);
        CHECK(read_fixes(sentences({shifted})).at(0).type == FixType::none);
    }
}

TEST_CASE("movement that leads the next epoch of a line without gaps is not this epoch's") {
    const auto vtg = [](const std::string& knots) {
        return sentence("GPVTG,180.0,T,,M," + knots + ",N,,K,A");
    };
    const auto fixes =
        read_fixes(vtg("1.0") + rmc("120000", "150324") + vtg("50.0") + rmc("120001", "150324"));
    REQUIRE(fixes.size() == 2);
    CHECK(*fixes[0].speed_mps == Approx(0.514444).epsilon(1e-5));
    CHECK(fixes[0].course_deg == 90.0);
}

TEST_CASE("status D is a differential fix, and no status neither gives nor denies one") {
    CHECK(read_fixes(sentence("GPRMC,120000,D,4222.5,N,07106.0,W,1.0,90.0,150324,,")).at(0).type ==
          FixType::dgnss);
    CHECK(read_fixes(sentence("GPGLL,4222.5,N,07106.0,W,120000,D")).at(0).type == FixType::dgnss);
    const auto date_only = read_fixes(sentence("GPRMC,120000,,,,,,,,150324,,,") + gga("120000"));
    CHECK(date_only.at(0).type == FixType::fix_3d);
    CHECK(utcs(date_only) == std::vector<std::string>{"2024-03-15T12:00:00Z"});
    for (const std::string_view bare :
         {"GPRMC,120000,,4222.5,N,07106.0,W,1.0,90.0,150324,,", "GPGLL,4222.5,N,07106.0,W,120000,,",
          "GPGGA,120000,4222.5,N,07106.0,W,,03,2.5,160.0,M,,M,,",
          "GNGNS,120000,4222.5,N,07106.0,W,,03,2.5,160.0,,,"}) {
        INFO(bare);
        CHECK(read_fixes(sentence(bare)).at(0).type == FixType::none);
        CHECK(read_fixes(sentence(bare) + gga("120000")).at(0).type == FixType::fix_3d);
    }
    CHECK(read_fixes(sentence("GPGGA,120000,4222.5,N,07106.0,W,02,09,0.9,12.5,M,-33.0,M,,")).at(0).type ==
          FixType::dgnss);
}

TEST_CASE("lines that begin with two dollar signs are read and are no damage") {
    std::vector<std::string> bodies;
    NmeaFramer framer;
    framer.feed("$" + gga("120000") + "$" + gll("120000"),
                [&](std::string_view body) { bodies.emplace_back(body); });
    CHECK(bodies.size() == 2);
    CHECK(framer.counts().damaged == 0);
}

TEST_CASE("an error ellipse tells the accuracy where north and east are left empty") {
    const auto fixes = read_fixes(gga("120000") + sentence("GNGST,120000,6.1,3.0,4.0,61.0,,,4.8"));
    CHECK(*fixes.at(0).accuracy_m == Approx(10.0));
}

TEST_CASE("a receiver whose clock stands still does not add up the satellites of each round") {
    std::vector<Fix> fixes;
    NmeaReceiver receiver(0, [&](const Fix& fix) { fixes.push_back(fix); });
    for (int round = 0; round < 5; ++round) {
        const std::string number = std::to_string(10 + round);
        receiver.feed(sentences({"GPGGA,000000.00,4222.5,N,07106.0,W,1,01,1.2,12.5,M,-33.0,M,,",
                                 "GPGSA,A,3," + number + ",,,,,,,,,,,,1.5,1.2,1.0",
                                 "GPGSV,1,1,01," + number + ",60,319,36"}),
                      round * second);
        receiver.tick(round * second + second / 2);
    }
    REQUIRE(fixes.size() == 5);
    CHECK(fixes.back().satellites_used == 1);
    CHECK(fixes.back().satellites_seen == 1);
}

TEST_CASE("the equator, Greenwich and the date line are places like others") {
    const auto at = [](const std::string& place) {
        return *read_fixes(sentence("GPRMC,120000,A," + place + ",1.0,90.0,150324,,,A")).at(0).position;
    };
    CHECK(at("0000.0000,S,07106.0,E").latitude == 0);
    CHECK_FALSE(std::signbit(at("0000.0000,S,07106.0,E").latitude));
    CHECK_FALSE(std::signbit(at("5130.0,N,00000.0000,W").longitude));
    CHECK(at("0000.0001,N,18000.0000,W").longitude == -180);
    const auto fixes = read_fixes(sentences({"GPRMC,120000,A,0000.0,N,17959.9999,E,1.0,90.0,150324,,,A",
                                             "GPRMC,120001,A,0000.0,S,17959.9999,W,1.0,90.0,150324,,,A"}));
    REQUIRE(fixes.size() == 2);
    CHECK_FALSE(fixes[1].position_leaps);
}

TEST_CASE("lines end with CR, with LF, with both, with noise or not at all") {
    const std::vector<Fix> expected = read_fixes(good_epoch("120000") + good_epoch("120001"));
    const std::string plain = good_epoch("120000") + good_epoch("120001");
    for (const std::string end : {"\r", "\n", "\r\r\n", "", "\n\n", " \r\n", "\xff\xff", "\r\n~"}) {
        std::string log;
        for (std::size_t from = 0, to = 0; (to = plain.find("\r\n", from)) != std::string::npos;
             from = to + 2)
            log += plain.substr(from, to - from) + end;
        CHECK(read_fixes(log) == expected);
    }
}

TEST_CASE("a fourth dilution where others tell the system does not mix up the systems") {
    const auto fixes =
        read_fixes(rmc("074156.799", "250215") + sentences({"GPGSA,A,3,02,03,,,,,,,,,,,2.1,1.1,1.8,1.2",
                                                            "BDGSA,A,3,02,03,04,,,,,,,,,,2.1,1.1,1.8,1.2"}));
    CHECK(fixes.at(0).satellites_used == 5);
    CHECK(fixes.at(0).hdop == 1.1);
}

TEST_CASE("a modem that drops its time with its fix is followed from the first lost round on") {
    const std::string lost = sentences(
        {"GPVTG,,T,,M,,N,,K,N", "GPGSA,A,1,,,,,,,,,,,,,,,,", "GPGGA,,,,,,0,,,,,,,,", "GPRMC,,V,,,,,,,,,,N"});
    const auto fixes = read_fixes(gga("022038.00") + rmc("022038.00", "071020") +
                                  sentence("GPGSA,A,2,06,07,11,19,22,30,,,,,,,1.4,1.1,0.9,1") + lost + lost +
                                  gga("022047.00") + rmc("022047.00", "071020"));
    REQUIRE(fixes.size() == 4);
    CHECK(fixes[0].type == FixType::fix_2d);
    CHECK(fixes[1].type == FixType::none);
    CHECK(fixes[2].type == FixType::none);
    CHECK(fixes[3].position);
}

TEST_CASE("a receiver that lists 24 satellites in one sentence is read to its end") {
    const auto fixes =
        read_fixes(rmc("123434", "290508") +
                   sentence("GPGSA,A,3,23,13,07,25,27,28,02,03,11,33,37,39,44,12,,,,,,,,,,,9.2,7.2,5.7"));
    CHECK(fixes.at(0).satellites_used == 14);
    CHECK(fixes.at(0).hdop == 7.2);
}

TEST_CASE("a report that lost a comma before its checksum was made raises no grade and denies nothing") {
    for (const std::string_view shifted :
         {"GPGGA,120000,4222.5N,07106.0,W,2,09,0.9,12.5,M,-33.0,M,,",
          "GNGNS,120000,4222.5N,07106.0,W,DD,14,0.9,12.5,-33.0,,", "GPGLL,4222.5N,07106.0,W,120000,A,D"}) {
        INFO(shifted);
        const auto fixes = read_fixes(rmc("120000", "150324") + sentence(shifted));
        REQUIRE(fixes.size() == 1);
        CHECK(fixes[0].type == FixType::fix_2d);
        CHECK_FALSE(fixes[0].satellites_used);
        CHECK_FALSE(fixes[0].hdop);
    }
}

TEST_CASE("a mode that comes eleventh, behind a variation without direction, is read") {
    const auto type = [](const std::string& end) {
        return read_fixes(sentence("GPRMC,212614.879,A,4839.9488,N,00214.8863,E,0.56,344.41,181207," + end))
            .at(0)
            .type;
    };
    CHECK(type("0,A") == FixType::fix_2d);
    CHECK(type("0,D") == FixType::dgnss);
    CHECK(type("0,N") == FixType::none);
    CHECK(type(",D") == FixType::dgnss);
    CHECK(type("24.1,E") == FixType::fix_2d);
    CHECK(type("24.1,W") == FixType::fix_2d);
}

TEST_CASE("three satellites alone make no altitude") {
    const auto with = [](const std::string& time, const std::string& used) {
        return sentence("GPGGA," + time + ",4222.5,N,07106.0,W,1," + used + ",2.2,168.0,M,47.3,M,,0000");
    };
    const auto fixes = read_fixes(with("120000", "03") + with("120001", "04") + with("120002", "03") +
                                  with("120018", "03") + with("120019", "00"));
    REQUIRE(fixes.size() == 5);
    CHECK(fixes[0].type == FixType::fix_2d);
    CHECK_FALSE(fixes[0].altitude_m);
    CHECK(fixes[1].type == FixType::fix_3d);
    CHECK(fixes[2].type == FixType::fix_3d);  // what four have measured a second ago still holds
    CHECK(fixes[2].altitude_m == 168.0);
    CHECK(fixes[3].type == FixType::fix_2d);
    CHECK(fixes[4].type == FixType::fix_3d);  // a count that is not filled
}

TEST_CASE("a receiver that sends another report each second keeps its third dimension in between") {
    const auto fixes =
        read_fixes(gga("120000") + rmc("120001", "150324") + gll("120002") + rmc("120003", "150324") +
                   gga("120004") + sentence("GPRMC,120005,V,,,,,,,150324,,,N") + gll("120006"));
    REQUIRE(fixes.size() == 7);
    for (const std::size_t i : {0U, 1U, 2U, 3U, 4U}) CHECK(fixes[i].type == FixType::fix_3d);
    CHECK(fixes[5].type == FixType::none);
    CHECK(fixes[6].type == FixType::fix_2d);
}

TEST_CASE("a modem whose GSA leads each burst loses its fix with the report that says so, not before") {
    const auto burst = [](const std::string& time, bool fix) {
        return fix ? sentence("GPGSA,A,2,06,07,11,19,22,30,,,,,,,1.4,1.1,0.9,1") + gga(time) +
                         rmc(time, "071020")
                   : sentence("GPGSA,A,1,,,,,,,,,,,,,,,,") + sentence("GPGGA,,,,,,0,,,,,,,,") +
                         sentence("GPRMC,,V,,,,,,,,,,N");
    };
    const auto fixes = read_fixes(burst("022037.00", true) + burst("022038.00", true) +
                                  burst("022039.00", true) + burst("", false) + burst("", false));
    REQUIRE(fixes.size() == 5);
    for (const std::size_t i : {0U, 1U, 2U}) CHECK(fixes[i].type == FixType::fix_2d);
    CHECK(fixes[3].type == FixType::none);
    CHECK(fixes[4].type == FixType::none);
}

TEST_CASE("a date that only the battery clock gave stays unvouched until one comes with a fix") {
    const auto fixes = read_fixes(sentence("GPRMC,120000.0,V,,,,,,,010106,,,N") + gga("120000.1") +
                                  gga("120000.2") + rmc("120001.0", "150324") + gga("120001.1") +
                                  sentence("GPGGA,120001.2,,,,,0,00,99.99,,,,,,") + gga("120001.3"));
    REQUIRE(fixes.size() == 7);
    for (const std::size_t i : {0U, 1U, 2U, 5U}) CHECK_FALSE(fixes[i].utc_valid);
    for (const std::size_t i : {3U, 4U, 6U}) CHECK(fixes[i].utc_valid);
    CHECK(fixes[1].position);
    CHECK(utcs(fixes)[4] == "2024-03-15T12:00:01.100000Z");
}

TEST_CASE("a receiver that counts signals, and lists them all in one group, is counted by satellites") {
    const auto fixes = read_fixes(
        rmc("080359.00", "301120") +
        sentences({"GPGSV,4,1,12,01,38,160,35,03,80,057,29,04,65,211,44,09,26,227,36,1",
                   "GPGSV,4,2,12,17,30,269,29,19,,,13,21,19,157,39,22,58,098,35,1",
                   "GPGSV,4,3,12,31,29,056,18,1", "GPGSV,4,4,12,01,38,160,38,03,80,057,20,09,26,227,40,8",
                   "GAGSV,2,1,04,103,35,240,43,136,20,167,40,6",
                   "GAGSV,2,2,04,103,35,240,39,136,20,167,36,1"}));
    CHECK(fixes.at(0).satellites_seen == 11);
}

TEST_CASE("satellites in view count by what is told where a sentence of their group was lost") {
    const auto fixes =
        read_fixes(rmc("080359.00", "301120") +
                   sentences({"GPGSV,3,1,11,02,60,319,36,05,77,132,38,11,29,052,29,12,46,186,46",
                              "GPGSV,3,3,11,30,05,132,,31,05,132,,32,05,132,",
                              "GPGSV,1,1,02,02,60,319,36,05,77,132,38,6"}));
    CHECK(fixes.at(0).satellites_seen == 11);
}
