// What every gnss driver keeps to. A new driver is added to cases().
#include <catch2/catch.hpp>
#include <chrono>
#include <set>

#include "hal/clock/system.hpp"
#include "tests/unit/hal/gnss/fix_log.hpp"
#include "tests/unit/hal/gnss/nmea.hpp"
#include "tests/unit/hal/gnss/pseudo_port.hpp"
#include "tests/unit/hal/temp_folder.hpp"

using namespace fieldpost;
using namespace fieldpost::hal;
using namespace fieldpost::hal::testing;

namespace {

struct Bench {
    TempFolder folder;
    PseudoPort port{folder / "gnss"};
    std::unique_ptr<Clock> clock = make_system_clock(0);
};

struct Case {
    std::string name;
    GnssConfig config;
    bool speaks = true;  // calls the handler without help from outside
};

std::vector<Case> cases(Bench& bench) {
    const std::string drive =
        bench.folder.write("drive.nmea", good_epoch("120000") + lost_epoch("120001") + good_epoch("120002"))
            .string();
    bench.port.plug_in();
    return {
        {"empty", {"empty", {}}, false},
        {"sim", {"sim", {{"script", "42.37,-71.1 none"}, {"interval_ms", "10"}}}},
        {"replay", {"replay", {{"path", drive}, {"rate", "1000"}, {"loop", "true"}}}},
        {"replay that ends", {"replay", {{"path", drive}, {"rate", "1000"}}}},
        {"gpsd, not there", {"gpsd", {{"port", "1"}, {"retry_max_ms", "60000"}}}},
        {"serial, silent", {"serial", {{"path", bench.port.path().string()}, {"silence_ms", "50"}}}},
        {"serial, not there",
         {"serial", {{"path", (bench.folder / "none").string()}, {"retry_max_ms", "60000"}}}},
    };
}

}  // namespace

TEST_CASE("every gnss driver is covered by the conformance cases") {
    Bench bench;
    std::set<std::string> covered;
    for (const Case& c : cases(bench)) covered.insert(c.config.driver);
    for (const std::string& name : gnss_driver_names()) CHECK(covered.count(name) == 1);
}

TEST_CASE(
    "every gnss driver delivers only fixes that keep the contract, received in order and not in the future") {
    Bench bench;
    for (const Case& c : cases(bench)) {
        INFO(c.name);
        FixLog log;
        auto gnss = make_gnss(c.config, *bench.clock).value();
        const std::int64_t started = bench.clock->boottime_us();
        REQUIRE(gnss->start(log.handler()).has_value());
        if (c.speaks) REQUIRE(log.wait_for_count(1));
        gnss->stop();
        std::int64_t previous = started;
        for (const Fix& fix : log.all()) {
            CHECK(keeps_contract(fix));
            CHECK(fix.received_us >= previous);
            previous = fix.received_us;
        }
        CHECK(previous <= bench.clock->boottime_us());
    }
}

TEST_CASE("every gnss driver stops promptly, and is silent afterwards") {
    Bench bench;
    for (const Case& c : cases(bench)) {
        INFO(c.name);
        FixLog log;
        auto gnss = make_gnss(c.config, *bench.clock).value();
        REQUIRE(gnss->start(log.handler()).has_value());
        if (c.speaks) REQUIRE(log.wait_for_count(1));
        const std::int64_t asked = bench.clock->boottime_us();
        gnss->stop();
        CHECK(bench.clock->boottime_us() - asked < 2'000'000);
        const std::size_t count = log.count();
        CHECK_FALSE(log.wait_for([](const Fix&) { return true; }, count, std::chrono::milliseconds(30)));
        gnss->stop();
    }
}

TEST_CASE("every gnss driver refuses a second start, and starts again after a stop") {
    Bench bench;
    for (const Case& c : cases(bench)) {
        INFO(c.name);
        FixLog log;
        FixLog second;
        auto gnss = make_gnss(c.config, *bench.clock).value();
        gnss->stop();
        REQUIRE(gnss->start(log.handler()).has_value());
        const Status again = gnss->start(log.handler());
        REQUIRE_FALSE(again.has_value());
        CHECK(again.error().code == ErrorCode::conflict);
        gnss->stop();
        REQUIRE(gnss->start(second.handler()).has_value());
        if (c.speaks) CHECK(second.wait_for_count(1));
    }
}

TEST_CASE("every gnss driver may be destroyed while it runs, and its state always has a sentence") {
    Bench bench;
    for (const Case& c : cases(bench)) {
        INFO(c.name);
        FixLog log;
        auto gnss = make_gnss(c.config, *bench.clock).value();
        CHECK_FALSE(gnss->status().detail.empty());
        REQUIRE(gnss->start(log.handler()).has_value());
        CHECK_FALSE(gnss->status().detail.empty());
        gnss.reset();
    }
}

TEST_CASE("every gnss driver refuses a misspelt setting by name") {
    Bench bench;
    for (Case& c : cases(bench)) {
        INFO(c.name);
        c.config.settings["badu"] = "9600";
        const auto made = make_gnss(c.config, *bench.clock);
        REQUIRE_FALSE(made.has_value());
        CHECK(made.error().code == ErrorCode::invalid_argument);
        CHECK(made.error().message.find("'badu'") != std::string::npos);
    }
}

TEST_CASE("an unknown gnss driver is refused with the names of those there are") {
    Bench bench;
    const auto made = make_gnss({"serail", {}}, *bench.clock);
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().message ==
          "there is no gnss driver 'serail'; choose one of empty, gpsd, replay, serial, sim");
}
