// What every indicator driver keeps to. A new driver is added to cases().
#include <catch2/catch.hpp>
#include <filesystem>
#include <set>

#include "hal/clock/system.hpp"
#include "hal/indicator/indicator.hpp"
#include "tests/unit/hal/temp_folder.hpp"

using namespace fieldpost;
using namespace fieldpost::hal;
using namespace fieldpost::hal::testing;

namespace {

struct Case {
    std::string name;
    IndicatorConfig config;
};

std::vector<Case> cases(const TempFolder& folder) {
    std::filesystem::create_directories(folder / "green");
    folder.write("green/max_brightness", "255\n");
    folder.write("green/brightness", "0\n");
    folder.write("green/trigger", "[none] heartbeat\n");
    return {
        {"empty", {"empty", {}}},
        {"gpio, not there", {"gpio", {{"chip", "gpiochip987"}, {"line", "3"}}}},
        {"gpio by name, not there", {"gpio", {{"name", "fieldpost-no-such-line"}, {"active_low", "true"}}}},
        {"leds", {"leds", {{"led", "green"}, {"sysfs", folder.path().string()}}}},
        {"leds, not there", {"leds", {{"led", "red"}, {"sysfs", folder.path().string()}}}},
        {"sim", {"sim", {{"path", (folder / "light").string()}}}},
    };
}

}  // namespace

TEST_CASE("every indicator driver is covered by the conformance cases") {
    const TempFolder folder;
    std::set<std::string> covered;
    for (const Case& c : cases(folder)) covered.insert(c.config.driver);
    for (const std::string& name : indicator_driver_names()) CHECK(covered.count(name) == 1);
}

TEST_CASE("every indicator driver starts once, shows everything, stops promptly and starts again") {
    const TempFolder folder;
    const auto clock = make_system_clock(0);
    for (const Case& c : cases(folder)) {
        INFO(c.name);
        auto indicator = make_indicator(c.config, *clock).value();
        CHECK_FALSE(indicator->status().detail.empty());
        indicator->stop();
        indicator->show(Indication::fault);
        for (int round = 0; round < 2; ++round) {
            REQUIRE(indicator->start().has_value());
            const Status again = indicator->start();
            REQUIRE_FALSE(again.has_value());
            CHECK(again.error().code == ErrorCode::conflict);
            for (const Indication indication : {Indication::ready, Indication::syncing, Indication::no_fix,
                                                Indication::fault, Indication::off}) {
                const std::int64_t asked = clock->boottime_us();
                indicator->show(indication);
                CHECK(clock->boottime_us() - asked < 500'000);
            }
            const std::int64_t asked = clock->boottime_us();
            indicator->stop();
            CHECK(clock->boottime_us() - asked < 2'000'000);
            CHECK_FALSE(indicator->status().detail.empty());
        }
        REQUIRE(indicator->start().has_value());
        indicator.reset();  // may be destroyed while it runs
    }
}

TEST_CASE("every indicator driver refuses a misspelt setting by name") {
    const TempFolder folder;
    const auto clock = make_system_clock(0);
    for (Case& c : cases(folder)) {
        INFO(c.name);
        c.config.settings["lde"] = "green";
        const auto made = make_indicator(c.config, *clock);
        REQUIRE_FALSE(made.has_value());
        CHECK(made.error().code == ErrorCode::invalid_argument);
        CHECK(made.error().message.find("'lde'") != std::string::npos);
    }
}

TEST_CASE("an unknown indicator driver is refused with the names of those there are") {
    const auto clock = make_system_clock(0);
    const auto made = make_indicator({"lamp", {}}, *clock);
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().message ==
          "there is no indicator driver 'lamp'; choose one of empty, gpio, leds, sim");
}
