// Each rule of firmware/logic/power.hpp by itself.
#include <catch2/catch.hpp>

#include "tests/unit/firmware/bench.hpp"

using namespace fieldpost::firmware;
using namespace fieldpost::firmware::testing;

TEST_CASE("power comes with the ignition, and the first feed ends the time of starting") {
    PowerBench b;
    b.pass(60'000);
    CHECK_FALSE(b.on());
    b.inputs.ignition = true;
    b.pass(10);
    CHECK(b.state() == PowerState::starting);
    CHECK(b.power.memory().started_by == StartReason::ignition);
    b.power.feed(b.now_ms, 0);
    CHECK(b.state() == PowerState::on);
}

TEST_CASE("without the ignition the computer is asked to finish, and has the whole time to do it") {
    PowerBench b;
    b.start();
    b.inputs.ignition = false;
    b.pass(10);
    REQUIRE(b.state() == PowerState::hold_up);
    CHECK(b.power.memory().hold_up_cause == HoldUpCause::ignition_off);
    CHECK(b.power.hold_up_left_ms(b.now_ms) == b.settings.hold_up_ms);
    b.pass(b.settings.hold_up_ms - 10);
    CHECK(b.on());
    b.pass(10);
    CHECK_FALSE(b.on());
    CHECK(b.power.memory().cut_by == CutReason::hold_up_over);
}

TEST_CASE("done cuts power at once, and with the ignition back on it returns after its rest") {
    PowerBench b;
    b.start();
    b.inputs.ignition = false;
    b.pass(1'000);
    REQUIRE(b.done());
    CHECK_FALSE(b.on());
    CHECK(b.power.memory().cut_by == CutReason::done);
    b.inputs.ignition = true;
    b.pass(b.settings.off_ms - 10);
    CHECK_FALSE(b.on());
    b.pass(20);
    CHECK(b.on());
    CHECK(b.power.memory().run == 2);
}

TEST_CASE("a done of another run changes nothing") {
    PowerBench b;
    b.start();
    CHECK_FALSE(b.power.done(b.now_ms, 0));
    CHECK_FALSE(b.power.done(b.now_ms, 2));
    CHECK(b.on());
}

TEST_CASE("a done while the ignition is on restarts the computer") {
    PowerBench b;
    b.start();
    REQUIRE(b.done());
    b.pass(b.settings.off_ms + 10);
    CHECK(b.state() == PowerState::starting);
    CHECK(b.power.memory().started_by == StartReason::again);
    CHECK(b.power.memory().failed_runs == 0);
}

TEST_CASE("an ignition that comes back takes the hold-up back, and the watchdog counts anew") {
    PowerBench b;
    b.start();
    b.inputs.ignition = false;
    b.pass(b.settings.hold_up_ms / 2);
    b.inputs.ignition = true;
    b.pass(10);
    CHECK(b.state() == PowerState::on);
    CHECK(b.power.hold_up_left_ms(b.now_ms) == 0);
    b.pass(b.settings.host_watchdog_ms - 10);
    CHECK(b.on());
    b.pass(10);
    CHECK_FALSE(b.on());
}

TEST_CASE("a hold-up that is taken back leaves the computer a pause that it was granted") {
    PowerBench b;
    b.start();
    b.power.feed(b.now_ms, 300'000);
    b.inputs.ignition = false;
    b.pass(10'000);
    REQUIRE(b.state() == PowerState::hold_up);
    b.inputs.ignition = true;
    b.pass(289'980);
    CHECK(b.on());
    b.pass(20);
    CHECK_FALSE(b.on());
}

TEST_CASE("a computer that stops feeding is reset, one that feeds is not") {
    PowerBench b;
    b.start();
    b.pass_fed(3'600'000);
    CHECK(b.power.memory().run == 1);
    b.pass(b.settings.host_watchdog_ms + 10);
    CHECK(b.power.memory().cut_by == CutReason::host_watchdog);
    b.pass(b.settings.off_ms);
    CHECK(b.power.memory().run == 2);
    CHECK(b.power.memory().started_by == StartReason::again);
}

TEST_CASE("a pause that was announced is waited for, up to ten minutes") {
    PowerBench b;
    b.start();
    b.power.feed(b.now_ms, 300'000);
    b.pass(299'990);
    CHECK(b.on());
    b.power.feed(b.now_ms, 4'000'000);
    b.pass(Power::longest_pause_ms - 10);
    CHECK(b.on());
    b.pass(20);
    CHECK_FALSE(b.on());
}

TEST_CASE(
    "a computer that never speaks is reset so many times and then left alone until the ignition goes off") {
    PowerBench b;
    b.inputs.ignition = true;
    b.pass(b.settings.boot_tries * (b.settings.boot_ms + b.settings.off_ms + 20));
    CHECK(b.power.memory().unwatched);
    CHECK(b.power.memory().run == b.settings.boot_tries);
    b.pass(20 * b.settings.boot_ms);
    CHECK(b.power.memory().run == b.settings.boot_tries);
    CHECK(b.on());

    b.inputs.ignition = false;
    b.pass(b.settings.hold_up_ms + 20);
    CHECK_FALSE(b.on());
    b.inputs.ignition = true;
    b.pass(b.settings.off_ms + 20);
    CHECK(b.on());
    CHECK_FALSE(b.power.memory().unwatched);
    CHECK(b.power.memory().failed_runs == 0);
}

TEST_CASE("a computer left alone that speaks after all is watched again") {
    PowerBench b;
    b.settings.boot_tries = 1;
    b.inputs.ignition = true;
    b.pass(b.settings.boot_ms + 20);
    REQUIRE(b.power.memory().unwatched);
    b.pass_fed(b.settings.healthy_ms + 10);
    CHECK_FALSE(b.power.memory().unwatched);
    CHECK(b.power.memory().failed_runs == 0);
}

TEST_CASE("failed runs are forgotten after a healthy one") {
    PowerBench b;
    b.start();
    b.pass(b.settings.host_watchdog_ms + b.settings.off_ms + 20);
    CHECK(b.power.memory().failed_runs == 1);
    b.pass_fed(b.settings.healthy_ms + 10'000);
    CHECK(b.power.memory().failed_runs == 0);
}

TEST_CASE("a low or high supply asks the computer to finish and keeps it off") {
    for (const auto& [supply, cause] : {std::pair(SupplyState::low, HoldUpCause::supply_low),
                                        std::pair(SupplyState::high, HoldUpCause::supply_high)}) {
        PowerBench b;
        b.start();
        b.inputs.supply = supply;
        b.pass(10);
        CHECK(b.state() == PowerState::hold_up);
        CHECK(b.power.memory().hold_up_cause == cause);
        b.pass(b.settings.hold_up_ms);
        CHECK_FALSE(b.on());
        b.pass(86'400'000);
        CHECK_FALSE(b.on());
        b.inputs.supply = SupplyState::good;
        b.pass(10);
        CHECK(b.on());
    }
}

TEST_CASE("a supply that breaks down during a hold-up does not shorten it") {
    PowerBench b;
    b.start();
    b.inputs.ignition = false;
    b.pass(10);
    b.inputs.supply = SupplyState::high;
    b.pass(b.settings.hold_up_ms - 10);
    CHECK(b.on());
}

TEST_CASE("no computer is started into a starter motor's dip, and none is stopped by it") {
    PowerBench b;
    b.inputs.supply = SupplyState::cranking;
    b.inputs.ignition = true;
    b.pass(5'000);
    CHECK_FALSE(b.on());
    b.inputs.supply = SupplyState::good;
    b.pass(10);
    CHECK(b.on());
    b.power.feed(b.now_ms, 0);
    b.inputs.supply = SupplyState::cranking;
    b.pass(5'000);
    CHECK(b.state() == PowerState::on);
}

TEST_CASE("the timer wakes a parked vehicle once, for its time and no longer") {
    PowerBench b;
    b.power.set_timer(b.now_ms, 3'600);
    b.pass(3'599'990);
    CHECK_FALSE(b.on());
    b.pass(20);
    CHECK(b.power.memory().started_by == StartReason::timer);
    b.pass_fed(b.settings.wake_ms);
    CHECK(b.power.memory().hold_up_cause == HoldUpCause::run_over);
    b.pass(b.settings.hold_up_ms + 20);
    CHECK_FALSE(b.on());
    b.pass(86'400'000);
    CHECK(b.power.memory().run == 1);
}

TEST_CASE("a run in which the ignition was on ends with the ignition, any other with its wake") {
    struct Case {
        const char* what;
        bool woken;
        bool driven;
        bool reset;  // of the computer, on the way
        HoldUpCause expected;
    };
    const Case cases[] = {
        {"a drive", false, true, false, HoldUpCause::ignition_off},
        {"a drive with a reset", false, true, true, HoldUpCause::ignition_off},
        {"a wake", true, false, false, HoldUpCause::run_over},
        {"a wake with a reset", true, false, true, HoldUpCause::run_over},
        {"a wake that became a drive", true, true, false, HoldUpCause::ignition_off},
        {"a wake that became a drive, with a reset", true, true, true, HoldUpCause::ignition_off},
    };
    for (const Case& c : cases) {
        INFO(c.what);
        PowerBench b;
        if (c.woken) {
            b.inputs.sos_pressed = true;
            b.pass(10);
            b.pass_fed(60'000);
        }
        if (c.driven) {
            b.inputs.ignition = true;
            b.pass(10);
            b.pass_fed(60'000);
        }
        if (c.reset) b.pass(b.settings.host_watchdog_ms + b.settings.off_ms + 20);
        REQUIRE(b.power.memory().run == (c.reset ? 2 : 1));
        b.inputs.ignition = false;
        for (int i = 0; i < 1'000 && b.state() != PowerState::hold_up; ++i) b.pass_fed(5'000);
        CHECK(b.power.memory().hold_up_cause == c.expected);
    }
}

TEST_CASE("a timer that is taken back, or is due with an empty battery, wakes nobody") {
    PowerBench b;
    b.power.set_timer(b.now_ms, 60);
    b.power.set_timer(b.now_ms, 0);
    b.pass(120'000);
    CHECK_FALSE(b.on());
    b.power.set_timer(b.now_ms, 60);
    b.inputs.supply = SupplyState::low;
    b.pass(120'000);
    b.inputs.supply = SupplyState::good;
    b.pass(120'000);
    CHECK_FALSE(b.on());
    CHECK(b.events.count(Event::wake_skipped) == 1);
}

TEST_CASE("a timer that is due in a run without ignition begins another one, after the cut and a rest") {
    PowerBench b;
    b.power.set_timer(b.now_ms, 1);
    b.pass(1'010);
    REQUIRE(b.power.memory().started_by == StartReason::timer);
    b.power.set_timer(b.now_ms, 60);
    b.pass_fed(b.settings.wake_ms);
    REQUIRE(b.state() == PowerState::hold_up);
    b.pass(1'000);
    REQUIRE(b.done());
    b.pass(b.settings.wake_ms + b.settings.hold_up_ms - 20);
    CHECK_FALSE(b.on());
    b.pass(40);
    CHECK(b.power.memory().run == 2);
    CHECK(b.on());
}

TEST_CASE("a timer that is due on a drive keeps the computer on behind it, for its time and no longer") {
    PowerBench b;
    b.start();
    b.power.set_timer(b.now_ms, 60);
    b.pass_fed(65'000);
    b.inputs.ignition = false;
    b.pass_fed(b.settings.wake_ms - 10'000);
    CHECK(b.state() == PowerState::on);
    b.pass_fed(10'000);
    CHECK(b.state() == PowerState::hold_up);
}

TEST_CASE("the SOS button wakes the computer with an empty battery too, and its time ends") {
    PowerBench b;
    b.inputs.supply = SupplyState::low;
    b.inputs.sos_pressed = true;
    b.pass(10);
    CHECK(b.power.memory().started_by == StartReason::sos);
    b.pass_fed(b.settings.sos_ms - 10);
    CHECK(b.state() == PowerState::on);
    b.pass(20);
    CHECK(b.state() == PowerState::hold_up);
    b.pass(b.settings.hold_up_ms);
    CHECK_FALSE(b.on());
}

TEST_CASE("done ends a wake by the timer before its time") {
    PowerBench b;
    b.power.set_timer(b.now_ms, 1);
    b.pass(1'010);
    REQUIRE(b.on());
    REQUIRE(b.done());
    b.pass(b.settings.wake_ms);
    CHECK_FALSE(b.on());
}

TEST_CASE("a call for help that comes before a done on its way starts the computer again") {
    PowerBench b;
    b.start();
    b.inputs.ignition = false;
    b.pass(1'000);
    REQUIRE(b.state() == PowerState::hold_up);
    b.inputs.sos_pressed = true;
    b.pass(10);
    REQUIRE(b.done());
    CHECK_FALSE(b.on());
    b.pass(b.settings.off_ms + 10);
    CHECK(b.on());
    b.pass_fed(b.settings.sos_ms);
    CHECK(b.state() == PowerState::hold_up);
}

TEST_CASE("a reset of the supervisor in the middle of a hold-up loses none of it") {
    PowerBench b;
    b.start();
    b.inputs.ignition = false;
    b.pass(10'000);
    EventList events;
    Power again(b.settings, events);
    again.resume(b.power.memory());
    CHECK(again.hold_up_left_ms(b.now_ms) == b.power.hold_up_left_ms(b.now_ms));
    again.tick(b.now_ms + b.settings.hold_up_ms, {});
    CHECK_FALSE(again.powered());
}
