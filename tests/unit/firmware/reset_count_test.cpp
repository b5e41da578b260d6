#include <catch2/catch.hpp>

#include "firmware/image/port.hpp"
#include "firmware/logic/reset_count.hpp"
#include "firmware/logic/settings.hpp"

using namespace fieldpost::firmware;

TEST_CASE("resets in a row are a loop when the longest hold-up would be over, and not before") {
    Settings settings;
    settings.hold_up_ms = most_resets_in_a_row * port::watchdog_ms;
    CHECK(in_range(settings));
    ++settings.hold_up_ms;
    CHECK_FALSE(in_range(settings));

    std::uint32_t word = 0;
    for (std::uint32_t i = 0; i < most_resets_in_a_row; ++i) word = count_reset(word);
    CHECK_FALSE(is_reset_loop(word));
    for (int i = 0; i < 100'000; ++i) {
        word = count_reset(word);
        REQUIRE(is_reset_loop(word));
    }
}

TEST_CASE("what memory holds after a power-on counts nothing") {
    for (const std::uint32_t noise : {0U, 0xFFFFFFFFU, 0x5A5A5A5AU, 0x0000FFFFU}) {
        CHECK_FALSE(is_reset_loop(noise));
        CHECK(count_reset(noise) == count_reset(0));
    }
}
