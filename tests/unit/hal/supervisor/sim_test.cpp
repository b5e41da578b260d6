#include <catch2/catch.hpp>

#include "hal/supervisor/sim_script.hpp"

using namespace fieldpost;
using namespace fieldpost::hal;

namespace {

constexpr std::int64_t hold_up_us = 1'000'000;

SupervisorState after(std::string_view script) {
    SupervisorState state;
    state.power = PowerState::on;
    state.ignition = true;
    for (const SupervisorStep& step : read_supervisor_script(script).value())
        take_step(state, step, step.at_us, hold_up_us);
    return state;
}

}  // namespace

TEST_CASE("ignition off and a low supply ask for an end, and their return takes it back") {
    const auto off = after("5 ignition off");
    CHECK(off.power == PowerState::hold_up);
    CHECK(off.hold_up_cause == HoldUpCause::ignition_off);
    CHECK(off.deadline_us == 6'000'000);
    CHECK(after("5 ignition off; 5.5 supply low 11000").deadline_us == 6'000'000);
    const auto low = after("1 supply low 11000");
    CHECK((low.hold_up_cause == HoldUpCause::supply_low && low.supply_mv == 11'000));
    CHECK(after("1 supply low; 2 supply good").power == PowerState::on);
    CHECK(after("1 supply cranking 8000").power == PowerState::on);
}

TEST_CASE("presses and openings are counted") {
    const auto state = after("1 sos; 2 sos; 3 tamper open; 4 tamper open; 5 tamper closed");
    CHECK(state.sos_presses == 2);
    CHECK(state.tamper_openings == 1);
    CHECK_FALSE(state.tamper);
}

TEST_CASE("a step that is not understood is refused by its words") {
    for (const char* script :
         {"x ignition on", "1 ignition", "1 ignition maybe", "1 supply empty", "1 supply low -3", "1 sos now",
          "2 sos; 1 sos", "1 ignition on twice", "1", "nan sos", "1e300 sos"}) {
        INFO(script);
        const auto steps = read_supervisor_script(script);
        REQUIRE_FALSE(steps.has_value());
        CHECK(steps.error().code == ErrorCode::invalid_argument);
    }
}
