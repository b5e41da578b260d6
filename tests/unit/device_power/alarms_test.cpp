#include "daemon/device/power/alarms.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace fieldpost;
using namespace fieldpost::device;

namespace {

hal::SupervisorState counted(std::uint32_t run, std::uint32_t presses,
                             hal::StartReason started_by = hal::StartReason::ignition) {
    hal::SupervisorState state;
    state.run = run;
    state.sos_presses = presses;
    state.started_by = started_by;
    return state;
}

}  // namespace

TEST_CASE("what was reported is kept as text and read again") {
    const Reported reported{7, 3};
    CHECK(text_of(reported) == "sos 1 7 3\n");
    CHECK(parse_reported(text_of(reported)).value() == reported);
    const Reported with_starts{7, 3, 12};
    CHECK(text_of(with_starts) == "sos 2 12 7 3\n");
    CHECK(parse_reported(text_of(with_starts)).value() == with_starts);
}

TEST_CASE("a text that was cut short or changed is told") {
    for (const std::string text :
         {"", "sos 1 7 3", "sos 1 7\n", "sos 2 7 3\n", "sos 2 0 7 3\n", "sos 2 12 7 3", "sos 3 12 7 3\n",
          "sos 1 -7 3\n", "sos 1 7 3\n\n", "sos 1 7  3\n", "sos 1 7 4294967296\n", "sos 1 7 3x\n"}) {
        INFO(text);
        CHECK(parse_reported(text).error().code == ErrorCode::corrupt);
    }
}

TEST_CASE("a press after the last report is news, over restarts of the device") {
    CHECK(reported_presses(Reported{7, 3}, counted(7, 3)) == 3);
    CHECK(reported_presses(Reported{7, 3}, counted(8, 4)) == 3);
}

TEST_CASE("of a supervisor that counts anew every press is news") {
    CHECK(reported_presses(Reported{7, 3}, counted(1, 1)) == 0);
    CHECK(reported_presses(Reported{7, 3}, counted(2, 5)) == 0);
    CHECK(reported_presses(Reported{7, 3}, counted(7, 2)) == 0);
}

TEST_CASE("of a supervisor that lost its power every press is news, also when it has counted as far again") {
    auto state = counted(1, 1);
    state.starts = 5;
    const Reported before = all_of(state);
    CHECK(reported_presses(before, state) == 1);
    state.starts = 6;
    CHECK(reported_presses(before, state) == 0);
    state.run = 9;
    state.sos_presses = 4;
    CHECK(reported_presses(before, state) == 0);
    CHECK(reported_presses(all_of(state), state) == 4);
}

TEST_CASE("a supervisor's number of starts is no news when one side has not told it before") {
    auto state = counted(7, 3);
    state.starts = 5;
    CHECK(reported_presses(Reported{7, 3}, state) == 3);
    CHECK(reported_presses(Reported{7, 3, 5}, counted(7, 3)) == 3);
}

TEST_CASE("a device that knows of nothing reports the press that woke it, and no older one") {
    CHECK(reported_presses(std::nullopt, counted(4, 3)) == 3);
    CHECK(reported_presses(std::nullopt, counted(4, 3, hal::StartReason::sos)) == 2);
    CHECK(reported_presses(std::nullopt, counted(1, 0, hal::StartReason::sos)) == 0);
}
