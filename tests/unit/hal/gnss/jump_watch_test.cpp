#include "hal/gnss/jump_watch.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/hal/gnss/nmea.hpp"

using namespace fieldpost::hal;

namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t noon = 1'710'504'000 * second;
constexpr double degrees_per_100_m = 100 / 111'195.0;

// A drive north, a fix a second.
struct Drive {
    JumpWatch watch;
    std::int64_t now_us = 5 * second;
    std::int64_t utc_us = noon;
    double north_m = 0;

    Fix next(double metres, std::int64_t seconds = 1) {
        now_us += seconds * second;
        utc_us += seconds * second;
        north_m += metres;
        return here();
    }
    Fix here() {
        Fix fix;
        fix.type = FixType::fix_3d;
        fix.position = Position{42 + north_m / 100 * degrees_per_100_m, -71};
        fix.accuracy_m = 10;
        fix.utc_us = utc_us;
        fix.utc_valid = true;
        fix.received_us = now_us;
        watch.judge(fix);
        return fix;
    }
};

}  // namespace

TEST_CASE("a drive on a fast road leaps nowhere") {
    Drive drive;
    for (int turn = 0; turn < 100; ++turn) {
        const Fix fix = drive.next(60);
        CHECK_FALSE(fix.position_leaps);
        CHECK_FALSE(fix.utc_leaps);
    }
}

TEST_CASE(
    "a reflection that throws the place a kilometre off is flagged, told as it came, and the way back is "
    "not") {
    Drive drive;
    drive.next(10);
    const Fix thrown = drive.next(1000);
    CHECK(thrown.position_leaps);
    CHECK(thrown.position->latitude == Approx(42 + 10.1 * degrees_per_100_m).epsilon(1e-12));
    CHECK_FALSE(drive.next(-990).position_leaps);
}

TEST_CASE("a place that was leapt to is believed after it has held") {
    Drive drive;
    drive.next(10);
    CHECK(drive.next(500'000).position_leaps);
    for (int turn = 1; turn < JumpWatch::settles_after; ++turn) CHECK(drive.next(10).position_leaps);
    CHECK_FALSE(drive.next(10).position_leaps);
    CHECK(drive.next(-500'000).position_leaps);
}

TEST_CASE("places that leap about are never believed") {
    Drive drive;
    drive.next(10);
    for (int turn = 0; turn < 50; ++turn) CHECK(drive.next(turn % 2 == 0 ? 50'000 : 70'000).position_leaps);
}

TEST_CASE("a vehicle may come out of a tunnel, or of a month on a ferry, far from where it went in") {
    Drive drive;
    drive.next(10);
    CHECK_FALSE(drive.next(20'000, 600).position_leaps);
    CHECK_FALSE(drive.next(9'000'000, 30 * 86'400).position_leaps);
}

TEST_CASE("fixes that are delivered late and all at once are judged by their own times") {
    Drive drive;
    drive.next(50);
    for (int turn = 0; turn < 20; ++turn) {
        drive.now_us -= second;  // the next() puts it back: the boot clock stands still
        CHECK_FALSE(drive.next(50).position_leaps);
    }
}

TEST_CASE("UTC that runs back or ahead of the boot clock is flagged, and believed after it has held") {
    for (const std::int64_t leap : {-1024 * 7 * 86'400 * second, -86'400 * second, 3600 * second}) {
        Drive drive;
        drive.next(10);
        drive.utc_us += leap;
        for (int turn = 0; turn < JumpWatch::settles_after; ++turn) {
            const Fix fix = drive.next(10);
            CHECK(fix.utc_leaps);
            CHECK_FALSE(fix.position_leaps);
            CHECK(fix.utc_us == drive.utc_us);
        }
        CHECK_FALSE(drive.next(10).utc_leaps);
    }
}

TEST_CASE("a leap second, a late burst and a time that is not valid are no leaps of UTC") {
    Drive drive;
    drive.next(10);
    drive.utc_us -= second;
    CHECK_FALSE(drive.next(10).utc_leaps);
    drive.now_us += 5 * second;
    CHECK_FALSE(drive.next(10).utc_leaps);
    Fix unsure;
    unsure.utc_us = 1;
    unsure.received_us = drive.now_us;
    drive.watch.judge(unsure);
    CHECK_FALSE(unsure.utc_leaps);
    CHECK_FALSE(drive.next(10).utc_leaps);
}

TEST_CASE("a receiver whose place leaps says so in its fixes") {
    using namespace fieldpost::hal::testing;
    const auto fixes = read_fixes(sentence("GPRMC,120000,A,4222.5,N,07106.0,W,1.0,,150324,,,A") +
                                  sentence("GPRMC,120001,A,5222.5,N,00106.0,E,1.0,,150324,,,A") +
                                  sentence("GPRMC,120002,A,4222.5,N,07106.0,W,1.0,,150324,,,A"));
    REQUIRE(fixes.size() == 3);
    CHECK_FALSE(fixes[0].position_leaps);
    CHECK(fixes[1].position_leaps);
    CHECK(fixes[1].position->longitude == Approx(1.1));
    CHECK_FALSE(fixes[2].position_leaps);
}
