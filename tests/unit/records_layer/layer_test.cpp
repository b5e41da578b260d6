#include <catch2/catch.hpp>

#include "sync/records/layer.hpp"

using namespace fieldpost;
using namespace fieldpost::records;

namespace {

const LayerKey public_general{PUBLIC, "general"};
const LayerKey internal_general{INTERNAL, "general"};
const LayerKey confidential_general{CONFIDENTIAL, "general"};
const LayerKey restricted_health{RESTRICTED, "health"};

Party sample() {
    Party party;
    party.set_name("Ada Lovelace");
    party.set_role("owner");
    party.add_phones("315-555-0100");
    party.add_phones("315-555-0101");
    party.mutable_mailing_address()->set_name("MAIN");
    party.set_needs("oxygen");
    return party;
}

Party merged(const std::map<LayerKey, Bytes>& layers) {
    Party whole;
    for (const auto& [layer, body] : layers) whole.MergeFrom(*parse_body(PARTY, body).value());
    return whole;
}

Party read(const Bytes& body) {
    Party party;
    REQUIRE(party.ParseFromString(body));
    return party;
}

}  // namespace

TEST_CASE("A record is cut by the label of its fields, and each part holds its fields only", "[records]") {
    const auto layers = split(sample());
    REQUIRE(layers.size() == 3);
    const Party internal = read(layers.at(internal_general));
    CHECK(internal.name() == "Ada Lovelace");
    CHECK(internal.role() == "owner");
    CHECK(internal.phones_size() == 0);
    CHECK(internal.needs().empty());
    const Party confidential = read(layers.at(confidential_general));
    CHECK(confidential.phones_size() == 2);
    CHECK(confidential.mailing_address().name() == "MAIN");
    CHECK(confidential.name().empty());
    CHECK(read(layers.at(restricted_health)).needs() == "oxygen");
    // What a reader without the clearance holds says nothing of the rest.
    CHECK(layers.at(internal_general).find("315-555") == Bytes::npos);
    CHECK(layers.at(confidential_general).find("oxygen") == Bytes::npos);
}

TEST_CASE("The parts put together are the record", "[records]") {
    CHECK(merged(split(sample())).SerializeAsString() == sample().SerializeAsString());
    CHECK(merged(split(sample(), {{"name", public_general}, {"phones", restricted_health}}))
              .SerializeAsString() == sample().SerializeAsString());
}

TEST_CASE("An empty record has no layer", "[records]") {
    CHECK(split(Party()).empty());
    Party named;
    named.set_name("x");
    CHECK(split(named).size() == 1);
}

TEST_CASE("A mapping's label takes the place of the field's own", "[records]") {
    const auto layers = split(sample(), {{"name", restricted_health}, {"no_such_field", public_general}});
    CHECK(layers.count(public_general) == 0);
    CHECK(read(layers.at(internal_general)).name().empty());
    CHECK(read(layers.at(internal_general)).role() == "owner");
    CHECK(read(layers.at(restricted_health)).name() == "Ada Lovelace");
    CHECK(read(layers.at(restricted_health)).needs() == "oxygen");
}

TEST_CASE("Equal records give equal bytes, however they were made", "[records]") {
    Party other;
    other.set_needs("oxygen");
    other.mutable_mailing_address()->set_name("MAIN");
    other.add_phones("315-555-0100");
    other.add_phones("315-555-0101");
    other.set_role("owner");
    other.set_name("Ada Lovelace");
    CHECK(split(other) == split(sample()));

    Party read_back;
    REQUIRE(read_back.ParseFromString(sample().SerializeAsString()));
    CHECK(split(read_back) == split(sample()));
}

TEST_CASE("A label covers everything inside its field", "[records]") {
    Property property;
    auto& more = *property.add_more();
    more.set_name("gate code");
    more.set_value("4711");
    property.set_parcel_id("012.-05-08.0");
    const auto layers = split(property);
    REQUIRE(layers.size() == 2);
    CHECK(layers.at(public_general).find("4711") == Bytes::npos);
    CHECK(layers.at(internal_general).find("4711") != Bytes::npos);
}

TEST_CASE("What a newer version wrote is restricted: no label is known for it", "[records]") {
    Party party;
    party.set_name("Ada");
    // Field 1000, which this version does not have.
    REQUIRE(party.MergeFromString(Bytes("\xc2\x3e\x06secret", 9)));
    const auto layers = split(party);
    REQUIRE(layers.size() == 2);
    CHECK(layers.at(internal_general).find("secret") == Bytes::npos);
    CHECK(layers.at({RESTRICTED, "general"}).find("secret") != Bytes::npos);
    CHECK(merged(layers).SerializeAsString() == party.SerializeAsString());
}

TEST_CASE("Every field of every kind says who may see it and what it means", "[records]") {
    for (int number = KIND_UNSET + 1; number <= Kind_MAX; ++number) {
        const auto message = new_message(static_cast<Kind>(number));
        const auto* type = message->GetDescriptor();
        for (int i = 0; i < type->field_count(); ++i) {
            const auto& field = *type->field(i);
            const FieldLabel said = field_label(field);
            INFO(field.full_name());
            CHECK(field.options().HasExtension(label));
            CHECK(said.layer.classification >= PUBLIC);
            CHECK(said.layer.classification <= RESTRICTED);
            CHECK_FALSE(said.description.empty());
            CHECK(parse_feed("city/" + std::string(classification_name(said.layer.classification)) + "/" +
                             said.layer.compartment)
                      .has_value());
        }
    }
}

TEST_CASE("A field without a label is restricted", "[records]") {
    const FieldLabel said = field_label(*Address::descriptor()->FindFieldByName("name"));
    CHECK(said.layer == LayerKey{RESTRICTED, "general"});
    CHECK(said.description.empty());
}

TEST_CASE("A body that is not a message of its kind is corrupt", "[records]") {
    CHECK(parse_body(PARTY, split(sample()).at(internal_general)).has_value());
    CHECK(parse_body(PARTY, "").has_value());
    CHECK(parse_body(PARTY, "\xff\xff").error().code == ErrorCode::corrupt);
    CHECK(parse_body(PARTY, BytesView("\x0a\x02\xff\xfe", 4)).error().code ==
          ErrorCode::corrupt);  // no UTF-8
    CHECK(parse_body(KIND_UNSET, "").error().code == ErrorCode::corrupt);
    CHECK(parse_body(static_cast<Kind>(9999), "").error().code == ErrorCode::corrupt);
}

TEST_CASE("The position of a record is found where it has one", "[records]") {
    Property property;
    CHECK_FALSE(position_of(property).has_value());
    property.mutable_position()->set_lat_e7(430481000);
    property.mutable_position()->set_lon_e7(-761474000);
    const auto position = position_of(property);
    REQUIRE(position.has_value());
    CHECK(position->lat_e7() == 430481000);
    CHECK(position->lon_e7() == -761474000);
    CHECK_FALSE(position_of(sample()).has_value());  // a party has none
}
