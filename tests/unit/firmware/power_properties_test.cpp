// What no sequence of inputs, commands and resets may bring about; see firmware/logic/power.hpp.
#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <optional>

#include "tests/unit/firmware/bench.hpp"

using namespace fieldpost::firmware;
using namespace fieldpost::firmware::testing;

namespace {

struct Step {
    enum What { ignition, supply, sos, timer, feed, done, stale_done, reset, last = reset };
    int what = 0;
    int value = 0;
    int pause_ms = 0;
};

Step any_step() {
    Step step;
    step.what = *rc::gen::inRange<int>(0, Step::last + 1);
    step.value = *rc::gen::inRange(0, 4);
    step.pause_ms = *rc::gen::element(0, 10, 500, 3'000, 30'000, 61'000, 125'000, 310'000, 1'000'000);
    return step;
}

// Drives the rules and watches them from outside: all it believes is what it was told.
class Witness {
  public:
    void take(const Step& step) {
        switch (step.what) {
            case Step::ignition:
                b_.inputs.ignition = step.value % 2 == 0;
                break;
            case Step::supply:
                b_.inputs.supply = static_cast<SupplyState>(step.value);
                break;
            case Step::sos:
                b_.inputs.sos_pressed = true;
                break;
            case Step::timer:
                power_->set_timer(b_.now_ms, static_cast<std::uint32_t>(step.value) * 100);
                break;
            case Step::feed:
                power_->feed(b_.now_ms, static_cast<std::uint32_t>(step.value) * 100'000);
                break;
            case Step::done:
                said_done_ = power_->done(b_.now_ms, power_->memory().run);
                break;
            case Step::stale_done:
                RC_ASSERT(!power_->done(b_.now_ms, power_->memory().run + 1));
                break;
            case Step::reset: {
                const PowerMemory memory = power_->memory();
                power_.emplace(b_.settings, b_.events);
                power_->resume(memory);
                break;
            }
        }
        watch();
        for (int passed = 0; passed < step.pause_ms; passed += tick_ms_) {
            b_.now_ms += static_cast<std::uint64_t>(tick_ms_);
            power_->tick(b_.now_ms, b_.inputs);
            b_.inputs.sos_pressed = false;
            watch();
        }
    }

    // From now on nothing speaks for power.
    void park() {
        b_.inputs = {};
        power_->set_timer(b_.now_ms, 0);
    }
    bool powered() const { return power_->powered(); }
    int cuts() const { return cuts_; }
    void set_timer(int after_s) { power_->set_timer(b_.now_ms, static_cast<std::uint32_t>(after_s)); }
    void feed() { power_->feed(b_.now_ms, Power::longest_pause_ms); }
    const Settings& settings() const { return b_.settings; }
    PowerBench& bench() { return b_; }

  private:
    void watch() {
        const bool on = power_->powered();
        const bool asked = power_->memory().state == PowerState::hold_up;
        if (on) {
            said_done_ = false;
        } else if (was_on_ && promised_ms_ != 0) {
            // It was asked to finish by then, and power is gone: by its own word, or late enough.
            RC_ASSERT(said_done_ || b_.now_ms >= promised_ms_);
        }
        if (asked) {
            const std::uint64_t deadline = b_.now_ms + power_->hold_up_left_ms(b_.now_ms);
            RC_ASSERT(deadline >= promised_ms_);  // never nearer than it was told
            promised_ms_ = deadline;
        } else {
            promised_ms_ = 0;
        }
        if (was_on_ && !on) ++cuts_;
        was_on_ = on;
    }

    static constexpr int tick_ms_ = 500;
    PowerBench b_;
    std::optional<Power> power_{std::in_place, b_.settings, b_.events};
    bool was_on_ = false;
    bool said_done_ = false;
    int cuts_ = 0;
    std::uint64_t promised_ms_ = 0;
};

}  // namespace

TEST_CASE(
    "power is never cut during a hold-up that was requested and has not run out, but by the computer's own "
    "done") {
    CHECK(rc::check([] {
        Witness witness;
        const int steps = *rc::gen::inRange(1, 40);
        for (int i = 0; i < steps; ++i) witness.take(any_step());
    }));
}

TEST_CASE(
    "power never stays on for ever once nothing but the computer speaks for it, whatever came before and "
    "however it feeds and sets its timer") {
    CHECK(rc::check([] {
        Witness witness;
        const int steps = *rc::gen::inRange(1, 40);
        for (int i = 0; i < steps; ++i) witness.take(any_step());
        witness.park();
        const bool feeds = *rc::gen::arbitrary<bool>();
        const int wakes_after_s = *rc::gen::element(0, 1, 15, 100, 1'000);
        const int cuts_before = witness.cuts();
        const bool was_on = witness.powered();
        // The longest wake, a hold-up, and a step for rounding each.
        const std::uint64_t longest =
            std::uint64_t{witness.settings().sos_ms} + witness.settings().hold_up_ms + 2'000;
        for (std::uint64_t passed = 0; passed < longest; passed += 10'000) {
            if (feeds) witness.feed();
            if (wakes_after_s != 0) witness.set_timer(wakes_after_s);
            witness.take({Step::stale_done, 0, 10'000});
        }
        if (was_on) RC_ASSERT(witness.cuts() > cuts_before);
        if (wakes_after_s == 0) RC_ASSERT(!witness.powered());
    }));
}

TEST_CASE("a parked vehicle's computer has power for half of the time at most, however it sets its timer") {
    CHECK(rc::check([] {
        PowerBench b;
        b.settings.wake_ms = *rc::gen::inRange<std::uint32_t>(10'000, 1'000'000);
        b.settings.hold_up_ms = *rc::gen::inRange<std::uint32_t>(1'000, 600'000);
        b.settings.off_ms = *rc::gen::inRange<std::uint32_t>(500, 60'000);
        const auto wakes_after_s = *rc::gen::inRange<std::uint32_t>(1, 2'000);
        const bool feeds = *rc::gen::arbitrary<bool>();
        const auto done_after_ms = *rc::gen::inRange<std::uint64_t>(0, 2'000'000);
        std::uint64_t on = 0;
        constexpr int ticks = 50'000;
        for (int i = 0; i < ticks; ++i) {
            b.now_ms += 1'000;
            b.power.tick(b.now_ms, b.inputs);
            on += b.on() ? 1 : 0;
            if (b.power.memory().timer_ms == 0) b.power.set_timer(b.now_ms, wakes_after_s);
            if (b.on() && feeds) b.power.feed(b.now_ms, 0);
            if (b.on() && b.now_ms - b.power.memory().since_ms >= done_after_ms) b.done();
        }
        RC_ASSERT(on > 0);
        // A wake that is not over at the end, and a tick for rounding of each.
        const std::uint64_t wake = (b.settings.wake_ms + b.settings.hold_up_ms) / 1'000;
        RC_ASSERT(on <= (ticks + wake) / 2 + 2 * ticks / wake + 2);
    }));
}

TEST_CASE(
    "an empty battery ends every run but a call for help, with the ignition on and a computer that feeds and "
    "sets its timer") {
    CHECK(rc::check([] {
        Witness witness;
        const int steps = *rc::gen::inRange(1, 30);
        for (int i = 0; i < steps; ++i) witness.take(any_step());
        PowerInputs& inputs = witness.bench().inputs;
        inputs = {true, SupplyState::low, false};
        const std::uint64_t longest =
            std::uint64_t{witness.settings().sos_ms} + witness.settings().hold_up_ms + 2'000;
        for (std::uint64_t passed = 0; passed < longest; passed += 10'000) {
            witness.feed();
            witness.set_timer(5);
            witness.take({Step::stale_done, 0, 10'000});
        }
        RC_ASSERT(!witness.powered());
    }));
}

TEST_CASE(
    "a computer that hangs in every run, at once or after one word, is never reset more often than the limit "
    "says") {
    CHECK(rc::check([] {
        PowerBench b;
        b.settings.boot_tries = static_cast<std::uint32_t>(*rc::gen::inRange(1, 6));
        const bool greets = *rc::gen::arbitrary<bool>();
        const auto greets_after_ms = *rc::gen::inRange<std::uint64_t>(0, b.settings.boot_ms);
        const auto pause_ms = *rc::gen::inRange<std::uint32_t>(0, 2 * Power::longest_pause_ms);
        b.inputs.ignition = true;
        std::uint32_t greeted = 0;  // the run
        for (int i = 0; i < 10'000; ++i) {
            b.now_ms += 2'000;
            b.power.tick(b.now_ms, b.inputs);
            const PowerMemory& power = b.power.memory();
            if (!greets || greeted == power.run || b.now_ms - power.since_ms < greets_after_ms) continue;
            if (!b.power.powered() || power.unwatched) continue;
            b.power.feed(b.now_ms, pause_ms);
            greeted = power.run;
        }
        RC_ASSERT(b.power.memory().run == b.settings.boot_tries);
        RC_ASSERT(b.power.powered());
    }));
}
