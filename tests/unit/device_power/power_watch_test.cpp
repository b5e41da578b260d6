#include "daemon/device/power/power_watch.hpp"

#include <catch2/catch.hpp>
#include <deque>
#include <fstream>
#include <thread>

#include "firmware/logic/settings.hpp"
#include "hal/clock/sim.hpp"
#include "hal/clock/system.hpp"
#include "sync/base/file.hpp"
#include "tests/unit/support/temporary_folder.hpp"

using namespace fieldpost;
using namespace fieldpost::device;
using namespace std::chrono_literals;

namespace {

// Says what the test says, and notes what it is told.
class PlayedSupervisor final : public hal::Supervisor {
  public:
    Status start(hal::SupervisorHandler on_state) override {
        on_state_ = std::move(on_state);
        return ok();
    }
    void stop() override { on_state_ = nullptr; }
    hal::PartStatus status() const override { return {hal::PartState::ok, "played"}; }
    void feed(std::uint32_t pause_s) override {
        const std::lock_guard lock(mutex_);
        feeds_.push_back(pause_s);
    }
    Status done() override {
        const std::lock_guard lock(mutex_);
        said_.push_back("done");
        if (silent_) return fail(ErrorCode::unavailable, "no answer");
        return fail(ErrorCode::conflict, "another run");
    }
    Status set_wake(std::uint32_t after_s) override {
        const std::lock_guard lock(mutex_);
        said_.push_back("wake " + std::to_string(after_s));
        return ok();
    }
    Result<std::vector<hal::SupervisorEvent>> read_log(std::uint32_t) override {
        return std::vector<hal::SupervisorEvent>{};
    }
    Result<hal::SupervisorSettings> settings() override {
        const std::lock_guard lock(mutex_);
        if (deaf_to_ > 0) {
            --deaf_to_;
            return fail(ErrorCode::unavailable, "no answer");
        }
        return held_;
    }
    Status change_settings(const hal::SupervisorSettings& changes) override {
        const std::lock_guard lock(mutex_);
        changes_.push_back(changes);
        if (refusals_.empty()) {
            for (const auto& [name, value] : changes) held_[name] = value;
            return ok();
        }
        const Error refusal = refusals_.front();
        refusals_.pop_front();
        return refusal;
    }
    Status update(BytesView) override { return ok(); }
    Status confirm_update() override {
        const std::lock_guard lock(mutex_);
        said_.push_back("confirm");
        return ok();
    }

    // Refuses the next change of its settings.
    void refuse_settings(const Error& why) {
        const std::lock_guard lock(mutex_);
        refusals_.push_back(why);
    }
    // Does not answer done().
    void be_silent() { silent_ = true; }
    std::vector<hal::SupervisorSettings> changes() const {
        const std::lock_guard lock(mutex_);
        return changes_;
    }
    // Does not answer when it is asked so often for its settings.
    void be_deaf_to(int questions) {
        const std::lock_guard lock(mutex_);
        deaf_to_ = questions;
    }
    void says(const std::optional<hal::SupervisorState>& state) { on_state_(state); }
    std::vector<std::uint32_t> feeds() const {
        const std::lock_guard lock(mutex_);
        return feeds_;
    }
    std::vector<std::string> said() const {
        const std::lock_guard lock(mutex_);
        return said_;
    }

  private:
    hal::SupervisorHandler on_state_;
    mutable std::mutex mutex_;
    int deaf_to_ = 0;
    bool silent_ = false;
    hal::SupervisorSettings held_{{"host_watchdog_ms", 1000}, {"low_mv", 11'600}, {"resume_mv", 12'200}};
    std::deque<Error> refusals_;
    std::vector<hal::SupervisorSettings> changes_;
    std::vector<std::uint32_t> feeds_;
    std::vector<std::string> said_;
};

struct Bench {
    support::TemporaryFolder folder;
    support::EventLoop loop;
    std::shared_ptr<hal::Clock> clock = hal::make_system_clock(0);
    hal::SupervisorSettings settings;  // that the supervisor is to be set to
    std::vector<std::string> refused;
    std::shared_ptr<PlayedSupervisor> supervisor = std::make_shared<PlayedSupervisor>();
    PowerWork work;
    bool works = true;
    bool saves = true;
    int changes = 0;
    int stops = 0;
    int alarms = 0;
    bool slow = false;                 // what is to be saved waits
    std::function<void(bool)> saving;  // for this
    std::unique_ptr<PowerWatch> watch;

    Bench() { open(); }

    void open(std::int64_t stay_us = 0) {
        watch.reset();
        PowerEvents events;
        events.work = [this] { return work; };
        events.works = [this] { return works; };
        events.changed = [this] { ++changes; };
        events.stop = [this] { ++stops; };
        events.settings_refused = [this](const Error& error) { refused.push_back(error.message); };
        events.sos = [this](const std::function<void(bool)>& saved) {
            ++alarms;
            if (slow) {
                saving = saved;
            } else {
                saved(saves);
            }
        };
        watch = std::make_unique<PowerWatch>(loop, supervisor, PowerRules{stay_us}, settings,
                                             folder.path / "sos", *clock, std::move(events));
        REQUIRE(watch->start().has_value());
    }

    // Time goes on by the test's word alone; open() comes next.
    std::shared_ptr<hal::SimClock> stand_still() {
        auto still = std::make_shared<hal::SimClock>();
        watch.reset();
        clock = still;
        return still;
    }

    // Runs the loop until `reached`, ten seconds at most.
    bool reach(const std::function<bool()>& reached) {
        const auto limit = std::chrono::steady_clock::now() + 10s;
        bool there = false;
        const auto look = loop.every(2ms, [&] {
            there = reached();
            if (there || std::chrono::steady_clock::now() > limit) loop.stop();
        });
        loop.run();
        return there;
    }

    // It was silent, and is heard again: its settings are looked at once more.
    void meet_again() {
        supervisor->says(std::nullopt);
        settle();
        supervisor->says(on());
    }

    // What was posted until now has run.
    void settle() {
        loop.post([this] { loop.stop(); });
        loop.run();
    }

    hal::SupervisorState on() const {
        hal::SupervisorState state;
        state.power = hal::PowerState::on;
        state.ignition = true;
        state.run = 1;
        state.supply_mv = 12'600;
        return state;
    }

    hal::SupervisorState asked_to_finish(std::int64_t in_us) const {
        hal::SupervisorState state = on();
        state.power = hal::PowerState::hold_up;
        state.ignition = false;
        state.hold_up_cause = hal::HoldUpCause::ignition_off;
        state.received_us = clock->boottime_us();
        state.deadline_us = state.received_us + in_us;
        return state;
    }
};

}  // namespace

TEST_CASE(
    "the supervisor is fed at the pace of its own watchdog while the program works, and not when it hangs") {
    Bench bench;
    bench.supervisor->says(bench.on());
    REQUIRE(bench.reach([&] { return bench.supervisor->feeds().size() >= 3; }));
    bench.works = false;
    const std::size_t fed = bench.supervisor->feeds().size();
    int turns = 0;
    const auto count = bench.loop.every(250ms, [&] { ++turns; });
    REQUIRE(bench.reach([&] { return turns >= 3; }));
    CHECK(bench.supervisor->feeds().size() == fed);
}

TEST_CASE("a supervisor that does not tell its settings is asked again, and fed often until it does") {
    Bench bench;
    bench.supervisor->be_deaf_to(1);
    bench.supervisor->says(bench.on());
    CHECK(bench.reach([&] { return bench.supervisor->feeds().size() >= 4; }));
}

TEST_CASE("a supervisor that was heard once is fed on when it falls silent: it still counts") {
    Bench bench;
    bench.supervisor->says(bench.on());
    REQUIRE(bench.reach([&] { return bench.supervisor->feeds().size() >= 2; }));
    bench.supervisor->says(std::nullopt);
    bench.settle();
    const std::size_t fed = bench.supervisor->feeds().size();
    CHECK(bench.reach([&] { return bench.supervisor->feeds().size() >= fed + 2; }));
    bench.watch.reset();
    CHECK(bench.supervisor->feeds().back() == 600);
}

TEST_CASE("the supervisor is set to what the vehicle wants, and told only what differs") {
    Bench bench;
    bench.settings = {{"low_mv", 23'000}, {"resume_mv", 12'200}};
    bench.open();
    bench.supervisor->says(bench.on());
    REQUIRE(bench.reach([&] { return !bench.supervisor->changes().empty(); }));
    const std::vector<hal::SupervisorSettings> changes{{{"low_mv", 23'000}}};
    CHECK(bench.supervisor->changes() == changes);
    bench.meet_again();
    const std::size_t fed = bench.supervisor->feeds().size();
    REQUIRE(bench.reach([&] { return bench.supervisor->feeds().size() >= fed + 3; }));
    CHECK(bench.supervisor->changes() == changes);
    CHECK(bench.refused.empty());
}

TEST_CASE("the pace of the feeds is the one of the watchdog that the vehicle wants") {
    Bench bench;
    bench.settings = {{"host_watchdog_ms", 600'000}};
    bench.open();
    bench.supervisor->says(bench.on());
    REQUIRE(bench.reach([&] { return !bench.supervisor->changes().empty(); }));
    int turns = 0;
    const auto count = bench.loop.every(300ms, [&] { ++turns; });
    REQUIRE(bench.reach([&] { return turns >= 3; }));
    CHECK(bench.supervisor->feeds().size() <= 3);  // not four a second
}

TEST_CASE("settings that do not come through are told again with the next feed") {
    Bench bench;
    bench.settings = {{"low_mv", 23'000}};
    bench.supervisor->refuse_settings(fail(ErrorCode::unavailable, "no answer"));
    bench.open();
    bench.supervisor->says(bench.on());
    REQUIRE(bench.reach([&] { return bench.supervisor->changes().size() == 2; }));
    const std::size_t fed = bench.supervisor->feeds().size();
    REQUIRE(bench.reach([&] { return bench.supervisor->feeds().size() >= fed + 3; }));
    CHECK(bench.supervisor->changes().size() == 2);
    CHECK(bench.refused.empty());
}

TEST_CASE(
    "settings that the supervisor refuses, or cannot keep, are told to people, and not tried for ever") {
    const ErrorCode code = GENERATE(ErrorCode::invalid_argument, ErrorCode::io);
    Bench bench;
    bench.settings = {{"low_mv", 99'000}};
    bench.supervisor->refuse_settings(fail(code, "it takes no such value"));
    bench.open();
    bench.supervisor->says(bench.on());
    REQUIRE(bench.reach([&] { return !bench.refused.empty(); }));
    CHECK(bench.refused.front().find("low_mv = 99000") != std::string::npos);
    CHECK(bench.refused.front().find("it takes no such value") != std::string::npos);
    bench.meet_again();
    const std::size_t fed = bench.supervisor->feeds().size();
    REQUIRE(bench.reach([&] { return bench.supervisor->feeds().size() >= fed + 3; }));
    CHECK(bench.supervisor->changes().size() == 1);
    CHECK(bench.refused.size() == 1);
}

TEST_CASE("a new firmware of the supervisor has a minute of its own, however long the program has run") {
    Bench bench;
    const auto clock = bench.stand_still();
    bench.open();
    const auto fed_on = [&] {
        const std::size_t fed = bench.supervisor->feeds().size();
        REQUIRE(bench.reach([&] { return bench.supervisor->feeds().size() >= fed + 3; }));
    };
    auto state = bench.on();
    state.version = 0x000100;
    bench.supervisor->says(state);
    clock->advance(600'000'000);
    fed_on();
    state.version = 0x000200;
    state.trial = true;
    bench.supervisor->says(state);
    fed_on();
    CHECK(bench.supervisor->said().empty());
    clock->advance(59'000'000);
    fed_on();
    CHECK(bench.supervisor->said().empty());
    clock->advance(1'000'000);
    CHECK(bench.reach([&] { return bench.supervisor->said() == std::vector<std::string>{"confirm"}; }));
}

TEST_CASE("the service manager starts what hangs anew before the supervisor cuts the power") {
    const auto unit = read_file(FIELDPOST_SERVICE, 65'536).value();
    const auto seconds = [&unit](const std::string& key) {
        const std::size_t at = unit.find("\n" + key + "=");
        REQUIRE(at != std::string::npos);
        return std::stoul(unit.substr(at + key.size() + 2));
    };
    const unsigned long cut_s = firmware::Settings{}.host_watchdog_ms / 1000;
    // The last feed is as old as a quarter when it begins to hang; the next one needs some seconds.
    CHECK(cut_s / 4 + seconds("WatchdogSec") + seconds("TimeoutAbortSec") + seconds("RestartSec") < cut_s);
}

TEST_CASE("who is never heard is never fed") {
    Bench bench;
    bench.settle();
    bench.watch.reset();
    CHECK(bench.supervisor->feeds().empty());
}

TEST_CASE("while the program starts and its loop does not run yet, the supervisor is asked for minutes") {
    Bench bench;
    bench.supervisor->says(bench.on());
    CHECK(bench.supervisor->feeds() == std::vector<std::uint32_t>{600});
    bench.supervisor->says(std::nullopt);
    bench.supervisor->says(bench.on());
    CHECK(bench.supervisor->feeds().size() == 1);
    bench.settle();
    CHECK(bench.supervisor->feeds().back() == 0);
}

TEST_CASE(
    "a supervisor that is heard for the first time when the program has ended is asked for minutes too") {
    Bench bench;
    bench.watch.reset();
    bench.supervisor->says(bench.on());
    CHECK(bench.supervisor->feeds() == std::vector<std::uint32_t>{600});
}

TEST_CASE("a program that ends for another reason asks for some minutes without feeds") {
    Bench bench;
    bench.supervisor->says(bench.on());
    bench.settle();
    bench.watch.reset();
    CHECK(bench.supervisor->feeds().back() == 600);
}

TEST_CASE("power that goes ends the program once, and it says so") {
    Bench bench;
    bench.supervisor->says(bench.asked_to_finish(60'000'000));
    bench.settle();
    CHECK(bench.stops == 1);
    CHECK(bench.watch->stopping());
    CHECK(bench.watch->spares());
    bench.supervisor->says(bench.on());
    bench.settle();
    bench.supervisor->says(bench.asked_to_finish(60'000'000));
    bench.settle();
    CHECK(bench.stops == 1);
    bench.watch.reset();
    CHECK(bench.supervisor->feeds().back() == 0);  // no pause: the computer is to be cut, or reset
}

TEST_CASE("what waits is looked at each second, and the program ends when it is sent") {
    Bench bench;
    bench.work = {true, 2};
    bench.supervisor->says(bench.asked_to_finish(60'000'000));
    bench.settle();
    CHECK(bench.stops == 0);
    bench.work.waiting = 0;
    CHECK(bench.reach([&] { return bench.stops == 1; }));
}

TEST_CASE("a supervisor that falls silent before power goes takes nothing back") {
    Bench bench;
    const auto clock = bench.stand_still();
    bench.open(10'000'000);
    bench.supervisor->says(bench.asked_to_finish(60'000'000));
    bench.settle();
    clock->advance(20'000'000);
    bench.supervisor->says(std::nullopt);
    bench.settle();
    CHECK(bench.stops == 0);
    CHECK(bench.watch->spares());
    clock->advance(30'000'000);
    CHECK(bench.reach([&] { return bench.stops == 1; }));
}

TEST_CASE("an ignition that comes back keeps the program running") {
    Bench bench;
    bench.open(30'000'000);
    bench.supervisor->says(bench.asked_to_finish(60'000'000));
    bench.settle();
    bench.supervisor->says(bench.on());
    bench.settle();
    CHECK(bench.stops == 0);
    CHECK_FALSE(bench.watch->spares());
}

TEST_CASE("a state that says nothing new wakes nobody") {
    Bench bench;
    auto state = bench.on();
    bench.supervisor->says(state);
    bench.settle();
    const int before = bench.changes;
    for (int at = 1; at < 5; ++at) {
        ++state.uptime_s;
        ++state.received_us;
        state.supply_mv += 10;
        bench.supervisor->says(state);
    }
    bench.settle();
    CHECK(bench.changes == before);
    CHECK(bench.watch->state()->uptime_s == 4);
    bench.supervisor->says(std::nullopt);
    bench.settle();
    CHECK(bench.changes == before + 1);
    CHECK_FALSE(bench.watch->state().has_value());
}

TEST_CASE("a battery that empties in small steps is told of, each quarter of a volt") {
    Bench bench;
    auto state = bench.on();
    bench.supervisor->says(state);
    bench.settle();
    const int before = bench.changes;
    for (int step = 1; step <= 50; ++step) {
        state.supply_mv -= 10;
        bench.supervisor->says(state);
    }
    bench.settle();
    CHECK(bench.changes == before + 2);
}

TEST_CASE("the SOS button is reported once, over restarts of the program too") {
    Bench bench;
    auto state = bench.on();
    bench.supervisor->says(state);
    bench.settle();
    CHECK(bench.alarms == 0);
    state.sos_presses = 1;
    bench.supervisor->says(state);
    bench.settle();
    CHECK(bench.alarms == 1);
    bench.open();
    bench.supervisor->says(state);
    bench.settle();
    CHECK(bench.alarms == 1);
    state.sos_presses = 3;
    bench.supervisor->says(state);
    bench.settle();
    CHECK(bench.alarms == 2);
}

TEST_CASE(
    "the SOS button is reported again after the supervisor lost its power, also when it counts as before") {
    Bench bench;
    auto state = bench.on();
    state.starts = 1;
    bench.supervisor->says(state);
    bench.settle();
    state.sos_presses = 1;
    bench.supervisor->says(state);
    bench.settle();
    REQUIRE(bench.alarms == 1);
    bench.open();
    state.starts = 2;
    bench.supervisor->says(state);
    bench.settle();
    CHECK(bench.alarms == 2);
}

TEST_CASE("a press of the SOS button while an earlier one is being saved is reported behind it") {
    Bench bench;
    auto state = bench.on();
    bench.supervisor->says(state);
    bench.settle();
    bench.slow = true;
    state.sos_presses = 1;
    bench.supervisor->says(state);
    bench.settle();
    state.sos_presses = 2;
    bench.supervisor->says(state);
    bench.settle();
    CHECK(bench.alarms == 1);
    bench.slow = false;
    bench.saving(true);
    CHECK(bench.alarms == 2);
    bench.supervisor->says(state);
    bench.settle();
    CHECK(bench.alarms == 2);
}

TEST_CASE("an SOS that could not be saved is told again with the next state") {
    Bench bench;
    auto state = bench.on();
    state.started_by = hal::StartReason::sos;
    state.sos_presses = 1;
    bench.saves = false;
    bench.supervisor->says(state);
    bench.settle();
    CHECK(bench.alarms == 1);
    bench.saves = true;
    ++state.supply_mv;
    state.tamper = true;
    bench.supervisor->says(state);
    bench.settle();
    CHECK(bench.alarms == 2);
    state.tamper = false;
    bench.supervisor->says(state);
    bench.settle();
    CHECK(bench.alarms == 2);
}

TEST_CASE("a damaged record of reported alarms is set aside, and the device begins anew") {
    Bench bench;
    bench.watch.reset();
    bench.folder.write("sos", "sos 1 what\n");
    bench.open();
    CHECK_FALSE(std::filesystem::exists(bench.folder.path / "sos"));
    CHECK(std::filesystem::exists(bench.folder.path / "sos.damaged-1"));
}

TEST_CASE("the last word sets the wake-up and then says done; what the supervisor refuses is told") {
    PlayedSupervisor supervisor;
    const auto given = give_power_back(supervisor, 3600, [] { return true; });
    CHECK(given.error().code == ErrorCode::conflict);
    CHECK(supervisor.said() == std::vector<std::string>{"wake 3600", "done"});
}

TEST_CASE("a supervisor that does not answer at the end may cut the power yet: nothing is opened before") {
    PlayedSupervisor supervisor;
    supervisor.be_silent();
    std::chrono::seconds waited{0};
    const auto given = give_power_back(
        supervisor, 0, [] { return true; }, [&](std::chrono::seconds s) { waited += s; });
    CHECK(given.error().code == ErrorCode::unavailable);
    CHECK(waited == 30s);
}

TEST_CASE("power that stays after all, for an ignition or a call for help, is not given back") {
    Bench bench;
    bench.supervisor->says(bench.asked_to_finish(60'000'000));
    bench.settle();
    REQUIRE(bench.watch->stopping());
    const auto power_goes = bench.watch->power_goes();
    bench.watch.reset();
    CHECK(power_goes());
    bench.supervisor->says(std::nullopt);
    CHECK(power_goes());  // the answer to done tells
    bench.supervisor->says(bench.on());
    CHECK_FALSE(power_goes());

    const auto given = give_power_back(*bench.supervisor, 3600, power_goes);
    CHECK(given.error().code == ErrorCode::unavailable);
    CHECK(bench.supervisor->said() == std::vector<std::string>{"wake 0"});
    CHECK(bench.supervisor->feeds().back() == 600);  // until the program is started again
}
