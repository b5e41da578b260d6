#include "sync/lookup/describe.hpp"

#include <catch2/catch.hpp>

#include "sync/records/address.hpp"

using namespace fieldpost;
using lookup::describe;

TEST_CASE("Every kind has a title, even of an empty record, and a section") {
    for (int number = records::PROPERTY; number <= records::Kind_MAX; ++number) {
        const auto kind = static_cast<records::Kind>(number);
        const auto message = records::new_message(kind);
        REQUIRE(message);
        INFO(records::kind_name(kind));
        CHECK_FALSE(describe(kind, *message).title.empty());
        CHECK_FALSE(lookup::section_title(kind).empty());
        CHECK(lookup::section_title(kind) != lookup::section_title(static_cast<records::Kind>(99)));
    }
    CHECK(lookup::describe_unknown(static_cast<records::Kind>(99)).title == "Record");
}

TEST_CASE("A property is called by its address, then by name, then by parcel") {
    records::Property property;
    property.set_parcel_id("12-34");
    CHECK(describe(records::PROPERTY, property).title == "Parcel 12-34");
    property.set_place_name("City Hall");
    CHECK(describe(records::PROPERTY, property).title == "City Hall");
    *property.mutable_address() = records::parse_address("233 E Washington St");
    CHECK(describe(records::PROPERTY, property).title == "233 E Washington St");
    CHECK(describe(records::PROPERTY, property).subtitle == "City Hall · Parcel 12-34");
}

TEST_CASE("A hydrant out of service says so first") {
    records::Asset hydrant;
    hydrant.set_asset_id("H-101");
    hydrant.set_asset_class("hydrant");
    hydrant.set_status("out_of_service");
    hydrant.set_reason("frozen");
    hydrant.set_flow_gpm(1250);
    const auto described = describe(records::ASSET, hydrant);
    CHECK(described.title == "Hydrant H-101");
    CHECK(described.subtitle == "OUT OF SERVICE · frozen · 1250 gpm");
    hydrant.set_status("in_service");
    hydrant.set_out_of_service_since("2026-01-05");
    CHECK(describe(records::ASSET, hydrant).subtitle == described.subtitle);
}

TEST_CASE("Long and many-lined text becomes one short line without a broken character") {
    records::Permit permit;
    permit.set_permit_number("BP-1");
    std::string text;
    for (int n = 0; n < 200; ++n) text += "é\n ";
    permit.set_description(text);
    const std::string subtitle = describe(records::PERMIT, permit).subtitle;
    CHECK(subtitle.size() < 140);
    CHECK(subtitle.find('\n') == std::string::npos);
    CHECK(subtitle.ends_with("…"));
    records::Party party;
    party.set_name(subtitle);  // protobuf refuses to parse broken UTF-8
    CHECK(records::Party().ParseFromString(party.SerializeAsString()));
}
