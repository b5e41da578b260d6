#include <catch2/catch.hpp>

#include "firmware/logic/supply.hpp"

using namespace fieldpost::firmware;

namespace {

struct Bench {
    Settings settings;
    Supply supply;
    std::uint64_t now_ms = 0;

    SupplyState hold(std::uint32_t millivolts, std::uint64_t ms) {
        for (const std::uint64_t end = now_ms + ms; now_ms < end;) {
            now_ms += 10;
            supply.read(millivolts, now_ms, settings);
        }
        return supply.state();
    }
};

}  // namespace

TEST_CASE("each voltage means what it should after each time") {
    const Settings s;
    struct Case {
        const char* what;
        std::uint32_t millivolts;
        std::uint64_t ms;
        SupplyState expected;
    };
    const Case cases[] = {
        {"a running engine", 14'200, 3'600'000, SupplyState::good},
        {"a battery at rest", 12'600, 3'600'000, SupplyState::good},
        {"at the threshold", s.low_mv, 3'600'000, SupplyState::good},
        {"just below it, not long yet", s.low_mv - 1, s.low_ms - 100, SupplyState::good},
        {"just below it, long enough", s.low_mv - 1, s.low_ms + 20, SupplyState::low},
        {"a starter motor", s.crank_mv - 1, s.crank_ms - 100, SupplyState::cranking},
        {"a starter motor that never ends", s.crank_mv - 1, s.crank_ms + 20, SupplyState::low},
        {"no voltage at all", 0, 100, SupplyState::cranking},
        {"at the upper threshold", s.high_mv, 60'000, SupplyState::good},
        {"a short spike", s.high_mv + 1, s.high_ms - 100, SupplyState::good},
        {"a jump start with 24 V", 27'000, s.high_ms + 20, SupplyState::high},
    };
    for (const Case& c : cases) {
        INFO(c.what);
        CHECK(Bench().hold(c.millivolts, c.ms) == c.expected);
    }
}

TEST_CASE("a voltage that trembles around the starter motor's threshold is one dip") {
    Bench b;
    SupplyState before = b.supply.state();
    int changes = 0;
    for (std::uint64_t passed = 0; passed < b.settings.crank_ms - 1'000; passed += 20) {
        for (const std::uint32_t millivolts : {b.settings.crank_mv - 1, b.settings.crank_mv}) {
            const SupplyState now = b.hold(millivolts, 10);
            changes += now != before ? 1 : 0;
            before = now;
        }
    }
    CHECK(changes == 1);
    CHECK(b.hold(b.settings.low_mv, 490) == SupplyState::cranking);
    CHECK(b.hold(b.settings.low_mv, 20) == SupplyState::good);
}

TEST_CASE("a starter motor that ends just before its time is none that never ends") {
    Bench b;
    b.hold(b.settings.crank_mv - 1, b.settings.crank_ms - 100);
    CHECK(b.hold(13'800, 400) == SupplyState::cranking);
    CHECK(b.hold(13'800, 200) == SupplyState::good);
}

TEST_CASE("a battery that recovers a little is still empty, one that is charged is not") {
    Bench b;
    REQUIRE(b.hold(11'000, b.settings.low_ms + 20) == SupplyState::low);
    CHECK(b.hold(b.settings.resume_mv - 1, 3'600'000) == SupplyState::low);
    CHECK(b.hold(b.settings.resume_mv, 500) == SupplyState::low);
    CHECK(b.hold(b.settings.resume_mv - 1, 10) == SupplyState::low);
    CHECK(b.hold(b.settings.resume_mv, 1'100) == SupplyState::good);
}

TEST_CASE("a voltage that was too high is good again once it has been normal for a second") {
    Bench b;
    REQUIRE(b.hold(28'000, b.settings.high_ms + 20) == SupplyState::high);
    CHECK(b.hold(14'000, 500) == SupplyState::high);
    CHECK(b.hold(14'000, 600) == SupplyState::good);
    REQUIRE(b.hold(28'000, b.settings.high_ms + 20) == SupplyState::high);
    CHECK(b.hold(11'000, b.settings.low_ms + 20) == SupplyState::low);
}

TEST_CASE("a battery at rest below the voltage of a charged one is good after a voltage that was too high") {
    Bench b;
    REQUIRE(b.hold(28'000, b.settings.high_ms + 20) == SupplyState::high);
    CHECK(b.hold(b.settings.resume_mv - 1, 900) == SupplyState::high);
    CHECK(b.hold(b.settings.resume_mv - 1, 200) == SupplyState::good);
}

TEST_CASE("a battery that was low stays so through a starter motor's dip") {
    Bench b;
    REQUIRE(b.hold(11'000, b.settings.low_ms + 20) == SupplyState::low);
    CHECK(b.hold(7'000, 2'000) == SupplyState::low);
    CHECK(b.hold(11'000, 2'000) == SupplyState::low);
}
