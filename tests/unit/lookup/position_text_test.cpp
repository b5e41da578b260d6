#include "sync/lookup/position_text.hpp"

#include <catch2/catch.hpp>
#include <string>

using fieldpost::lookup::read_position;
using fieldpost::snapshot::distance_m;
using fieldpost::snapshot::Point;

TEST_CASE("A position is read in every usual notation") {
    const Point wanted{43.0481, -76.1474};
    const std::string typed = GENERATE(
        as<std::string>{}, "43.0481, -76.1474", "43.0481 -76.1474", "43.0481,-76.1474", "N43.0481 W76.1474",
        "43.0481N 76.1474W", "43.0481° N, 76.1474° W", "-76.1474, 43.0481", "76.1474 W 43.0481 N",
        "geo:43.0481,-76.1474", "lat 43.0481 lon -76.1474", "43 02.886 N 76 08.844 W",
        "43°02.886' -76°08.844'", "43°02'53.16\"N 76°08'50.64\"W", "43 02 53.16 n, 76 08 50.64 w");
    INFO(typed);
    const auto read = read_position(typed);
    REQUIRE(read);
    CHECK(distance_m(*read, wanted) < 15);
}

TEST_CASE("The US National Grid is read, with and without spaces") {
    // The Washington Monument, as the grid's own standard gives it.
    const Point monument{38.889469, -77.035258};
    const std::string typed =
        GENERATE(as<std::string>{}, "18S UJ 23483 06479", "18SUJ2348306479", "18s uj 2348 0647");
    INFO(typed);
    const auto read = read_position(typed);
    REQUIRE(read);
    CHECK(distance_m(*read, monument) < 15);
    // South of the equator: Sydney's opera house.
    const auto south = read_position("56H LH 34873 52284");
    REQUIRE(south);
    CHECK(distance_m(*south, {-33.8568, 151.2153}) < 300);
}

TEST_CASE("What only looks like a position is none") {
    const std::string typed =
        GENERATE(as<std::string>{}, "12 14", "12 N 14 E", "12 main st", "100 s 200 e", "555-0123",
                 "012.-03-04.0", "91.0001, 0.0001 n", "43.0481", "43.0481, -190.1474", "", "12 1/2",
                 "2016-00123", "1-2-3-4", "18T", "43.04");
    INFO(typed);
    CHECK_FALSE(read_position(typed));
}
