#include "sync/records/boundary.hpp"

#include <catch2/catch.hpp>

#include "sync/records/layer.hpp"

using namespace fieldpost;
using namespace fieldpost::records;

namespace {

Position at(std::int32_t lat, std::int32_t lon) {
    Position out;
    out.set_lat_e7(lat);
    out.set_lon_e7(lon);
    return out;
}

Boundary area(std::initializer_list<std::vector<Position>> rings) {
    Boundary out;
    for (const auto& ring : rings) *out.add_rings() = ring_of(ring);
    return out;
}

std::vector<Position> square(std::int32_t low, std::int32_t high) {
    return {at(low, low), at(low, high), at(high, high), at(high, low), at(low, low)};
}

}  // namespace

TEST_CASE("A ring gives the vertices that it was made of, the first not twice", "[records]") {
    const auto ring = ring_of(square(-5, 900'000'000));
    CHECK(ring.steps_size() == 8);
    const auto vertices = vertices_of(ring);
    REQUIRE(vertices.size() == 4);
    CHECK(vertices[2].lat_e7() == 900'000'000);
    CHECK(vertices[3].lon_e7() == -5);
    CHECK(vertices_of(ring_of({})).empty());
}

TEST_CASE("A damaged ring ends where it stops making sense", "[records]") {
    auto ring = ring_of(square(0, 2'000'000'000));
    ring.add_steps(7);  // half a vertex
    CHECK(vertices_of(ring).size() == 4);
    ring.add_steps(2'000'000'000);
    ring.add_steps(7);
    ring.add_steps(2'000'000'000);  // beyond 32 bits together with the one before
    CHECK(vertices_of(ring).size() == 5);
}

TEST_CASE("A point is inside its district, and not in the hole of it", "[records]") {
    const auto city = area({square(0, 100), square(40, 60)});
    CHECK(contains(city, at(20, 20)));
    CHECK_FALSE(contains(city, at(50, 50)));
    CHECK_FALSE(contains(city, at(101, 50)));
    CHECK_FALSE(contains(city, at(50, -1)));
    CHECK_FALSE(contains(Boundary(), at(0, 0)));
}

TEST_CASE("A district in two parts holds the points of both", "[records]") {
    const auto islands = area({square(0, 10), square(20, 30)});
    CHECK(contains(islands, at(5, 5)));
    CHECK(contains(islands, at(25, 25)));
    CHECK_FALSE(contains(islands, at(15, 15)));
}

TEST_CASE("Of districts that share an edge, a point on it lies in exactly one", "[records]") {
    const auto west = area({{at(0, 0), at(0, 10), at(100, 37), at(100, 0)}});
    const auto east = area({{at(100, 37), at(0, 10), at(0, 90), at(100, 90)}});
    for (std::int32_t lat = 0; lat < 100; ++lat) {
        for (std::int32_t lon = 1; lon < 90; ++lon) {
            if (contains(west, at(lat, lon)) == contains(east, at(lat, lon))) FAIL(lat << ", " << lon);
        }
    }
}
