// What everything in one simulated world shares: its time, its chance, what is to happen, and who watches.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <tuple>

#include "sync/engine/device_actions.hpp"
#include "tests/simulation/checker.hpp"
#include "tests/simulation/dice.hpp"
#include "tests/simulation/planted.hpp"
#include "tests/simulation/trace.hpp"

namespace fieldpost::simulation {

using engine::Millis;

class Stage {
  public:
    Stage(std::uint64_t seed, Planted fault, bool tracing)
        : dice(seed), planted(fault), trace(tracing), checker(now_, trace) {}

    Millis now() const { return now_; }
    void after(Millis delay, std::function<void()> what) {
        events_.emplace(std::tuple(now_ + delay, ++event_), std::move(what));
    }
    // Stops early when the checker has found something.
    void run_until(Millis when);

    // Whether a fault of the seed's weather strikes now; never once the faults have stopped.
    bool strikes(double probability) { return faults && dice.chance(probability); }

    Dice dice;
    const Planted planted;
    bool faults = true;
    Millis longest_delay = 20;

  private:
    Millis now_ = 0;
    std::uint64_t event_ = 0;
    Millis second_ = 0;
    std::uint64_t events_of_second_ = 0;
    std::map<std::tuple<Millis, std::uint64_t>, std::function<void()>> events_;

  public:
    Trace trace;
    Checker checker;
};

}  // namespace fieldpost::simulation
