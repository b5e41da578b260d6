#include <catch2/catch.hpp>

#include "hal/clock/system.hpp"
#include "tests/unit/hal/gnss/fix_log.hpp"

using namespace fieldpost;
using namespace fieldpost::hal;
using namespace fieldpost::hal::testing;

TEST_CASE("a simulated receiver follows its script and begins again") {
    const auto clock = make_system_clock(0);
    FixLog log;
    auto gnss = make_gnss({"sim",
                           {{"script", "42.1,-71.1 none 42.2,-71.2"},
                            {"interval_ms", "10"},
                            {"fix", "dgnss"},
                            {"accuracy_m", "1.5"}}},
                          *clock)
                    .value();
    REQUIRE(gnss->start(log.handler()).has_value());
    REQUIRE(log.wait_for_count(4));
    const std::vector<Fix> fixes = log.all();
    CHECK(fixes[0].position == Position{42.1, -71.1});
    CHECK(fixes[0].type == FixType::dgnss);
    CHECK(fixes[0].accuracy_m == 1.5);
    CHECK(fixes[1].type == FixType::none);
    CHECK_FALSE(fixes[1].accuracy_m);
    CHECK(fixes[2].position == Position{42.2, -71.2});
    CHECK(fixes[3].position == fixes[0].position);
}

TEST_CASE("a script with a wrong step is refused with that step") {
    const auto clock = make_system_clock(0);
    for (const std::string step : {"42.1", "91,0", "42.1,-181", "0,0", "nan,1", "here,there"}) {
        INFO(step);
        const auto made = make_gnss({"sim", {{"script", "42.1,-71.1 " + step}}}, *clock);
        REQUIRE_FALSE(made.has_value());
        CHECK(made.error().message.find("'" + step + "'") != std::string::npos);
    }
    CHECK_FALSE(make_gnss({"sim", {{"script", " "}}}, *clock).has_value());
    CHECK_FALSE(make_gnss({"sim", {{"fix", "none"}}}, *clock).has_value());
}
