#include "sync/base/distance_text.hpp"

#include <catch2/catch.hpp>

using namespace fieldpost;

TEST_CASE("A distance is said in feet, and in miles from a fifth of a mile on") {
    CHECK(distance_text(0) == "0 ft");
    CHECK(distance_text(11) == "36 ft");
    CHECK(distance_text(15.2) == "50 ft");
    CHECK(distance_text(67) == "220 ft");
    CHECK(distance_text(321) == "1050 ft");
    CHECK(distance_text(322) == "0.2 mi");
    CHECK(distance_text(16'000) == "9.9 mi");
    CHECK(distance_text(20'000) == "12 mi");
}
