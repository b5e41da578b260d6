#include "daemon/device/record/health_pace.hpp"

#include <catch2/catch.hpp>
#include <functional>

using namespace fieldpost;
using namespace fieldpost::device;
using Limits = HealthLimits;

namespace {

constexpr std::int64_t second = Limits::second_us;

NewHealth all_well() {
    NewHealth health;
    health.supervisor = hal::SupervisorState();
    health.storage = hal::StorageReading();
    return health;
}

// One that was reported at 1,000 s.
HealthPace reported_once(const NewHealth& health) {
    HealthPace pace;
    pace.reported(health, 1000 * second);
    return pace;
}

}  // namespace

TEST_CASE("health is due at the start, and then once an hour") {
    HealthPace pace;
    CHECK(pace.is_due({}, 0));
    CHECK(pace.is_due(all_well(), 7 * second));
    pace = reported_once(all_well());
    CHECK_FALSE(pace.is_due(all_well(), (1000 + 3599) * second));
    CHECK(pace.is_due(all_well(), (1000 + 3600) * second));
}

TEST_CASE(
    "health is due at once when something happened that matters, and a minute after the last at the "
    "earliest") {
    struct Row {
        std::string_view what;
        bool due;
        std::function<void(NewHealth&)> happens;
    };
    const Row rows[] = {
        {"nothing", false, [](NewHealth&) {}},
        {"a part breaks", true,
         [](NewHealth& now) {
             now.broken.push_back({"gnss", "no answer"});
         }},
        {"the vehicle's supply is low", true,
         [](NewHealth& now) { now.supervisor->supply = hal::SupplyLevel::low; }},
        {"the engine starts", false,
         [](NewHealth& now) { now.supervisor->supply = hal::SupplyLevel::cranking; }},
        {"the voltage moves", false, [](NewHealth& now) { now.supervisor->supply_mv = 11'900; }},
        {"the case is open", true, [](NewHealth& now) { now.supervisor->tamper = true; }},
        {"the case was open for a moment", true, [](NewHealth& now) { now.supervisor->tamper_openings = 1; }},
        {"the disk turns read-only", true, [](NewHealth& now) { now.storage->read_only = true; }},
        {"the disk fills", false, [](NewHealth& now) { now.storage->free_bytes = 1; }},
        {"the disk wears", false, [](NewHealth& now) { now.storage->wear_percent = 90; }},
        {"time passes", false, [](NewHealth& now) { now.uptime = std::chrono::seconds(60); }},
        {"the supervisor falls silent", false, [](NewHealth& now) { now.supervisor.reset(); }},
        {"the disk does not answer", false, [](NewHealth& now) { now.storage.reset(); }},
    };
    const HealthPace pace = reported_once(all_well());
    for (const Row& row : rows) {
        INFO(row.what);
        NewHealth now = all_well();
        row.happens(now);
        CHECK_FALSE(pace.is_due(now, (1000 + 59) * second));
        CHECK(pace.is_due(now, (1000 + 60) * second) == row.due);
    }
}

TEST_CASE("what gets well again is due where somebody may have set out for it") {
    NewHealth broken = all_well();
    broken.broken = {{"gnss", "no answer"}, {"link", "no modem"}};
    broken.supervisor->supply = hal::SupplyLevel::low;
    broken.supervisor->tamper = true;
    broken.supervisor->tamper_openings = 1;
    broken.storage->read_only = true;
    const HealthPace pace = reported_once(broken);
    const auto is_due = [&](const std::function<void(NewHealth&)>& happens) {
        NewHealth now = broken;
        happens(now);
        return pace.is_due(now, 1100 * second);
    };
    CHECK_FALSE(is_due([](NewHealth&) {}));
    CHECK(is_due([](NewHealth& now) { now.broken.pop_back(); }));
    CHECK(is_due([](NewHealth& now) { now.broken[0].name = "clock"; }));
    CHECK(is_due([](NewHealth& now) { now.supervisor->supply = hal::SupplyLevel::good; }));
    CHECK_FALSE(is_due([](NewHealth& now) { now.broken[0].detail = "still none"; }));
    CHECK_FALSE(is_due([](NewHealth& now) { std::swap(now.broken[0], now.broken[1]); }));
    CHECK_FALSE(is_due([](NewHealth& now) { now.supervisor->tamper = false; }));
    CHECK_FALSE(is_due([](NewHealth& now) { now.storage->read_only = false; }));
    // Opened again since.
    CHECK(is_due([](NewHealth& now) { now.supervisor->tamper_openings = 2; }));
}

TEST_CASE(
    "the first word of a supervisor is news, for it says why the box has power; that it speaks again is "
    "none") {
    NewHealth unheard = all_well();
    unheard.supervisor.reset();
    HealthPace pace = reported_once(unheard);
    CHECK_FALSE(pace.is_due(unheard, 1100 * second));
    CHECK(pace.is_due(all_well(), 1100 * second));
    NewHealth opened = all_well();
    opened.supervisor->tamper_openings = 3;
    pace.reported(opened, 1100 * second);
    pace.reported(unheard, 1200 * second);  // what was said last counts on
    CHECK_FALSE(pace.is_due(opened, 1300 * second));
}

TEST_CASE("a record that was lost is due again after a minute") {
    HealthPace pace = reported_once(all_well());
    pace.lost();
    CHECK_FALSE(pace.is_due(all_well(), (1000 + 59) * second));
    CHECK(pace.is_due(all_well(), (1000 + 60) * second));
    pace.reported(all_well(), (1000 + 60) * second);
    CHECK_FALSE(pace.is_due(all_well(), (1000 + 120) * second));
}
