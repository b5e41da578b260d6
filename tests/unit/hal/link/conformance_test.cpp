// What every link driver keeps to. A new driver is added to cases().
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <set>

#include "hal/clock/system.hpp"
#include "tests/unit/hal/link/uplink_log.hpp"
#include "tests/unit/hal/temp_folder.hpp"

using namespace fieldpost;
using namespace fieldpost::hal;
using namespace fieldpost::hal::testing;

namespace {

struct Bench {
    TempFolder folder;
    std::unique_ptr<Clock> clock = make_system_clock(0);
};

struct Case {
    std::string name;
    LinkConfig config;
    std::size_t tells = 1;  // so often at least, without help from outside
};

std::vector<Case> cases(Bench& bench) {
    const std::string day = bench.folder
                                .write("day.links",
                                       "0 wlan0 wifi_depot up\n0 wwan0 lte up\n"
                                       "1 wlan0 wifi_depot down\n1 wlan0 wifi_depot down\n"
                                       "2 wwan0 lte up unmetered\n")
                                .string();
    return {
        {"empty", {"empty", {}}},
        {"netlink", {"netlink", {}}},
        {"networkmanager, no bus", {"networkmanager", {{"bus", "unix:path=/nowhere"}}}},
        {"static", {"static", {{"kind", "lte"}}}},
        {"sim", {"sim", {{"script", "0 sat0 satellite down; 10 sat0 satellite up"}, {"rate", "1000"}}}, 2},
        {"sim, from a file", {"sim", {{"path", day}, {"rate", "1000"}}}, 3},
        {"sim, for ever", {"sim", {{"path", day}, {"rate", "1000"}, {"loop", "true"}}}, 6},
        {"sim, that waits", {"sim", {{"script", "0 a unknown up; 3600 a unknown down"}}}},
    };
}

const Uplink* named(const Uplinks& uplinks, const std::string& name) {
    const auto found = std::ranges::find(uplinks, name, &Uplink::name);
    return found == uplinks.end() ? nullptr : &*found;
}

}  // namespace

TEST_CASE("every link driver is covered by the conformance cases") {
    Bench bench;
    std::set<std::string> covered;
    for (const Case& c : cases(bench)) covered.insert(c.config.driver);
    for (const std::string& name : link_driver_names()) CHECK(covered.count(name) == 1);
}

TEST_CASE("every link driver tells each uplink once by name, and since when it has been as it is") {
    Bench bench;
    for (const Case& c : cases(bench)) {
        INFO(c.name);
        UplinkLog log;
        auto link = make_link(c.config, *bench.clock).value();
        const std::int64_t started = bench.clock->boottime_us();
        REQUIRE(link->start(log.handler()).has_value());
        REQUIRE(log.wait_for_count(c.tells));
        link->stop();
        const Uplinks* previous = nullptr;
        const auto told = log.all();
        for (const Uplinks& uplinks : told) {
            std::set<std::string> names;
            for (const Uplink& uplink : uplinks) {
                CHECK_FALSE(uplink.name.empty());
                CHECK(names.insert(uplink.name).second);
                CHECK(uplink.since_us >= started);
                CHECK(uplink.since_us <= bench.clock->boottime_us());
                if (previous == nullptr || named(*previous, uplink.name) == nullptr) continue;
                Uplink before = *named(*previous, uplink.name);
                const bool changed =
                    before.kind != uplink.kind || before.up != uplink.up || before.metered != uplink.metered;
                CHECK(uplink.since_us >= before.since_us);
                if (!changed) CHECK(uplink.since_us == before.since_us);
            }
            if (previous != nullptr) CHECK(uplinks != *previous);
            previous = &uplinks;
        }
    }
}

TEST_CASE("every link driver stops promptly, and is silent afterwards") {
    Bench bench;
    for (const Case& c : cases(bench)) {
        INFO(c.name);
        UplinkLog log;
        auto link = make_link(c.config, *bench.clock).value();
        REQUIRE(link->start(log.handler()).has_value());
        REQUIRE(log.wait_for_count(1));
        const std::int64_t asked = bench.clock->boottime_us();
        link->stop();
        CHECK(bench.clock->boottime_us() - asked < 2'000'000);
        const std::size_t count = log.count();
        CHECK_FALSE(log.wait_for_count(count + 1, std::chrono::milliseconds(30)));
        link->stop();
    }
}

TEST_CASE("every link driver refuses a second start, and tells everything anew after a stop") {
    Bench bench;
    for (const Case& c : cases(bench)) {
        INFO(c.name);
        UplinkLog log;
        UplinkLog second;
        auto link = make_link(c.config, *bench.clock).value();
        link->stop();
        REQUIRE(link->start(log.handler()).has_value());
        const Status again = link->start(log.handler());
        REQUIRE_FALSE(again.has_value());
        CHECK(again.error().code == ErrorCode::conflict);
        link->stop();
        REQUIRE(link->start(second.handler()).has_value());
        CHECK(second.wait_for_count(1));
    }
}

TEST_CASE("every link driver may be destroyed while it runs, and its state always has a sentence") {
    Bench bench;
    for (const Case& c : cases(bench)) {
        INFO(c.name);
        UplinkLog log;
        auto link = make_link(c.config, *bench.clock).value();
        CHECK_FALSE(link->status().detail.empty());
        REQUIRE(link->start(log.handler()).has_value());
        CHECK_FALSE(link->status().detail.empty());
        link.reset();
    }
}

TEST_CASE("every link driver refuses a misspelt setting by name") {
    Bench bench;
    for (Case& c : cases(bench)) {
        INFO(c.name);
        c.config.settings["knid"] = "lte";
        const auto made = make_link(c.config, *bench.clock);
        REQUIRE_FALSE(made.has_value());
        CHECK(made.error().code == ErrorCode::invalid_argument);
        CHECK(made.error().message.find("'knid'") != std::string::npos);
    }
}

TEST_CASE("an unknown link driver is refused with the names of those there are") {
    Bench bench;
    const auto made = make_link({"statik", {}}, *bench.clock);
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().message ==
          "there is no link driver 'statik'; choose one of empty, netlink, networkmanager, sim, static");
}
