// How sentences are gathered into epochs over time.
#include "hal/gnss/nmea_receiver.hpp"

#include <rapidcheck.h>

#include <catch2/catch.hpp>

#include "sync/base/time.hpp"
#include "tests/unit/hal/gnss/nmea.hpp"

using namespace fieldpost;
using namespace fieldpost::hal;
using namespace fieldpost::hal::testing;

namespace {

constexpr std::int64_t second = 1'000'000;

struct Bench {
    std::vector<Fix> fixes;
    NmeaReceiver receiver;

    explicit Bench(std::int64_t date_floor_us = 0)
        : receiver(date_floor_us, [this](const Fix& fix) { fixes.push_back(fix); }) {}
};

}  // namespace

TEST_CASE("sentences of one moment become one fix") {
    const std::vector<Fix> fixes = read_fixes(good_epoch("120000") + good_epoch("120001"));
    REQUIRE(fixes.size() == 2);
    CHECK(fixes[1].type == FixType::fix_3d);
    CHECK(fixes[1].position->latitude == Approx(42.375));
    CHECK(fixes[1].altitude_m == 12.5);
    CHECK(*fixes[1].speed_mps == Approx(5.14444).epsilon(1e-5));
    CHECK(fixes[1].satellites_used == 9);
    CHECK(format_rfc3339(*fixes[1].utc_us) == "2024-03-15T12:00:01Z");
}

TEST_CASE("the last epoch of a burst is told once the line is quiet, with the time its first sentence came") {
    Bench bench;
    bench.receiver.feed(good_epoch("120000"), 5 * second);
    CHECK(bench.fixes.empty());
    REQUIRE(bench.receiver.deadline_us() == 5 * second + NmeaReceiver::quiet_us);
    bench.receiver.tick(5 * second + NmeaReceiver::quiet_us - 1);
    CHECK(bench.fixes.empty());
    bench.receiver.tick(5 * second + NmeaReceiver::quiet_us);
    REQUIRE(bench.fixes.size() == 1);
    CHECK(bench.fixes[0].received_us == 5 * second);
    CHECK_FALSE(bench.receiver.deadline_us());
    bench.receiver.tick(60 * second);
    CHECK(bench.fixes.size() == 1);
}

TEST_CASE("a burst that is read in pieces is told once, and whole") {
    Bench bench;
    const std::string burst = good_epoch("120000");
    const std::size_t half = burst.size() / 2;
    bench.receiver.feed(burst.substr(0, half), 5 * second, 5 * second + 250'000);
    bench.receiver.feed(burst.substr(half), 5 * second + 251'000, 5 * second + 501'000);
    CHECK(bench.fixes.empty());
    REQUIRE(bench.receiver.deadline_us() == 5 * second + 501'000 + NmeaReceiver::quiet_us);
    bench.receiver.tick(*bench.receiver.deadline_us());
    REQUIRE(bench.fixes.size() == 1);
    CHECK(bench.fixes[0].received_us == 5 * second);
    CHECK(bench.fixes[0].satellites_used == 9);
    CHECK(bench.fixes[0].altitude_m == 12.5);
}

TEST_CASE("a line that a compass and AIS never leave quiet tells an epoch before the next begins") {
    Bench bench;
    bench.receiver.feed(good_epoch("120000"), 0);
    for (std::int64_t now = 100'000; now < second; now += 100'000) {
        bench.receiver.feed(
            sentence("HCHDG,231.5,,,1.3,E") + "!AIVDM,1,1,,B,177KQJ5000G?tO`K>RA1wUbN0TKH,0*5C\r\n", now);
    }
    REQUIRE(bench.fixes.size() == 1);
    CHECK(bench.fixes[0].satellites_used == 9);
}

TEST_CASE("a recording, read in no time, holds details no longer than the receiver did") {
    std::string log = sentence("GPGSV,3,1,11,02,60,319,36") + good_epoch("120000");
    for (int s = 1; s < 20; ++s) {
        log += sentence("GPRMC,1200" + std::to_string(s + 100).substr(1) +
                        ",A,4222.5,N,07106.0,W,1.0,,150324,,,A");
    }
    const std::vector<Fix> fixes = read_fixes(log);
    REQUIRE(fixes.size() == 20);
    CHECK(fixes[10].satellites_seen == 11);
    CHECK(fixes[10].type == FixType::fix_3d);
    CHECK_FALSE(fixes[19].satellites_seen);
    CHECK(fixes[19].type == FixType::fix_2d);
}

TEST_CASE("a line that is never quiet tells each epoch when the next begins") {
    Bench bench;
    std::int64_t now = 0;
    for (const std::string time : {"120000", "120001", "120002"}) {
        for (const char byte : good_epoch(time)) bench.receiver.feed({&byte, 1}, now += 1000);
    }
    CHECK(bench.fixes.size() == 2);
}

TEST_CASE("a sentence that comes late completes its epoch, and the fix is told again") {
    Bench bench;
    bench.receiver.feed(sentence("GNRMC,120000.00,A,4222.5,N,07106.0,W,10.0,090.0,150324,,,A"), 0);
    bench.receiver.tick(second / 2);
    bench.receiver.feed(sentence("GNGSA,A,3,01,02,03,04,,,,,,,,,1.5,0.9,1.2") +
                            sentence("GNGGA,120000.00,4222.5,N,07106.0,W,2,09,0.9,12.5,M,-33.0,M,,"),
                        second / 2);
    bench.receiver.tick(second);
    REQUIRE(bench.fixes.size() == 2);
    CHECK(bench.fixes[0].type == FixType::fix_2d);
    CHECK(bench.fixes[1].type == FixType::dgnss);
    CHECK(bench.fixes[1].received_us == 0);
}

TEST_CASE("details that lead a burst belong to the epoch that follows") {
    Bench bench;
    bench.receiver.feed(good_epoch("120000"), 0);
    bench.receiver.tick(second / 2);
    bench.receiver.feed(sentence("GPVTG,180.0,T,,M,20.0,N,,K,A") +
                            sentence("GNGGA,120001.00,4222.5,N,07106.0,W,1,09,0.9,12.5,M,-33.0,M,,"),
                        second);
    bench.receiver.finish();
    REQUIRE(bench.fixes.size() == 2);
    CHECK(bench.fixes[0].course_deg == 90.0);
    CHECK(bench.fixes[1].course_deg == 180.0);
}

TEST_CASE("a receiver without time still tells an epoch for each round of its sentences") {
    const std::string round = sentence("GPRMC,,V,,,,,,,,,,N") + sentence("GPGGA,,,,,,0,00,99.99,,,,,,");
    CHECK(read_fixes(round + round + round).size() == 3);
}

TEST_CASE("a lost fix is told at once and carries nothing of the old one") {
    const std::vector<Fix> fixes = read_fixes(good_epoch("120000") + lost_epoch("120001"));
    REQUIRE(fixes.size() == 2);
    CHECK(fixes[1].type == FixType::none);
    CHECK(keeps_contract(fixes[1]));
    CHECK(format_rfc3339(*fixes[1].utc_us) == "2024-03-15T12:00:01Z");
    CHECK_FALSE(fixes[1].utc_valid);
}

TEST_CASE("a receiver that freezes and repeats its last epoch does not keep the fix young") {
    Bench bench;
    for (std::int64_t now = 0; now < 30 * second; now += second) {
        bench.receiver.feed(good_epoch("120000"), now);
        bench.receiver.tick(now + second / 2);
    }
    REQUIRE(bench.fixes.size() == 30);
    CHECK(bench.fixes.back().age_us(30 * second) == 30 * second);
    CHECK(at_time(bench.fixes.back(), 30 * second).type == FixType::none);
}

TEST_CASE("sentences that come every few seconds hold in between, but not for long") {
    Bench bench;
    const auto rmc = [](int s) {
        char body[96];
        std::snprintf(body, sizeof body, "GNRMC,1200%02d.00,A,4222.5,N,07106.0,W,10.0,090.0,150324,,,A", s);
        return sentence(body);
    };
    bench.receiver.feed(rmc(0) + sentence("GNGSA,A,3,01,02,03,04,,,,,,,,,1.5,0.9,1.2") +
                            sentence("GPGSV,3,1,11,02,60,319,36"),
                        0);
    for (int s = 1; s < 20; ++s) bench.receiver.feed(rmc(s), s * second);
    bench.receiver.finish();
    REQUIRE(bench.fixes.size() == 20);
    CHECK(bench.fixes[10].type == FixType::fix_3d);
    CHECK(bench.fixes[10].satellites_seen == 11);
    CHECK(bench.fixes[19].type == FixType::fix_2d);
    CHECK_FALSE(bench.fixes[19].satellites_seen);
}

TEST_CASE("epochs that tell only the time are dated from an earlier date, over midnight too") {
    Bench bench;
    bench.receiver.feed(sentence("GPRMC,235958,A,4222.5,N,07106.0,W,1.0,,150324,,,A"), 0);
    bench.receiver.feed(sentence("GPGGA,235959,4222.5,N,07106.0,W,1,09,0.9,12.5,M,-33.0,M,,"), second);
    bench.receiver.feed(sentence("GPGGA,000000,4222.5,N,07106.0,W,1,09,0.9,12.5,M,-33.0,M,,"), 2 * second);
    bench.receiver.feed(sentence("GPGGA,000000,4222.5,N,07106.0,W,1,09,0.9,12.5,M,-33.0,M,,"), 2 * second);
    bench.receiver.finish();
    REQUIRE(bench.fixes.size() == 3);
    CHECK(format_rfc3339(*bench.fixes[1].utc_us) == "2024-03-15T23:59:59Z");
    CHECK(format_rfc3339(*bench.fixes[2].utc_us) == "2024-03-16T00:00:00Z");
}

TEST_CASE("a date 1024 weeks old is corrected with a fix and dropped without one") {
    const std::int64_t floor = *parse_rfc3339("2024-01-01T00:00:00Z");
    // 2024-03-15 minus 1024 weeks, as receivers say after their week counter has wrapped.
    const auto fixes = read_fixes(sentence("GPRMC,120000,A,4222.5,N,07106.0,W,1.0,,300704,,,A") +
                                      sentence("GPRMC,120001,V,,,,,,,300704,,,N"),
                                  floor);
    REQUIRE(fixes.size() == 2);
    CHECK(format_rfc3339(*fixes[0].utc_us) == "2024-03-15T12:00:00Z");
    CHECK(fixes[0].utc_valid);
    CHECK_FALSE(fixes[1].utc_us);
    // Without a floor a recording's date stays as it is.
    CHECK(format_rfc3339(
              *read_fixes(sentence("GPRMC,120000,A,4222.5,N,07106.0,W,1.0,,300704,,,A"))[0].utc_us) ==
          "2004-07-30T12:00:00Z");
}

TEST_CASE("fixes are the same wherever the stream is split") {
    const std::string stream =
        "\x01\x02" + good_epoch("120000") + "$GPGG" + lost_epoch("120001") + good_epoch("120002");
    const std::vector<Fix> expected = read_fixes(stream);
    REQUIRE(expected.size() == 3);
    for (std::size_t split = 0; split <= stream.size(); ++split) {
        Bench bench;
        bench.receiver.feed(std::string_view(stream).substr(0, split), 0);
        bench.receiver.feed(std::string_view(stream).substr(split), 0);
        bench.receiver.finish();
        REQUIRE(bench.fixes == expected);
    }
    Bench bytewise;
    for (const char byte : stream) bytewise.receiver.feed({&byte, 1}, 0);
    bytewise.receiver.finish();
    CHECK(bytewise.fixes == expected);
}

TEST_CASE("binary noise between sentences changes no fix") {
    const std::vector<Fix> expected =
        read_fixes(good_epoch("120000") + lost_epoch("120001") + good_epoch("120002"));
    CHECK(rc::check([&](const std::string& a, const std::string& b, const std::string& c) {
        RC_ASSERT(read_fixes(a + good_epoch("120000") + b + lost_epoch("120001") + c +
                             good_epoch("120002")) == expected);
    }));
}

TEST_CASE("a stream with damaged bytes yields only fixes that keep the contract") {
    const std::string stream = good_epoch("120000") + lost_epoch("120001") + good_epoch("120002");
    CHECK(rc::check([&] {
        std::string damaged = stream;
        const int hits = *rc::gen::inRange(1, 30);
        for (int i = 0; i < hits; ++i) {
            damaged[*rc::gen::inRange<std::size_t>(0, damaged.size())] = *rc::gen::arbitrary<char>();
        }
        for (const Fix& fix : read_fixes(damaged)) {
            RC_ASSERT(keeps_contract(fix));
            if (fix.position) RC_ASSERT(std::abs(fix.position->latitude - 42.375) < 1e-9);
        }
    }));
}
