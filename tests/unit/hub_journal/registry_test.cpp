#include "daemon/hub/registry/registry.hpp"

#include <algorithm>

#include "tests/unit/hub_journal/bench.hpp"

using namespace fieldpost;
using namespace fieldpost::hub;
using namespace fieldpost::hub::testing;

namespace {

const Bytes key(32, 'k');

}  // namespace

TEST_CASE("A device is known by its id, key and profile", "[registry]") {
    Bench bench;
    Registry registry(*bench.store);
    CHECK_FALSE(registry.find("truck-1").value().has_value());
    REQUIRE(registry.add("truck-1", key, "fire").has_value());
    const auto device = registry.find("truck-1").value().value();
    CHECK(device.public_key == key);
    CHECK(device.profile == "fire");
    CHECK(device.desired_generation == 1);
    CHECK(device.added_at > 0);
    CHECK(device.seen_at == 0);
    REQUIRE(registry.seen("truck-1").has_value());
    CHECK(registry.find("truck-1").value()->seen_at > 0);
    CHECK(registry.seen("stranger").has_value());
    REQUIRE(registry.add("ambulance", Bytes(32, 'a'), "east-only").has_value());
    CHECK(registry.all().value().size() == 2);
}

TEST_CASE("A new profile is a new desired state; the same one is not", "[registry]") {
    Bench bench;
    Registry registry(*bench.store);
    REQUIRE(registry.add("truck-1", key, "fire").has_value());
    REQUIRE(registry.add("truck-1", key, "fire").has_value());
    CHECK(registry.find("truck-1").value()->desired_generation == 1);
    REQUIRE(registry.add("truck-1", key, "east-only").has_value());
    const auto device = registry.find("truck-1").value().value();
    CHECK(device.desired_generation == 2);
    CHECK(device.profile == "east-only");
}

TEST_CASE("A revoked device stays so, whatever profile it is given", "[registry]") {
    Bench bench;
    Registry registry(*bench.store);
    CHECK(registry.revoke("truck-1").error().code == ErrorCode::not_found);
    REQUIRE(registry.add("truck-1", key, "fire").has_value());
    CHECK(registry.find("truck-1").value()->revoked_at == 0);
    REQUIRE(registry.revoke("truck-1").has_value());
    const auto revoked_at = registry.find("truck-1").value()->revoked_at;
    CHECK(revoked_at > 0);
    REQUIRE(registry.revoke("truck-1").has_value());
    REQUIRE(registry.add("truck-1", key, "east-only").has_value());
    CHECK(registry.find("truck-1").value()->revoked_at >= revoked_at);
}

TEST_CASE("Two boxes cannot have one name", "[registry]") {
    Bench bench;
    Registry registry(*bench.store);
    REQUIRE(registry.add("truck-1", key, "fire").has_value());
    const auto refused = registry.add("truck-1", Bytes(32, 'x'), "fire");
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == ErrorCode::conflict);
    CHECK(registry.find("truck-1").value()->public_key == key);
}

TEST_CASE("What is no id, no key or no profile is refused with a sentence", "[registry]") {
    Bench bench;
    Registry registry(*bench.store);
    CHECK(registry.add("Truck 1", key, "fire").error().code == ErrorCode::invalid_argument);
    CHECK(registry.add("truck-1", Bytes(31, 'k'), "fire").error().code == ErrorCode::invalid_argument);
    const auto unknown = registry.add("truck-1", key, "police");
    REQUIRE(unknown.has_error());
    CHECK(unknown.error().code == ErrorCode::not_found);
    CHECK(unknown.error().message.find("east-only") != std::string::npos);
    CHECK(registry.all().value().empty());
}

TEST_CASE("An epoch that advances again behind another is told; a new one and its own next step are not",
          "[registry]") {
    Bench bench;
    Registry registry(*bench.store);
    REQUIRE(registry.add("truck-1", key, "fire").has_value());
    constexpr std::uint64_t first = 77;
    constexpr std::uint64_t second = (std::uint64_t{1} << 62U) + 5;
    constexpr std::uint64_t third = 3;
    CHECK_FALSE(registry.epoch_advanced("truck-1", first).value());
    CHECK_FALSE(registry.epoch_advanced("truck-1", first).value());
    CHECK_FALSE(registry.epoch_advanced("truck-1", second).value());
    CHECK_FALSE(registry.epoch_advanced("truck-1", third).value());
    CHECK_FALSE(registry.epoch_advanced("truck-1", third).value());
    CHECK(registry.epoch_advanced("truck-1", first).value());
    CHECK_FALSE(registry.epoch_advanced("truck-1", first).value());
    CHECK(registry.epoch_advanced("truck-1", third).value());
    CHECK(registry.epoch_advanced("truck-1", second).value());
    // Another device's turns are its own.
    REQUIRE(registry.add("truck-2", Bytes(32, 'x'), "fire").has_value());
    CHECK_FALSE(registry.epoch_advanced("truck-2", first).value());
}

TEST_CASE("A device whose profile is gone from the city stays known, and clears nothing", "[registry]") {
    Bench bench;
    Registry registry(*bench.store);
    REQUIRE(registry.add("truck-1", key, "east-only").has_value());
    REQUIRE(registry.add("truck-2", key, "fire").has_value());
    auto city = Catalog(*bench.store).city().value();
    std::erase_if(city.profiles, [](const Profile& profile) { return profile.name == "east-only"; });
    REQUIRE(Catalog(*bench.store).put_city(city, {"east-only"}).has_value());
    const auto device = registry.registered("truck-1");
    REQUIRE(device.has_value());
    REQUIRE(device->has_value());
    CHECK((*device)->profile_is_gone);
    CHECK((*device)->feeds.empty());
    CHECK((*device)->public_key == key);
    const auto other = registry.registered("truck-2").value().value();
    CHECK_FALSE(other.profile_is_gone);
    CHECK_FALSE(other.feeds.empty());
}

TEST_CASE("A city without a profile that devices have is refused, unless it is said to be dropped",
          "[registry]") {
    Bench bench;
    Registry registry(*bench.store);
    Catalog catalog(*bench.store);
    REQUIRE(registry.add("truck-1", key, "east-only").has_value());
    REQUIRE(registry.add("truck-2", key, "fire").has_value());
    const auto before = catalog.city().value();
    auto city = before;
    std::ranges::find(city.profiles, "east-only", &Profile::name)->name = "eastonly";
    const auto refused = catalog.put_city(city);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == ErrorCode::conflict);
    for (const char* said : {"'east-only'", "'truck-1'", "--drop-profile east-only"})
        CHECK(refused.error().message.find(said) != std::string::npos);
    CHECK(catalog.city().value().profiles == before.profiles);
    CHECK_FALSE(registry.registered("truck-1").value()->profile_is_gone);

    SECTION("its devices get another profile") {
        REQUIRE(registry.add("truck-1", key, "fire").has_value());
    }
    SECTION("its devices are revoked") {
        REQUIRE(registry.revoke("truck-1").has_value());
    }
    SECTION("it is said to be dropped") {
        REQUIRE(catalog.put_city(city, {"east-only"}).has_value());
    }
    CHECK(catalog.put_city(city).has_value());
}

TEST_CASE("Other feeds of a profile are a new desired state of its devices, another title is none",
          "[registry]") {
    Bench bench;
    Registry registry(*bench.store);
    REQUIRE(registry.add("truck-1", key, "fire").has_value());
    REQUIRE(registry.add("truck-2", key, "east-only").has_value());
    const auto generation = [&](const std::string& id) {
        return registry.find(id).value()->desired_generation;
    };
    auto city = Catalog(*bench.store).city().value();
    const auto import = [&] { REQUIRE(Catalog(*bench.store).put_city(city, {"east-only"}).has_value()); };
    const auto east = std::ranges::find(city.profiles, "east-only", &Profile::name);
    REQUIRE(east != city.profiles.end());
    east->title = "The east";
    import();
    CHECK(generation("truck-2") == 1);
    east->clearance = {{records::INTERNAL, "general"}};
    import();
    CHECK(generation("truck-2") == 2);
    const Profile gone = *east;
    city.profiles.erase(east);
    import();
    CHECK(generation("truck-2") == 3);
    import();
    CHECK(generation("truck-2") == 3);
    city.profiles.push_back(gone);
    import();
    CHECK(generation("truck-2") == 4);
    CHECK(generation("truck-1") == 1);
}
