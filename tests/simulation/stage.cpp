#include "tests/simulation/stage.hpp"

#include <algorithm>

namespace fieldpost::simulation {

namespace {

// In one simulated second. More than that is a storm: somebody answers an answer at once, without end.
constexpr std::uint64_t most_events = 100'000;

}  // namespace

void Stage::run_until(Millis when) {
    while (!events_.empty() && std::get<0>(events_.begin()->first) <= when && checker.problems().empty()) {
        auto next = events_.extract(events_.begin());
        now_ = std::get<0>(next.key());
        if (now_ / 1000 != second_) events_of_second_ = 0;
        second_ = now_ / 1000;
        if (++events_of_second_ > most_events)
            checker.problem({}, "a storm: more than " + std::to_string(most_events) + " events in a second");
        next.mapped()();
    }
    now_ = std::max(now_, when);
}

}  // namespace fieldpost::simulation
