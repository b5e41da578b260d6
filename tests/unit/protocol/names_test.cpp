#include <catch2/catch.hpp>

#include "sync/protocol/codec.hpp"

using namespace fieldpost;
using namespace fieldpost::protocol;

TEST_CASE("A device speaks on the topic of its partition, which never moves", "[protocol]") {
    CHECK(topic::up("engine-7") == "fieldpost/1/up/11/engine-7");
    CHECK(topic::up("a") == "fieldpost/1/up/10/a");
    CHECK(topic::up("truck-0001") == "fieldpost/1/up/46/truck-0001");
    CHECK(topic::up_filter() == "fieldpost/1/up/+/+");
}

TEST_CASE("The other topics carry the device or the feed", "[protocol]") {
    const records::FeedId feed{"city", {records::CONFIDENTIAL, "fire"}};
    CHECK(topic::down("engine-7") == "fieldpost/1/down/engine-7");
    CHECK(topic::feed(feed) == "fieldpost/1/feed/city/confidential/fire");
    CHECK(topic::feed_head(feed) == "fieldpost/1/head/city/confidential/fire");
    CHECK(topic::hub_presence() == "fieldpost/1/hub");
    CHECK(topic::device_presence("engine-7") == "fieldpost/1/presence/engine-7");
}

TEST_CASE("The device is read from its up topic and from no other", "[protocol]") {
    CHECK(topic::device_of_up(topic::up("engine-7")) == "engine-7");
    CHECK(topic::device_of_up(topic::down("engine-7")).empty());
    CHECK(topic::device_of_up("fieldpost/1/up/").empty());
    CHECK(topic::device_of_up("fieldpost/1/up/3").empty());
    CHECK(topic::device_of_up("fieldpost/2/up/3/engine-7").empty());
    CHECK(topic::device_of_up("").empty());
    // What follows the partition is one name; a deeper topic does not name a device.
    CHECK_FALSE(is_device_id(topic::device_of_up("fieldpost/1/up/3/engine-7/more")));
}

TEST_CASE("A device id is safe in topics, file names and URLs", "[protocol]") {
    for (const char* good : {"a", "0", "engine-7", "-", "a-b-c-0123456789"}) {
        INFO(good);
        CHECK(is_device_id(good));
    }
    CHECK(is_device_id(std::string(64, 'x')));
    CHECK_FALSE(is_device_id(std::string(65, 'x')));
    for (const char* bad : {"", "Engine", "a b", "a/b", "a+", "#", "a.b", "..", "a_b", "é", "a\n", "%41"}) {
        INFO(bad);
        CHECK_FALSE(is_device_id(bad));
    }
    CHECK_FALSE(is_device_id(std::string_view("a\0b", 3)));
}

TEST_CASE("Lanes have names", "[protocol]") {
    CHECK(lane_name(URGENT) == "urgent");
    CHECK(lane_name(WORK) == "work");
    CHECK(lane_name(TELEMETRY) == "telemetry");
    CHECK(lane_name(static_cast<Lane>(9)) == "unknown");
}
