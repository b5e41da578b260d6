#include <catch2/catch.hpp>

#include "sync/records/layer.hpp"

using namespace fieldpost;
using namespace fieldpost::records;

TEST_CASE("Every kind has a name, a message, and is found by its name", "[records]") {
    for (int number = KIND_UNSET + 1; number <= Kind_MAX; ++number) {
        const auto kind = static_cast<Kind>(number);
        INFO(kind_name(kind));
        CHECK(parse_kind(kind_name(kind)) == kind);
        CHECK(new_message(kind) != nullptr);
    }
    CHECK(kind_name(SERVICE_REQUEST) == "service_request");
    CHECK(new_message(KIND_UNSET) == nullptr);
    CHECK(new_message(static_cast<Kind>(Kind_MAX + 1)) == nullptr);
    for (const char* name : {"", "kind_unset", "Property", "PROPERTY", "house"})
        CHECK(parse_kind(name) == KIND_UNSET);
}

TEST_CASE("Classifications are named, and what has no name is restricted", "[records]") {
    for (const Classification level : {PUBLIC, INTERNAL, CONFIDENTIAL, RESTRICTED}) {
        CHECK(parse_classification(classification_name(level)) == level);
    }
    CHECK(classification_name(CLASSIFICATION_UNSET) == "restricted");
    CHECK(classification_name(static_cast<Classification>(99)) == "restricted");
    for (const char* name : {"", "Public", "secret"})
        CHECK(parse_classification(name) == CLASSIFICATION_UNSET);
}

TEST_CASE("A feed's name is read back as the feed", "[records]") {
    for (const FeedId& feed :
         {FeedId{"city", {PUBLIC, "general"}}, FeedId{"east-side_2", {RESTRICTED, "health"}},
          FeedId{std::string(64, 'a'), {CONFIDENTIAL, std::string(64, 'z')}}}) {
        CHECK(parse_feed(feed_text(feed)) == feed);
    }
    CHECK(feed_text({"city", {PUBLIC, "general"}}) == "city/public/general");
}

TEST_CASE("What is no feed's name is refused, so that it is safe in a topic", "[records]") {
    for (const char* text :
         {"", "city", "city/public", "city/public/", "/public/general", "city//general",
          "city/public/general/", "city/public/general/x", "city/secret/general", "city/PUBLIC/general",
          "City/public/general", "city/public/gen eral", "+/public/general", "city/public/#",
          "../public/general", "city/public/g\xc3\xa9"}) {
        INFO(text);
        CHECK_FALSE(parse_feed(text).has_value());
    }
    CHECK_FALSE(parse_feed(std::string(65, 'a') + "/public/general").has_value());
    CHECK_FALSE(parse_feed("city/public/" + std::string(65, 'a')).has_value());
}

TEST_CASE("Link methods have the names that the API shows", "[records]") {
    CHECK(link_method_name(LinkMethod::none) == "none");
    CHECK(link_method_name(LinkMethod::self) == "self");
    CHECK(link_method_name(LinkMethod::source) == "source");
    CHECK(link_method_name(LinkMethod::parcel) == "parcel");
    CHECK(link_method_name(LinkMethod::address) == "address");
    CHECK(link_method_name(LinkMethod::position) == "position");
}
