#include <catch2/catch.hpp>

#include "hal/clock/system.hpp"
#include "hal/link/link_script.hpp"
#include "tests/unit/hal/link/uplink_log.hpp"
#include "tests/unit/hal/temp_folder.hpp"

using namespace fieldpost;
using namespace fieldpost::hal;
using namespace fieldpost::hal::testing;

namespace {

Uplinks only_told(const LinkConfig& config) {
    const auto clock = make_system_clock(0);
    UplinkLog log;
    auto link = make_link(config, *clock).value();
    REQUIRE(link->start(log.handler()).has_value());
    REQUIRE(log.wait_for_count(1));
    link->stop();
    return log.all().front();
}

}  // namespace

TEST_CASE("a vehicle that says nothing of its link has one of unknown kind that costs nothing") {
    const Uplinks uplinks = only_told({});
    REQUIRE(uplinks.size() == 1);
    CHECK(uplinks[0].kind == LinkKind::unknown);
    CHECK(uplinks[0].up);
    CHECK_FALSE(uplinks[0].metered);
}

TEST_CASE("mobile and satellite links are metered unless the configuration says otherwise") {
    for (const std::string kind : {"lte", "satellite"}) {
        CHECK(only_told({"static", {{"kind", kind}}})[0].metered);
        CHECK_FALSE(only_told({"static", {{"kind", kind}, {"metered", "false"}}})[0].metered);
    }
    for (const std::string kind : {"wifi_depot", "wifi", "ethernet"}) {
        CHECK_FALSE(only_told({"static", {{"kind", kind}}})[0].metered);
        CHECK(only_told({"static", {{"kind", kind}, {"metered", "true"}}})[0].metered);
    }
}

TEST_CASE("a static link of a kind that does not exist is refused with those that do") {
    const auto clock = make_system_clock(0);
    const auto made = make_link({"static", {{"kind", "5g"}}}, *clock);
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().message.find("wifi_depot") != std::string::npos);
    CHECK(made.error().message.find("'5g'") != std::string::npos);
    CHECK_FALSE(make_link({"static", {{"name", ""}}}, *clock).has_value());
}

TEST_CASE("the first uplink that is up carries the traffic") {
    Uplinks uplinks = {{"wlan0", LinkKind::wifi, false, false, 0}, {"wwan0", LinkKind::lte, true, true, 0}};
    CHECK(carrier(uplinks)->name == "wwan0");
    uplinks[0].up = true;
    CHECK(carrier(uplinks)->name == "wlan0");
    uplinks[0].up = uplinks[1].up = false;
    CHECK(carrier(uplinks) == nullptr);
    CHECK(carrier({}) == nullptr);
}

TEST_CASE("a simulated day is told step by step, and a step that changes nothing is not told") {
    const auto clock = make_system_clock(0);
    const TempFolder folder;
    const auto day = folder.write("day.links",
                                  "# from the depot to the woods\n"
                                  "0   wlan0 wifi_depot up\n"
                                  "0   wwan0 lte up\n"
                                  "\n"
                                  "5   wlan0 wifi_depot up   # still there\n"
                                  "10  wlan0 wifi_depot down\n"
                                  "20  wwan0 lte down\n"
                                  "20  sat0 satellite up\n");
    UplinkLog log;
    auto link = make_link({"sim", {{"path", day.string()}, {"rate", "1000"}}}, *clock).value();
    REQUIRE(link->start(log.handler()).has_value());
    REQUIRE(log.wait_for_count(4));
    link->stop();
    const auto told = log.all();
    REQUIRE(told.size() == 4);
    REQUIRE(told[0].size() == 3);
    CHECK(carrier(told[0])->name == "wlan0");
    CHECK_FALSE(told[0][2].up);
    CHECK(carrier(told[1])->name == "wwan0");
    CHECK(carrier(told[1])->metered);
    CHECK(carrier(told[2]) == nullptr);
    CHECK(carrier(told[3])->kind == LinkKind::satellite);
}

TEST_CASE("a script with a wrong step is refused with its line") {
    for (const std::string step :
         {"x a lte up", "-1 a lte up", "1 a 5g up", "1 a lte on", "1 a lte", "1 a lte up free",
          "0.5 a lte up", "1 a lte up metered now", "nan a lte up"}) {
        INFO(step);
        const auto read = read_link_script("# a remark\n1 a lte up\n" + step);
        REQUIRE_FALSE(read.has_value());
        CHECK(read.error().message.find("line 3") == 0);
    }
    CHECK_FALSE(read_link_script(" \n# nothing\n").has_value());
    CHECK(read_link_script("0 a lte up; 1.5 a lte down metered").value()[1].at_us == 1'500'000);
}

TEST_CASE("a simulated link needs one script, and a loop that takes time") {
    const auto clock = make_system_clock(0);
    CHECK_FALSE(make_link({"sim", {}}, *clock).has_value());
    CHECK_FALSE(make_link({"sim", {{"script", "0 a lte up"}, {"path", "b"}}}, *clock).has_value());
    CHECK_FALSE(make_link({"sim", {{"script", "0 a lte up"}, {"loop", "true"}}}, *clock).has_value());
    const auto missing = make_link({"sim", {{"path", "nowhere.links"}}}, *clock);
    REQUIRE_FALSE(missing.has_value());
    CHECK(missing.error().code == ErrorCode::not_found);
}
