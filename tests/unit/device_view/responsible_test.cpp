#include "daemon/device/view/responsible.hpp"

#include <catch2/catch.hpp>

#include "sync/records/boundary.hpp"
#include "tests/unit/device_view/place.hpp"

using namespace fieldpost;
using namespace fieldpost::device;
using namespace fieldpost::test;

namespace {

records::Position at(std::int32_t lat, std::int32_t lon) {
    records::Position out;
    out.set_lat_e7(lat);
    out.set_lon_e7(lon);
    return out;
}

records::LayerRow district(const std::string& name, const std::string& agency, std::int32_t size,
                           std::initializer_list<const char*> topics) {
    records::Boundary out;
    out.set_name(name);
    out.set_layer("ward");
    out.set_agency(agency);
    out.set_phone("555-0100");
    for (const char* topic : topics) out.add_topics(topic);
    *out.add_rings() = records::ring_of({at(0, 0), at(0, size), at(size, size), at(size, 0)});
    auto held = row(records::BOUNDARY, name, out, 0);
    held.property = 0;
    held.link_method = records::LinkMethod::none;  // a district belongs to no property
    return held;
}

}  // namespace

TEST_CASE("Who answers for a topic is told, the smallest district first") {
    const Place place;
    const std::vector rows = {district("City", "Department of Public Works", 1000, {"streets", "water"}),
                              district("East", "East Water District", 10, {"water"}),
                              district("Ward 3", "", 20, {"water"})};
    const auto water = responsible_for(rows, "Water", place.origins());
    REQUIRE(water.size() == 2);
    CHECK(water[0].agency == "East Water District");
    CHECK(water[0].phone == "555-0100");
    CHECK(water[1].agency == "Department of Public Works");
    CHECK(responsible_for(rows, "gas", place.origins()).empty());
    CHECK(responsible_for(rows, "", place.origins()).size() == 2);
    CHECK_FALSE(water[0].origin.doubtful);
}
