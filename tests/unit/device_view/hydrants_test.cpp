#include "daemon/device/view/hydrants.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/device_view/place.hpp"

using namespace fieldpost;
using namespace fieldpost::device;
using namespace fieldpost::test;

namespace {

records::Asset giving(double gpm, const std::string& color = "") {
    records::Asset asset;
    asset.set_asset_id("H-1");
    asset.set_asset_class("hydrant");
    asset.set_status("in_service");
    asset.set_flow_gpm(gpm);
    asset.set_color(color);
    return asset;
}

snapshot::Spot spot(const records::Asset& asset, bool out_of_service = false) {
    snapshot::Spot out;
    out.row = row(records::ASSET, asset.asset_id(), asset);
    out.spot_class = "hydrant";
    out.distance_m = 61;
    out.out_of_service = out_of_service;
    return out;
}

}  // namespace

TEST_CASE("A hydrant's class is that of NFPA 291 by its tested flow") {
    CHECK(flow_class(giving(1500)) == FlowClass::blue);
    CHECK(flow_class(giving(1499)) == FlowClass::green);
    CHECK(flow_class(giving(1000)) == FlowClass::green);
    CHECK(flow_class(giving(999)) == FlowClass::orange);
    CHECK(flow_class(giving(500)) == FlowClass::orange);
    CHECK(flow_class(giving(499)) == FlowClass::red);
    CHECK(flow_class(giving(0)) == FlowClass::unknown);
}

TEST_CASE("Paint counts where no test does, and never against one") {
    CHECK(flow_class(giving(0, "GREEN")) == FlowClass::green);
    CHECK(flow_class(giving(400, "BLUE")) == FlowClass::red);
    CHECK(flow_class(giving(0, "BLACK")) == FlowClass::unknown);
}

TEST_CASE("A hydrant that does not work is not among those to lay a line to") {
    const Place place;
    const auto hydrants = hydrants_of({spot(giving(1200), true), spot(giving(1200))}, place.origins());
    REQUIRE(hydrants.size() == 1);
    CHECK(hydrants.front().title == "Hydrant H-1");
    CHECK(hydrants.front().distance_m == 61);
}

TEST_CASE("A hydrant says when it was tested, and whether anyone knows that it works") {
    const Place place;
    auto asset = giving(1200);
    asset.set_flow_test_on("2024-05-02");
    CHECK(hydrants_of({spot(asset)}, place.origins()).front().tested_on == "2024-05-02");
    CHECK(hydrants_of({spot(asset)}, place.origins()).front().status_known);
    asset.set_status("unknown");
    CHECK_FALSE(hydrants_of({spot(asset)}, place.origins()).front().status_known);
}
