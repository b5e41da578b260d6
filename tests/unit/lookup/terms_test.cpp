#include "sync/lookup/terms.hpp"

#include <catch2/catch.hpp>

#include "sync/records/address.hpp"

using namespace fieldpost;
using lookup::AddressTerm;
using lookup::ExactTerm;
using lookup::TermKind;
using lookup::Terms;

TEST_CASE("A property is found by address, aliases, parcel number, name and position") {
    records::Property property;
    *property.mutable_address() = records::parse_address("1025-57 Hiawatha Blvd E");
    *property.add_aliases() = records::parse_address("12 1/2 N Main Street Apt 3-B");
    property.set_parcel_id("012.-03-04.0");
    property.set_place_name("St. Mary's School");
    property.mutable_position()->set_lat_e7(430'000'000);
    property.mutable_position()->set_lon_e7(-760'000'000);
    const Terms terms = lookup::extract(records::PROPERTY, property);
    REQUIRE(terms.addresses.size() == 2);
    CHECK(terms.addresses[0] == AddressTerm{{"HIAWATHA", "BLVD", "E"}, 1025, 1057, ""});
    CHECK(terms.addresses[1].street == lookup::Street{"MAIN", "ST", "N"});
    CHECK(terms.addresses[1].number == 12);
    CHECK(terms.addresses[1].part.find("1/2") != std::string::npos);
    CHECK(terms.addresses[1].part.find("3B") != std::string::npos);
    CHECK(terms.exact ==
          std::vector{ExactTerm{TermKind::parcel, "01203040"},
                      ExactTerm{TermKind::whole_name, lookup::whole_name_word("SCHOOL MARYS ST")}});
    CHECK(terms.names == std::vector<std::string>{"ST MARYS SCHOOL"});
    CHECK(terms.words() == std::vector<std::string>{"MARYS", "SCHOOL", "ST"});
    REQUIRE(terms.spot);
    CHECK(terms.spot->spot_class == "property");
    CHECK(terms.spot->south == 430'000'000);
    CHECK(terms.spot->east == -760'000'000);
}

TEST_CASE("A direction before the street's name is the same as one behind it") {
    CHECK(lookup::street_of(records::parse_address("12 E Hiawatha Blvd")) ==
          lookup::street_of(records::parse_address("12 Hiawatha Boulevard East")));
}

TEST_CASE("Assets are found by tag and class, streets by the box of their course") {
    records::Asset asset;
    asset.set_asset_id("H-0101/a");
    asset.set_asset_class("Fire Hydrant");
    asset.mutable_position()->set_lat_e7(1);
    const Terms hydrant = lookup::extract(records::ASSET, asset);
    CHECK(hydrant.exact == std::vector{ExactTerm{TermKind::tag, "H0101A"}});
    REQUIRE(hydrant.spot);
    CHECK(hydrant.spot->spot_class == "fire_hydrant");

    records::Asset street;
    street.set_asset_class("street");
    for (const int at : {30, 10, 20}) {
        auto* vertex = street.add_line();
        vertex->set_lat_e7(at);
        vertex->set_lon_e7(-at);
    }
    const auto spot = lookup::extract(records::ASSET, street).spot;
    REQUIRE(spot);
    CHECK(*spot == lookup::SpotTerm{"street", 10, 30, -30, -10});
}

TEST_CASE("A position that is nowhere on earth is no position") {
    records::Property property;
    property.mutable_position()->set_lat_e7(-2'000'000'000);
    CHECK_FALSE(lookup::extract(records::PROPERTY, property).spot);
}

TEST_CASE("Numbers of permits, cases and licences are terms, names of people are words") {
    records::Party party;
    party.set_name("O'Brien, Søren");
    CHECK(lookup::extract(records::PARTY, party).names == std::vector<std::string>{"OBRIEN SOREN"});
    records::ServiceRequest request;
    request.set_service_request_id("#2024-00017");
    CHECK(lookup::extract(records::SERVICE_REQUEST, request).exact ==
          std::vector{ExactTerm{TermKind::number, "202400017"}});
    CHECK(lookup::extract(records::FORM, records::Form()) == Terms{});
}

TEST_CASE("A whole name has the same word in any order, and another one for other words") {
    CHECK(lookup::whole_name_word("SMITH JOHN") == lookup::whole_name_word("JOHN SMITH"));
    CHECK(lookup::whole_name_word("SMITH JOHN") != lookup::whole_name_word("SMITH JOHN A"));
    CHECK(lookup::whole_name_word("AB C") != lookup::whole_name_word("A BC"));
}

TEST_CASE("Terms stay bounded for absurd input") {
    records::Party party;
    std::string name;
    for (int n = 0; n < 10'000; ++n) name += "word" + std::to_string(n) + " ";
    party.set_name(name);
    party.set_license_number(name);
    const Terms terms = lookup::extract(records::PARTY, party);
    REQUIRE(terms.names.size() == 1);
    CHECK(terms.names.front().size() < 200);
    REQUIRE(terms.exact.size() == 2);
    CHECK(terms.exact.front().key.size() <= 48);
}
