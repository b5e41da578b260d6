// What every supervisor driver keeps to. A new driver is added to cases().
#include <catch2/catch.hpp>

#include <set>

#include "hal/clock/system.hpp"
#include "hal/supervisor/supervisor.hpp"
#include "tests/unit/hal/supervisor/state_log.hpp"
#include "tests/unit/hal/supervisor/talking_port.hpp"
#include "tests/unit/hal/temp_folder.hpp"

using namespace fieldpost;
using namespace fieldpost::hal;
using namespace fieldpost::hal::testing;

namespace {

struct Bench {
    TempFolder folder;
    TalkingPort port{folder / "supervisor"};
    std::unique_ptr<Clock> clock = make_system_clock(0);
};

struct Case {
    std::string name;
    SupervisorConfig config;
    bool tells = true;    // calls the handler without help from outside
    bool answers = true;  // takes commands
};

std::vector<Case> cases(Bench& bench) {
    bench.port.start();
    return {
        {"empty", {"empty", {}}, false, false},
        {"sim", {"sim", {{"report_ms", "10"}}}},
        {"sim with a script", {"sim", {{"script", "0 supply low 11000; 0.01 sos"}, {"report_ms", "10"}}}},
        {"serial", {"serial", {{"path", bench.port.path().string()}}}},
        {"serial, not there",
         {"serial", {{"path", (bench.folder / "none").string()}, {"retry_max_ms", "60000"}}},
         true,
         false},
    };
}

void keeps_contract(const SupervisorState& state) {
    CHECK(state.deadline_us.has_value() == (state.power == PowerState::hold_up));
    CHECK((state.hold_up_cause == HoldUpCause::none) == (state.power != PowerState::hold_up));
    if (state.deadline_us) CHECK(*state.deadline_us >= state.received_us);
    CHECK((!state.tamper || state.tamper_openings > 0));
}

}  // namespace

TEST_CASE("every supervisor driver is covered by the conformance cases") {
    Bench bench;
    std::set<std::string> covered;
    for (const Case& c : cases(bench)) covered.insert(c.config.driver);
    for (const std::string& name : supervisor_driver_names()) CHECK(covered.count(name) == 1);
}

TEST_CASE("every supervisor driver tells only states that keep the contract, received in order") {
    Bench bench;
    for (const Case& c : cases(bench)) {
        INFO(c.name);
        StateLog log;
        auto supervisor = make_supervisor(c.config, *bench.clock).value();
        std::int64_t previous = bench.clock->boottime_us();
        REQUIRE(supervisor->start(log.handler()).has_value());
        if (c.tells) REQUIRE(log.wait_for_count(1));
        supervisor->stop();
        for (const auto& state : log.all()) {
            if (!state) continue;
            keeps_contract(*state);
            CHECK(state->received_us >= previous);
            previous = state->received_us;
        }
        CHECK(previous <= bench.clock->boottime_us());
    }
}

TEST_CASE("every supervisor driver stops promptly, is silent afterwards, and starts again") {
    Bench bench;
    for (const Case& c : cases(bench)) {
        INFO(c.name);
        StateLog log;
        auto supervisor = make_supervisor(c.config, *bench.clock).value();
        supervisor->stop();
        REQUIRE(supervisor->start(log.handler()).has_value());
        const Status again = supervisor->start(log.handler());
        REQUIRE_FALSE(again.has_value());
        CHECK(again.error().code == ErrorCode::conflict);
        if (c.tells) REQUIRE(log.wait_for_count(1));
        const std::int64_t asked = bench.clock->boottime_us();
        supervisor->stop();
        CHECK(bench.clock->boottime_us() - asked < 2'000'000);
        const std::size_t count = log.count();
        StateLog second;
        REQUIRE(supervisor->start(second.handler()).has_value());
        if (c.tells) CHECK(second.wait_for_count(1));
        CHECK(log.count() == count);
    }
}

TEST_CASE("every supervisor driver answers commands or says in a sentence why not, and always has a status") {
    Bench bench;
    for (const Case& c : cases(bench)) {
        INFO(c.name);
        StateLog log;
        auto supervisor = make_supervisor(c.config, *bench.clock).value();
        CHECK_FALSE(supervisor->status().detail.empty());
        REQUIRE(supervisor->start(log.handler()).has_value());
        if (c.tells) REQUIRE(log.wait_for_count(1));
        CHECK_FALSE(supervisor->status().detail.empty());
        supervisor->feed();
        const Status woken = supervisor->set_wake(60);
        const auto events = supervisor->read_log(0);
        const auto settings = supervisor->settings();
        CHECK(woken.has_value() == c.answers);
        CHECK(events.has_value() == c.answers);
        CHECK(settings.has_value() == c.answers);
        CHECK(supervisor->confirm_update().has_value() == c.answers);
        if (c.answers) {
            CHECK(settings->count("hold_up_ms") == 1);
            CHECK(supervisor->change_settings({{"hold_upms", 1}}).error().code ==
                  ErrorCode::invalid_argument);
            CHECK(supervisor->set_wake(31'536'001).error().code == ErrorCode::invalid_argument);
            CHECK(supervisor->done().has_value());
        } else {
            CHECK(woken.error().code == ErrorCode::unavailable);
            CHECK(supervisor->done().error().code == ErrorCode::unavailable);
            CHECK(supervisor->update("x").error().code == ErrorCode::unavailable);
        }
    }
}

TEST_CASE("every supervisor driver may be destroyed while it runs") {
    Bench bench;
    for (const Case& c : cases(bench)) {
        StateLog log;
        auto supervisor = make_supervisor(c.config, *bench.clock).value();
        REQUIRE(supervisor->start(log.handler()).has_value());
        supervisor.reset();
    }
}

TEST_CASE("every supervisor driver refuses a misspelt setting by name") {
    Bench bench;
    for (Case& c : cases(bench)) {
        INFO(c.name);
        c.config.settings["badu"] = "9600";
        const auto made = make_supervisor(c.config, *bench.clock);
        REQUIRE_FALSE(made.has_value());
        CHECK(made.error().code == ErrorCode::invalid_argument);
        CHECK(made.error().message.find("'badu'") != std::string::npos);
    }
}

TEST_CASE("an unknown supervisor driver is refused with the names of those there are") {
    Bench bench;
    const auto made = make_supervisor({"serail", {}}, *bench.clock);
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().message == "there is no supervisor driver 'serail'; choose one of empty, serial, sim");
}
