#include <catch2/catch.hpp>

#include "firmware/logic/lights.hpp"

using namespace fieldpost::firmware;

namespace {

// How long each lamp is lit in ten seconds, in tenths of a percent.
struct Lit {
    int power = 0;
    int fault = 0;
    int sos = 0;
};
Lit lit(const PowerMemory& power, SupplyState supply = SupplyState::good, bool tamper = false) {
    Lit lit;
    for (std::uint64_t ms = 0; ms < 10'000; ms += 10) {
        const Lights lights = lights_at(ms, power, supply, tamper);
        lit.power += lights.power;
        lit.fault += lights.fault;
        lit.sos += lights.sos;
    }
    return lit;
}

}  // namespace

TEST_CASE(
    "the power lamp tells each state from the others, and a parked vehicle's battery hardly pays for it") {
    PowerMemory power;
    CHECK(lit(power).power == 4);
    power.state = PowerState::on;
    CHECK(lit(power).power == 1'000);
    power.state = PowerState::hold_up;
    CHECK(lit(power).power == 500);
    CHECK(lights_at(300, power, SupplyState::good, false).power);
    power.state = PowerState::starting;
    CHECK_FALSE(lights_at(200, power, SupplyState::good, false).power);
}

TEST_CASE("the fault lamp is dark when all is well and in a parked vehicle") {
    PowerMemory power;
    CHECK(lit(power, SupplyState::low, true).fault == 0);
    power.state = PowerState::on;
    CHECK(lit(power).fault == 0);
    CHECK(lit(power, SupplyState::cranking).fault == 0);
    CHECK(lit(power, SupplyState::low).fault == 500);
    power.unwatched = true;
    CHECK(lit(power).fault == 1'000);
}

TEST_CASE("the button's lamp is lit while a call for help keeps the computer on") {
    PowerMemory power;
    power.state = PowerState::on;
    CHECK(lit(power).sos == 0);
    power.wake = WakeKind::sos;
    CHECK(lit(power).sos == 1'000);
}
