#include "daemon/device/power/power_policy.hpp"

#include <rapidcheck.h>

#include <algorithm>
#include <catch2/catch.hpp>

using namespace fieldpost::device;
using fieldpost::hal::HoldUpCause;
using fieldpost::hal::PowerState;
using fieldpost::hal::SupervisorState;
using fieldpost::hal::SupplyLevel;
using Step = PowerPolicy::Step;

namespace {

constexpr std::int64_t second = PowerRules::second_us;

SupervisorState on() {
    SupervisorState state;
    state.power = PowerState::on;
    state.ignition = true;
    return state;
}

SupervisorState hold_up(std::int64_t deadline_us, HoldUpCause cause = HoldUpCause::ignition_off) {
    SupervisorState state;
    state.power = PowerState::hold_up;
    state.deadline_us = deadline_us;
    state.hold_up_cause = cause;
    return state;
}

constexpr PowerWork nothing{true, 0};
constexpr PowerWork three_wait{true, 3};
constexpr PowerWork three_wait_offline{false, 3};

}  // namespace

TEST_CASE("while nobody asks for an end the device runs, also when nobody is there to ask") {
    PowerPolicy policy{{}};
    CHECK(policy.step(on(), nothing, 0) == Step::run);
    CHECK(policy.step(std::nullopt, three_wait, second) == Step::run);
}

TEST_CASE("after the ignition went off the device stays as long as it was told, and then stops") {
    PowerPolicy policy{{30 * second}};
    const auto asked = hold_up(120 * second);
    CHECK(policy.step(asked, nothing, 0) == Step::stay);
    CHECK(policy.step(asked, nothing, 29 * second) == Step::stay);
    CHECK(policy.step(asked, nothing, 30 * second) == Step::stop);
}

TEST_CASE("an empty battery ends it at once when nothing is to be sent") {
    PowerPolicy policy{{30 * second}};
    CHECK(policy.step(hold_up(120 * second, HoldUpCause::supply_low), nothing, 0) == Step::stop);
}

TEST_CASE("what waits is sent first while the hub takes it, and not waited for without it") {
    PowerPolicy sends{{0}};
    const auto asked = hold_up(120 * second, HoldUpCause::supply_low);
    CHECK(sends.step(asked, three_wait, 0) == Step::stay);
    CHECK(sends.step(asked, {true, 1}, 14 * second) == Step::stay);
    CHECK(sends.step(asked, {true, 1}, 28 * second) == Step::stay);  // the last progress was at 14 s
    CHECK(sends.step(asked, nothing, 28 * second) == Step::stop);

    PowerPolicy alone{{0}};
    CHECK(alone.step(asked, three_wait_offline, 0) == Step::stop);
}

TEST_CASE("a hub that takes nothing is not waited for to the end") {
    PowerPolicy policy{{0}};
    const auto asked = hold_up(120 * second);
    CHECK(policy.step(asked, three_wait, 0) == Step::stay);
    CHECK(policy.step(asked, {true, 4}, 10 * second) == Step::stay);  // somebody records on
    CHECK(policy.step(asked, {true, 4}, 15 * second) == Step::stop);
}

TEST_CASE("time is kept back of the hold-up to close and sync the stores") {
    PowerPolicy longer{{600 * second}};
    CHECK(longer.step(hold_up(120 * second), three_wait, 0) == Step::stay);
    CHECK(longer.step(hold_up(120 * second), three_wait, 10 * second) == Step::stay);
    CHECK(longer.step(hold_up(120 * second), three_wait, 90 * second) == Step::stop);

    PowerPolicy brief{{600 * second}};
    CHECK(brief.step(hold_up(8 * second), three_wait, 0) == Step::stay);
    CHECK(brief.step(hold_up(8 * second), three_wait, 6 * second) == Step::stop);
}

TEST_CASE("an update that is being installed is not broken off while there is time to close the stores") {
    PowerPolicy policy{{0}};
    const auto asked = hold_up(120 * second, HoldUpCause::supply_low);
    CHECK(policy.step(asked, {true, 0, true}, 0) == Step::stay);
    CHECK(policy.step(asked, {true, 0, true}, 89 * second) == Step::stay);
    CHECK(policy.step(asked, {true, 0, true}, 90 * second) == Step::stop);

    PowerPolicy installed{{0}};
    CHECK(installed.step(asked, {true, 0, true}, 0) == Step::stay);
    CHECK(installed.step(asked, nothing, second) == Step::stop);
}

TEST_CASE("a supervisor that falls silent in a hold-up may cut the power at the deadline that it told last") {
    PowerPolicy policy{{10 * second}};
    CHECK(policy.step(hold_up(100 * second), nothing, 0) == Step::stay);
    CHECK(policy.step(hold_up(120 * second), nothing, second) == Step::stay);
    // Nobody can tell it that all is done.
    CHECK(policy.step(std::nullopt, nothing, 60 * second) == Step::stay);
    CHECK(policy.step(std::nullopt, nothing, 89 * second) == Step::stay);
    CHECK(policy.step(std::nullopt, nothing, 90 * second) == Step::stop);

    PowerPolicy dead{{10 * second}};
    CHECK(dead.step(hold_up(120 * second), nothing, 0) == Step::stay);
    CHECK(dead.step(std::nullopt, nothing, 20 * second) == Step::stay);
    CHECK(dead.step(std::nullopt, nothing, 120 * second) == Step::run);
    CHECK(dead.step(std::nullopt, nothing, 121 * second) == Step::run);

    PowerPolicy back{{10 * second}};
    CHECK(back.step(hold_up(120 * second), nothing, 0) == Step::stay);
    CHECK(back.step(std::nullopt, nothing, 20 * second) == Step::stay);
    CHECK(back.step(on(), nothing, 21 * second) == Step::run);
    CHECK(back.step(std::nullopt, nothing, 22 * second) == Step::run);
}

TEST_CASE("a hold-up that is taken back is forgotten") {
    PowerPolicy policy{{30 * second}};
    CHECK(policy.step(hold_up(120 * second), nothing, 0) == Step::stay);
    CHECK(policy.step(on(), nothing, 20 * second) == Step::run);
    CHECK(policy.step(hold_up(160 * second), nothing, 40 * second) == Step::stay);
    CHECK(policy.step(hold_up(160 * second), nothing, 69 * second) == Step::stay);
    CHECK(policy.step(hold_up(160 * second), nothing, 70 * second) == Step::stop);
}

TEST_CASE("nothing large is begun on a low battery or when power is about to go") {
    CHECK_FALSE(PowerPolicy::spares(std::nullopt));
    CHECK_FALSE(PowerPolicy::spares(on()));
    CHECK(PowerPolicy::spares(hold_up(second)));
    SupervisorState low = on();
    low.supply = SupplyLevel::low;
    CHECK(PowerPolicy::spares(low));
}

TEST_CASE("whatever is asked, the device never stays into the time for closing, and never stops unasked") {
    rc::check([] {
        PowerPolicy policy{{*rc::gen::inRange<std::int64_t>(0, 600) * second}};
        std::int64_t now = 0;
        std::optional<SupervisorState> state = on();
        std::int64_t told_us = 0;  // the deadline that the supervisor told last; 0: none that holds
        const auto steps = *rc::gen::inRange(1, 60);
        for (int at = 0; at < steps; ++at) {
            now += *rc::gen::inRange<std::int64_t>(1, 5 * second);
            const int kind = *rc::gen::inRange(0, 6);
            if (kind == 0) state = on();
            if (kind == 1) state = std::nullopt;
            if (kind == 2 && (!state || !state->deadline_us)) {
                const auto cause = *rc::gen::element(HoldUpCause::ignition_off, HoldUpCause::supply_low,
                                                     HoldUpCause::supply_high, HoldUpCause::run_over);
                state = hold_up(now + *rc::gen::inRange<std::int64_t>(1, 600 * second), cause);
            }
            const PowerWork work{*rc::gen::arbitrary<bool>(), *rc::gen::inRange<std::uint64_t>(0, 9),
                                 *rc::gen::arbitrary<bool>()};
            const Step step = policy.step(state, work, now);
            if (state) told_us = state->deadline_us.value_or(0);
            if (!state && now >= told_us) told_us = 0;
            RC_ASSERT((told_us != 0) == (step != Step::run));
            if (step == Step::stay) RC_ASSERT(now < told_us - PowerRules::least_margin_us);
        }
    });
}
