#include "daemon/hub/link/position_grid.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <set>

using namespace fieldpost::hub;

TEST_CASE("distances are metres on the ground") {
    CHECK(distance_m({430000000, -761000000}, {430000000, -761000000}) == 0);
    CHECK(distance_m({430000000, -761000000}, {430010000, -761000000}) == Approx(111.2).epsilon(0.01));
    CHECK(distance_m({430000000, -761000000}, {430000000, -760990000}) == Approx(81.3).epsilon(0.01));
}

TEST_CASE("the grid finds exactly what lies within the radius") {
    unsigned seed = std::random_device()();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    // Around the place where both coordinates change sign, so that no cell rounds the wrong way.
    std::uniform_int_distribution<std::int32_t> offset(-40'000, 40'000);
    PositionGrid grid;
    std::vector<PointE7> points;
    for (std::uint32_t i = 0; i < 500; ++i) {
        points.push_back({offset(random), offset(random)});
        grid.add(points.back(), i);
    }
    for (int round = 0; round < 20; ++round) {
        PointE7 center{offset(random), offset(random)};
        std::set<std::uint32_t> found;
        grid.within(center, 150, [&](std::uint32_t index, double distance) {
            CHECK(distance == Approx(distance_m(center, points[index])));
            found.insert(index);
        });
        std::set<std::uint32_t> expected;
        for (std::uint32_t i = 0; i < points.size(); ++i) {
            if (distance_m(center, points[i]) <= 150) expected.insert(i);
        }
        CHECK(found == expected);
    }
}
