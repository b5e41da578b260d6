#include "daemon/device/record/position_pace.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <cmath>

using namespace fieldpost;
using namespace fieldpost::device;
using Limits = PositionLimits;

namespace {

constexpr std::int64_t second = Limits::second_us;
constexpr double metre = 1 / 111'195.0;  // degrees of latitude

hal::Fix fix_at(double metres_north, std::int64_t now_us) {
    hal::Fix fix;
    fix.type = hal::FixType::fix_3d;
    fix.position = hal::Position{40 + metres_north * metre, -89};
    fix.accuracy_m = 5;
    fix.received_us = now_us;
    return fix;
}

// One that was reported at 1,000 s, metre 0.
PositionPace reported_once() {
    PositionPace pace;
    pace.reported(fix_at(0, 1000 * second), 1000 * second);
    return pace;
}

}  // namespace

TEST_CASE("a position is due after some time or way, sooner in an emergency") {
    struct Row {
        std::string_view what;
        bool urgent;
        std::int64_t after_s;
        double went_m;
        double speed_mps;
        bool due;
    };
    const Row rows[] = {
        {"under way, soon after", true, 14, 100, 15, false},
        {"under way, after its time", true, 15, 100, 15, true},
        {"under way, after its way", true, 6, 201, 30, true},
        {"under way, after its way but too soon", true, 4, 900, 30, false},
        {"an emergency that stands", true, 15, 0, 0, true},
        {"moving, soon after", false, 59, 400, 10, false},
        {"moving, after its time", false, 60, 400, 10, true},
        {"moving, after its way", false, 20, 501, 30, true},
        {"moving, after its way but too soon", false, 4, 900, 30, false},
        {"moving by its speed alone", false, 60, 0, 2, true},
        {"moving by its way alone", false, 60, 51, 0, true},
        {"standing", false, 60, 10, 0, false},
        {"creeping", false, 600, 10, 1.9, false},
        {"standing, nearly half an hour", false, 1799, 10, 0, false},
        {"standing, half an hour", false, 1800, 10, 0, true},
    };
    for (const Row& row : rows) {
        INFO(row.what);
        const PositionPace pace = reported_once();
        const std::int64_t now = (1000 + row.after_s) * second;
        hal::Fix fix = fix_at(row.went_m, now);
        fix.speed_mps = row.speed_mps;
        CHECK(pace.is_due(fix, row.urgent, now) == row.due);
    }
}

TEST_CASE("the first fix is reported at once, and none that is stale or without a position ever") {
    for (const bool urgent : {false, true}) {
        const PositionPace fresh;
        const std::int64_t now = 1'000'000 * second;
        CHECK(fresh.is_due(fix_at(0, now), urgent, now));
        for (const PositionPace& pace : {PositionPace(), reported_once()}) {
            CHECK(pace.is_due(fix_at(0, now - hal::stale_after_us), urgent, now));
            CHECK_FALSE(pace.is_due(fix_at(0, now - hal::stale_after_us - 1), urgent, now));
            CHECK_FALSE(pace.is_due(hal::Fix(), urgent, now));
            hal::Fix none = fix_at(0, now);
            none.type = hal::FixType::none;
            none.position.reset();
            CHECK_FALSE(pace.is_due(none, urgent, now));
        }
    }
}

TEST_CASE("a fix that may be far off makes no way of its own") {
    const PositionPace pace = reported_once();
    hal::Fix fix = fix_at(800, 1010 * second);
    fix.accuracy_m = 2000;
    CHECK_FALSE(pace.is_due(fix, false, 1010 * second));
    CHECK_FALSE(pace.is_due(fix, true, 1010 * second));
    fix.accuracy_m.reset();
    CHECK(pace.is_due(fix, false, 1010 * second));
}

TEST_CASE("whatever a receiver says, positions keep their distance in time and none is of a stale fix") {
    CHECK(rc::check([] {
        PositionPace pace;
        std::int64_t now = 0;
        std::optional<std::int64_t> last;
        const int looks = *rc::gen::inRange(1, 300);
        for (int i = 0; i < looks; ++i) {
            now += *rc::gen::inRange<std::int64_t>(0, 20 * second);
            hal::Fix fix = fix_at(*rc::gen::inRange(-100'000, 100'000), now);
            fix.received_us -= *rc::gen::inRange<std::int64_t>(0, 20 * second);
            if (*rc::gen::inRange(0, 4) == 0) fix = hal::Fix();
            fix.speed_mps = *rc::gen::inRange(0, 60);
            if (!pace.is_due(fix, *rc::gen::arbitrary<bool>(), now)) continue;
            RC_ASSERT(fix.position.has_value());
            RC_ASSERT(fix.age_us(now) <= hal::stale_after_us);
            if (last) RC_ASSERT(now - *last >= Limits::least_us);
            last = now;
            pace.reported(fix, now);
        }
    }));
}

TEST_CASE("a vehicle that moves, looked at each second, is never silent for longer than its time") {
    CHECK(rc::check([](bool urgent) {
        PositionPace pace;
        double north = 0;
        std::int64_t last = 0;
        double last_north = 0;
        for (std::int64_t at = 1; at < 1000; ++at) {
            const double speed = *rc::gen::inRange(2, 45);
            north += speed;
            hal::Fix fix = fix_at(north, at * second);
            fix.speed_mps = speed;
            if (pace.is_due(fix, urgent, at * second)) {
                pace.reported(fix, at * second);
                last = at;
                last_north = north;
            }
            RC_ASSERT((at - last) * second < (urgent ? Limits::urgent_us : Limits::moving_us));
            const double way = urgent ? Limits::urgent_m : Limits::moving_m;
            // What it drives within the least time comes on top; 1 % for the shape of the earth.
            RC_ASSERT(north - last_north < way * 1.01 + 45 * 6);
        }
    }));
}
