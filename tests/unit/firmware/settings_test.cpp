#include <catch2/catch.hpp>

#include "firmware/logic/settings.hpp"

using namespace fieldpost::firmware;

TEST_CASE("the settings that a new board has are in range") {
    CHECK(in_range(Settings{}));
}

TEST_CASE("no time may be so long that power would stay on, or so short that a computer could not finish") {
    const auto refuses = [](std::uint32_t Settings::*field, std::uint32_t value) {
        Settings settings;
        settings.*field = value;
        return !in_range(settings);
    };
    CHECK(refuses(&Settings::hold_up_ms, 600'001));
    CHECK(refuses(&Settings::hold_up_ms, 999));
    CHECK(refuses(&Settings::hold_up_ms, 0));
    CHECK(refuses(&Settings::boot_tries, 0));
    CHECK(refuses(&Settings::crank_ms, 60'001));
    CHECK(refuses(&Settings::ignition_off_ms, 4'000'000'000));
    CHECK(refuses(&Settings::sos_ms, 14'400'001));
    CHECK(refuses(&Settings::host_watchdog_ms, 999));
}

TEST_CASE("thresholds in the wrong order are refused") {
    Settings settings;
    settings.low_mv = settings.resume_mv;
    CHECK_FALSE(in_range(settings));
    settings = {};
    settings.crank_mv = settings.low_mv;
    CHECK_FALSE(in_range(settings));
    settings = {};
    settings.high_mv = settings.resume_mv;
    CHECK_FALSE(in_range(settings));
}
