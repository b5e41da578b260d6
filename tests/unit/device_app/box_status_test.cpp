#include "daemon/device/app/box_status.hpp"

#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>

using namespace fieldpost;
using namespace fieldpost::device;
using Strings = std::vector<std::string>;

namespace {

constexpr std::int64_t second = 1'000'000;

const std::vector<NamedPart> some_parts{
    {"gnss", "GPS", {hal::PartState::not_fitted, "This vehicle has no receiver."}},
    {"supervisor", "Supervisor", {hal::PartState::not_fitted, "This vehicle has no supervisor."}},
    {"storage", "Disk", {hal::PartState::broken, "mmcblk0 is worn out. Replace it."}},
    {"journal", "Journal", {hal::PartState::ok, ""}},
};

hal::SupervisorState on() {
    hal::SupervisorState state;
    state.power = hal::PowerState::on;
    state.ignition = true;
    state.supply_mv = 12'600;
    state.version = 0x010203;
    return state;
}

}  // namespace

TEST_CASE("a part says how it is, and whether the board must have it, as far as a board says so") {
    const auto parts = parts_json(some_parts, {{"gnss", true}, {"storage", false}});
    CHECK(
        boost::json::serialize(parts[0]) ==
        R"({"name":"gnss","state":"not_fitted","detail":"This vehicle has no receiver.","mandatory":true})");
    CHECK(parts[2].at("mandatory") == false);
    CHECK(parts[3].at("mandatory").is_null());
}

TEST_CASE("a person is told of what is broken, and of what is missing and must be there") {
    CHECK(part_messages(some_parts, {{"gnss", true}, {"supervisor", false}}) ==
          Strings{"GPS: not fitted, and this board must have it. Have the vehicle seen to.",
                  "Disk: mmcblk0 is worn out. Replace it."});
}

TEST_CASE("what nobody tells is null") {
    CHECK(power_json(std::nullopt, 0).is_null());
    CHECK(disk_json(std::nullopt).is_null());
    hal::StorageReading reading;
    const auto disk = disk_json(reading);
    CHECK(disk.at("wear_percent").is_null());
    CHECK(disk.at("spare").is_null());
    CHECK(disk.at("errors").is_null());
}

TEST_CASE("a supervisor's state is told in its own words") {
    auto state = on();
    state.power = hal::PowerState::hold_up;
    state.deadline_us = 90 * second;
    state.hold_up_cause = hal::HoldUpCause::ignition_off;
    const auto power = power_json(state, 30 * second);
    CHECK(power.at("state") == "hold_up");
    CHECK(power.at("off_in_s") == 60);
    CHECK(power.at("off_cause") == "ignition_off");
    CHECK(power.at("firmware") == "1.2.3");
    CHECK(power.at("watched") == true);
    CHECK(power_json(state, 100 * second).at("off_in_s") == 0);
    CHECK(power_json(on(), 0).at("off_in_s").is_null());
}

TEST_CASE("a crew hears of power only when it concerns them") {
    CHECK(power_messages(std::nullopt, 0).empty());
    CHECK(power_messages(on(), 0).empty());

    auto ends = on();
    ends.power = hal::PowerState::hold_up;
    ends.deadline_us = 61 * second;
    CHECK(power_messages(ends, second) ==
          Strings{"This device switches off within 60 s. What is saved stays saved."});

    auto low = on();
    low.supply = hal::SupplyLevel::low;
    low.supply_mv = 11'250;
    CHECK(power_messages(low, 0) ==
          Strings{"The vehicle's battery is low (11.2 V): nothing large is fetched or sent."});

    auto opened = on();
    opened.tamper = true;
    opened.unwatched = true;
    opened.failed_runs = 5;
    CHECK(
        power_messages(opened, 0) ==
        Strings{"The case of this device is open.",
                "This device had to be reset 5 times in a row, and is not reset any more. Have it seen to."});
}

TEST_CASE("each part has a metric for each state, so that an alarm on broken ones is one rule") {
    support::Metrics metrics;
    set_box_metrics(metrics, some_parts, on(), std::nullopt);
    const std::string text = metrics.render();
    CHECK(text.find(R"(fieldpost_part_state{part="storage",state="broken"} 1)") != std::string::npos);
    CHECK(text.find(R"(fieldpost_part_state{part="storage",state="ok"} 0)") != std::string::npos);
    CHECK(text.find(R"(fieldpost_part_state{part="gnss",state="not_fitted"} 1)") != std::string::npos);
    CHECK(text.find("fieldpost_supply_volts 12.6") != std::string::npos);
    CHECK(text.find("fieldpost_disk") == std::string::npos);
}
