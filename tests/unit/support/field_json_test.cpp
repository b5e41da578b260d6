#include "daemon/support/field_json.hpp"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

#include "sync/records/records.pb.h"

using namespace fieldpost;
using namespace fieldpost::support;

namespace {

template <class M>
const google::protobuf::FieldDescriptor& field(const std::string& name) {
    const auto* found = M::descriptor()->FindFieldByName(name);
    REQUIRE(found != nullptr);
    return *found;
}

template <class M>
Status set(M& record, const std::string& name, const std::string& json) {
    return set_field_from_json(record, field<M>(name), boost::json::parse(json));
}

}  // namespace

TEST_CASE("what a field shows can be sent back, and is the same") {
    records::Preplan preplan;
    for (const auto& [name, json] : {std::pair{"plan_id", "\"P-7\""},
                                     {"stories_above", "12"},
                                     {"solar_panels", "true"},
                                     {"sprinkler", "\"not_present\""},
                                     {"surveyed_on", "\"2026-03-01\""},
                                     {"more", R"({"a":"1","b":"x"})"}}) {
        INFO(name);
        REQUIRE(set(preplan, name, json).has_value());
        CHECK(field_json(preplan, field<records::Preplan>(name)) == boost::json::parse(json));
    }
    records::ServiceRequest request;
    REQUIRE(set(request, "requested_at", "\"2026-03-01T12:00:00Z\"").has_value());
    CHECK(request.requested_at() == 1'772'366'400);
    CHECK(field_json(request, field<records::ServiceRequest>("requested_at")).as_string() ==
          "2026-03-01T12:00:00Z");
    REQUIRE(set(request, "position", R"({"lat": 43.05, "lon": -76.15})").has_value());
    CHECK(request.position().lat_e7() == 430'500'000);
    CHECK(request.position().lon_e7() == -761'500'000);
    REQUIRE(set(request, "address", "\"12 Main St\"").has_value());
    CHECK(request.address().number() == 12);
    records::Party party;
    REQUIRE(set(party, "phones", R"(["1", "2"])").has_value());
    CHECK(party.phones_size() == 2);
    REQUIRE(set(party, "phones", R"(["3"])").has_value());
    CHECK(party.phones_size() == 1);
}

TEST_CASE("a number among named values becomes the text that a person would write") {
    records::Permit permit;
    REQUIRE(set(permit, "more", R"({"height": 62.5, "doors": 3})").has_value());
    CHECK(permit.more(0).value() == "62.5");
    CHECK(permit.more(1).value() == "3");
}

TEST_CASE("attachments are shown as a list of what each is") {
    records::Observation observation;
    auto& photo = *observation.add_attachments();
    photo.set_sha256("\x01\x02");
    photo.set_bytes(7);
    photo.set_media_type("image/jpeg");
    photo.set_name("door.jpg");
    CHECK(field_json(observation, field<records::Observation>("attachments")) == boost::json::parse(R"([
        {"sha256": "0102", "bytes": 7, "media_type": "image/jpeg", "name": "door.jpg", "thumbnail": null}])"));
}

TEST_CASE("null clears a field") {
    records::Permit permit;
    permit.set_status("open");
    REQUIRE(set(permit, "status", "null").has_value());
    CHECK(permit.status().empty());
}

TEST_CASE("a value that a field cannot have is refused with a sentence that names it") {
    records::Preplan preplan;
    for (const auto& [name, json] : {std::pair{"plan_id", "7"},
                                     {"stories_above", "-1"},
                                     {"stories_above", "1.5"},
                                     {"stories_above", "5000000000"},
                                     {"solar_panels", "\"yes\""},
                                     {"sprinkler", "\"perhaps\""},
                                     {"surveyed_on", "\"2026-02-30\""},
                                     {"surveyed_on", "\"March\""},
                                     {"more", "[1]"},
                                     {"more", R"({"a": {}})"},
                                     {"address", "{}"}}) {
        INFO(name << " " << json);
        const auto refused = set(preplan, name, json);
        REQUIRE(refused.has_error());
        CHECK(refused.error().code == ErrorCode::invalid_argument);
        CHECK(refused.error().message.find(name) != std::string::npos);
    }
    records::Hazard hazard;
    CHECK(set(hazard, "position", R"({"lat": 91, "lon": 0})").has_error());
    CHECK(set(hazard, "position", R"({"lat": 1})").has_error());
    CHECK(set(hazard, "position", R"({"lat": 1, "lon": 2, "alt": 3})").has_error());
}
