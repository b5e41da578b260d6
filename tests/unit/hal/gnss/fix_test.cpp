#include "hal/gnss/fix.hpp"

#include <catch2/catch.hpp>

using namespace fieldpost::hal;

namespace {

Fix fix_received_at(std::int64_t received_us) {
    Fix fix;
    fix.type = FixType::fix_3d;
    fix.position = Position{42.37, -71.1};
    fix.speed_mps = 10;
    fix.received_us = received_us;
    return fix;
}

}  // namespace

TEST_CASE("a fresh fix is shown as it is") {
    const Fix fix = fix_received_at(1'000'000);
    CHECK(at_time(fix, 1'000'000 + stale_after_us) == fix);
}

TEST_CASE("a stale fix is no fix, and still tells how old the last one is") {
    const std::int64_t now = 1'000'000 + stale_after_us + 1;
    const Fix shown = at_time(fix_received_at(1'000'000), now);
    CHECK(shown.type == FixType::none);
    CHECK_FALSE(shown.position);
    CHECK_FALSE(shown.speed_mps);
    CHECK(shown.age_us(now) == stale_after_us + 1);
}

TEST_CASE("an age is never negative") {
    CHECK(fix_received_at(500).age_us(400) == 0);
}
