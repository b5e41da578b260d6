// FIELDPOST_SEED=n repeats one run; FIELDPOST_SEEDS=n makes n of them (150 without).
#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>

#include "tests/unit/engine/simulation.hpp"

using namespace fieldpost::engine;
using namespace fieldpost::engine::testing;

namespace {

Tally run(std::uint64_t seed) {
    Simulation world(seed);
    world.run_with_faults(60'000);
    world.stop_faults();
    const bool settled = world.problems().empty() && world.run_until_settled(300'000);
    if (settled) world.check_end();
    INFO("FIELDPOST_SEED=" << seed);
    INFO(world.state());
    CHECK(world.problems() == std::vector<std::string>());
    CHECK(settled);
    return world.tally();
}

std::uint64_t number(const char* variable, std::uint64_t otherwise) {
    const char* text = std::getenv(variable);
    return text == nullptr ? otherwise : std::stoull(text);
}

}  // namespace

TEST_CASE("Whatever goes wrong, each operation arrives once and in order, and every feed converges",
          "[engine]") {
    if (const auto seed = number("FIELDPOST_SEED", 0); seed != 0) {
        run(seed);
        return;
    }
    Tally tally;
    const std::uint64_t seeds = number("FIELDPOST_SEEDS", 150);
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) tally += run(seed);

    // The runs were what they are meant to be.
    INFO("operations " << tally.operations << ", lost " << tally.lost << ", repeated " << tally.repeated
                       << ", restarts " << tally.device_restarts << " and " << tally.hub_restarts
                       << ", rolled back " << tally.rounds_rolled_back << ", journals restored "
                       << tally.journals_restored << ", epochs opened " << tally.epochs_opened
                       << ", segments " << tally.segments_applied << ", blocks " << tally.blocks_written
                       << ", cities " << tally.cities_mounted);
    CHECK(tally.operations > seeds * 10);
    CHECK(tally.lost > seeds);
    CHECK(tally.repeated > seeds);
    CHECK(tally.device_restarts > seeds);
    CHECK(tally.hub_restarts > seeds);
    CHECK(tally.rounds_rolled_back > seeds);
    CHECK(tally.journals_restored > seeds / 4);
    CHECK(tally.epochs_opened > seeds / 8);
    CHECK(tally.segments_applied > seeds * 5);
    CHECK(tally.blocks_written > seeds);
    CHECK(tally.cities_mounted > seeds / 4);
}

TEST_CASE("A run is the same each time it is repeated", "[engine]") {
    const auto record = [] {
        Simulation world(7);
        world.run_with_faults(20'000);
        return world.state() + std::to_string(world.tally().lost) + " " +
               std::to_string(world.tally().repeated);
    };
    CHECK(record() == record());
}
