// What every storage driver keeps to. A new driver is added to cases().
#include <catch2/catch.hpp>
#include <chrono>
#include <set>

#include "hal/storage/storage.hpp"
#include "tests/unit/hal/log.hpp"
#include "tests/unit/hal/temp_folder.hpp"

using namespace fieldpost;
using namespace fieldpost::hal;
using namespace fieldpost::hal::testing;

namespace {

struct Case {
    std::string name;
    StorageConfig config;
    bool speaks = true;
};

std::vector<Case> cases(const TempFolder& folder) {
    return {
        {"empty", {"empty", {}}, false},
        {"linux", {"linux", {{"path", folder.path().string()}, {"interval_ms", "10"}}}},
        {"linux, no folder", {"linux", {{"path", (folder / "none").string()}, {"interval_ms", "10"}}}, false},
        {"sim", {"sim", {{"fill_mb", "100"}, {"interval_ms", "10"}}}},
    };
}

}  // namespace

TEST_CASE("every storage driver is covered by the conformance cases") {
    const TempFolder folder;
    std::set<std::string> covered;
    for (const Case& c : cases(folder)) covered.insert(c.config.driver);
    for (const std::string& name : storage_driver_names()) CHECK(covered.count(name) == 1);
}

TEST_CASE("every storage driver tells possible readings, each with something new") {
    const TempFolder folder;
    for (const Case& c : cases(folder)) {
        INFO(c.name);
        Log<StorageReading> log;
        auto storage = make_storage(c.config).value();
        CHECK_FALSE(storage->status().detail.empty());
        REQUIRE(storage->start(log.handler()).has_value());
        if (c.speaks) REQUIRE(log.wait_for_count(1));
        storage->stop();
        std::optional<StorageReading> previous;
        for (const StorageReading& reading : log.all()) {
            CHECK(reading.total_bytes > 0);
            CHECK(reading.free_bytes <= reading.total_bytes);
            if (previous) CHECK(is_news(*previous, reading));
            previous = reading;
        }
        CHECK_FALSE(storage->status().detail.empty());
    }
}

TEST_CASE("every storage driver stops promptly, is silent afterwards, and starts again") {
    const TempFolder folder;
    for (const Case& c : cases(folder)) {
        INFO(c.name);
        Log<StorageReading> log;
        Log<StorageReading> second;
        auto storage = make_storage(c.config).value();
        storage->stop();
        REQUIRE(storage->start(log.handler()).has_value());
        const Status again = storage->start(log.handler());
        REQUIRE_FALSE(again.has_value());
        CHECK(again.error().code == ErrorCode::conflict);
        const auto asked = std::chrono::steady_clock::now();
        storage->stop();
        CHECK(std::chrono::steady_clock::now() - asked < std::chrono::seconds(2));
        const std::size_t count = log.all().size();
        CHECK_FALSE(log.wait_for_count(count + 1, std::chrono::milliseconds(30)));
        REQUIRE(storage->start(second.handler()).has_value());
        if (c.speaks) CHECK(second.wait_for_count(1));
        storage.reset();  // may be destroyed while it runs
    }
}

TEST_CASE("every storage driver refuses a misspelt setting by name") {
    const TempFolder folder;
    for (Case& c : cases(folder)) {
        INFO(c.name);
        c.config.settings["pahth"] = "/";
        const auto made = make_storage(c.config);
        REQUIRE_FALSE(made.has_value());
        CHECK(made.error().code == ErrorCode::invalid_argument);
        CHECK(made.error().message.find("'pahth'") != std::string::npos);
    }
}

TEST_CASE("an unknown storage driver is refused with the names of those there are") {
    const auto made = make_storage({"lynux", {}});
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().message == "there is no storage driver 'lynux'; choose one of empty, linux, sim");
}
