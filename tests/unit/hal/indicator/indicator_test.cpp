#include "hal/indicator/indicator.hpp"

#include <rapidcheck.h>

#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "hal/clock/system.hpp"
#include "tests/unit/hal/temp_folder.hpp"

using namespace fieldpost;
using namespace fieldpost::hal;
using namespace fieldpost::hal::testing;

namespace {

constexpr std::int64_t ms = 1000;
constexpr std::array everything{Indication::off, Indication::ready, Indication::syncing, Indication::no_fix,
                                Indication::fault};

std::string content(const std::filesystem::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

// The light is a file, which nothing tells of: looked at until it is as wanted.
bool becomes(const std::filesystem::path& path, const std::string& wanted) {
    for (int turn = 0; turn < 4000; ++turn) {
        if (content(path) == wanted) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
}

// An LED as sysfs shows it, in a folder of the test's.
struct Led {
    TempFolder folder;

    explicit Led(const std::string& triggers) {
        std::filesystem::create_directories(folder / "status");
        folder.write("status/max_brightness", "255\n");
        folder.write("status/brightness", "7");
        folder.write("status/trigger", triggers);
        folder.write("status/delay_on", "");
        folder.write("status/delay_off", "");
    }
    std::filesystem::path operator/(const std::string& name) const { return folder / ("status/" + name); }
    IndicatorConfig config() const {
        return {"leds", {{"led", "status"}, {"sysfs", folder.path().string()}}};
    }
};

bool is_switched_in_turns(const Led& led) {
    for (int turn = 0; turn < 2; ++turn) {
        if (!becomes(led / "brightness", "255") || !becomes(led / "brightness", "0")) return false;
    }
    return true;
}

}  // namespace

TEST_CASE("each indication looks different, begins lit, and dark is only off") {
    for (const Indication one : everything) {
        CHECK(light_at(pattern_of(one), 0).lit == (one != Indication::off));
        for (const Indication other : everything)
            CHECK((pattern_of(one) == pattern_of(other)) == (one == other));
    }
}

TEST_CASE("what is shown while driving wakes the processor once a second at most") {
    for (const Indication shown :
         {Indication::off, Indication::ready, Indication::syncing, Indication::no_fix}) {
        std::int64_t round_us = 0;
        const Pattern& pattern = pattern_of(shown);
        for (const std::int64_t turn : pattern.turns_us) round_us += turn;
        if (!pattern.is_steady())
            CHECK(static_cast<std::int64_t>(pattern.turns_us.size()) * 1'000'000 <= round_us);
    }
}

TEST_CASE("a light is lit and dark in turns, and says how long it stays so") {
    CHECK(light_at(pattern_of(Indication::off), 12345) == Light{false, std::nullopt});
    CHECK(light_at(pattern_of(Indication::ready), 12345) == Light{true, std::nullopt});
    const Pattern& flash = pattern_of(Indication::no_fix);
    CHECK(light_at(flash, 0) == Light{true, 100 * ms});
    CHECK(light_at(flash, 99 * ms) == Light{true, 1 * ms});
    CHECK(light_at(flash, 100 * ms) == Light{false, 1900 * ms});
    CHECK(light_at(flash, 1999 * ms) == Light{false, 1 * ms});
    CHECK(light_at(flash, 2000 * ms) == Light{true, 100 * ms});
}

TEST_CASE("a pattern followed from turn to turn is the pattern looked at any time") {
    CHECK(rc::check([] {
        const Pattern& pattern =
            pattern_of(*rc::gen::element(Indication::syncing, Indication::no_fix, Indication::fault));
        const auto at = *rc::gen::inRange<std::int64_t>(0, 100'000'000);
        std::int64_t now = 0;
        Light light = light_at(pattern, now);
        while (now + *light.for_us <= at) {
            now += *light.for_us;
            const Light next = light_at(pattern, now);
            RC_ASSERT(next.lit != light.lit);
            light = next;
        }
        RC_ASSERT(light_at(pattern, at).lit == light.lit);
    }));
}

TEST_CASE("the simulated light follows the pattern and ends dark") {
    const TempFolder folder;
    const auto clock = make_system_clock(0);
    auto indicator = make_indicator({"sim", {{"path", (folder / "light").string()}}}, *clock).value();
    REQUIRE(indicator->start().has_value());
    REQUIRE(becomes(folder / "light", "dark\n"));
    indicator->show(Indication::fault);
    REQUIRE(becomes(folder / "light", "dark\nlit\ndark\nlit\n"));
    indicator->show(Indication::ready);
    CHECK(indicator->status().state == PartState::ok);
    indicator->stop();
    const std::string told = content(folder / "light");
    CHECK(told.ends_with("dark\n"));
}

TEST_CASE("an LED whose kernel can blink does so by itself") {
    const Led led("none [heartbeat] timer");
    const auto clock = make_system_clock(0);
    auto indicator = make_indicator(led.config(), *clock).value();
    REQUIRE(indicator->start().has_value());
    REQUIRE(becomes(led / "trigger", "none"));
    REQUIRE(becomes(led / "brightness", "0"));
    indicator->show(Indication::no_fix);
    // The trigger file of sysfs would go on listing all; that of the test holds what was written.
    REQUIRE(becomes(led / "delay_off", "1900"));
    CHECK(content(led / "trigger") == "timer");
    CHECK(content(led / "delay_on") == "100");
    indicator->show(Indication::ready);
    REQUIRE(becomes(led / "brightness", "255"));
    CHECK(content(led / "trigger") == "none");
    indicator->stop();
    CHECK(content(led / "brightness") == "0");
}

TEST_CASE(
    "an LED whose kernel can blink, but not at the pace of a program that is not root, is switched in "
    "turns") {
    const Led led("[none] timer");
    // Nobody can write a folder, not even the root that tests may run as.
    std::filesystem::remove(led / "delay_off");
    std::filesystem::create_directory(led / "delay_off");
    const auto clock = make_system_clock(0);
    auto indicator = make_indicator(led.config(), *clock).value();
    REQUIRE(indicator->start().has_value());
    indicator->show(Indication::fault);
    CHECK(is_switched_in_turns(led));
    CHECK(content(led / "trigger") == "none");
    CHECK(indicator->status() == PartStatus{PartState::ok, "The light status shows fault."});
}

TEST_CASE("an LED that cannot blink by itself is switched in turns") {
    const Led led("[none] default-on");
    const auto clock = make_system_clock(0);
    auto indicator = make_indicator(led.config(), *clock).value();
    REQUIRE(indicator->start().has_value());
    indicator->show(Indication::fault);
    CHECK(is_switched_in_turns(led));
    CHECK(indicator->status().detail == "The light status shows fault.");
}

TEST_CASE("an LED that is not there is broken with its path, and lit once it is there") {
    const TempFolder folder;
    const auto clock = make_system_clock(0);
    auto indicator =
        make_indicator({"leds", {{"led", "status"}, {"sysfs", folder.path().string()}}}, *clock).value();
    REQUIRE(indicator->start().has_value());
    for (int turn = 0; turn < 4000 && indicator->status().state != PartState::broken; ++turn)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    CHECK(indicator->status().detail == "there is no " + (folder / "status/brightness").string() + ".");
    std::filesystem::create_directory(folder / "status");
    folder.write("status/brightness", "0");
    indicator->show(Indication::ready);
    REQUIRE(becomes(folder / "status/brightness", "1"));
}

TEST_CASE("a pin is given by chip and line or by name, and by nothing else") {
    const auto clock = make_system_clock(0);
    for (const SettingMap& settings :
         {SettingMap{}, SettingMap{{"chip", "gpiochip0"}}, SettingMap{{"line", "3"}},
          SettingMap{{"chip", "gpiochip0"}, {"line", "3"}, {"name", "led"}},
          SettingMap{{"name", "led"}, {"line", "3"}}, SettingMap{{"chip", "gpiochip0"}, {"line", "-1"}}}) {
        const auto made = make_indicator({"gpio", settings}, *clock);
        REQUIRE_FALSE(made.has_value());
        CHECK(made.error().code == ErrorCode::invalid_argument);
    }
    CHECK_FALSE(make_indicator({"leds", {{"led", "../x"}}}, *clock).has_value());
}
