// Some worlds over the model of the stores, a few over the production stores, and some planted faults: what
// two minutes with the sanitizers allow. tools/check has fieldpost-sim run more, some of them from the date
// and so new each day, and plant every fault. FIELDPOST_SEEDS=n makes n worlds of each; a failing seed is
// printed, and fieldpost-sim replays it.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <sstream>

#include "tests/simulation/plan_options.hpp"

using namespace fieldpost::simulation;

namespace {

std::uint64_t seeds(std::uint64_t otherwise) {
    const char* text = std::getenv("FIELDPOST_SEEDS");
    return text == nullptr ? otherwise : std::stoull(text);
}

std::string report(Plan plan, const Outcome& outcome) {
    if (outcome.problems.empty()) return {};
    plan.tracing = true;
    World world(plan);
    (void)world.run();
    std::ostringstream text;
    for (const Problem& problem : outcome.problems)
        text << problem.about.device << ": " << problem.text << "\n";
    text << outcome.state << "\n";
    world.print_trace(text, outcome.problems.front().about, 40);
    return text.str();
}

// So many from the plan's seed on, with what they did in all.
std::map<std::string, std::uint64_t> run_all(Plan plan, std::uint64_t count) {
    std::map<std::string, std::uint64_t> tally;
    for (const std::uint64_t end = plan.seed + count; plan.seed < end; ++plan.seed) {
        const Outcome outcome = World(plan).run();
        INFO("again: fieldpost-sim " << options_of(plan) << " --trace");
        INFO(report(plan, outcome));
        CHECK(outcome.problems.empty());
        if (!outcome.problems.empty()) break;
        for (const auto& [what, number] : outcome.tally) tally[what] += number;
    }
    return tally;
}

void check_that_much_happened(const std::map<std::string, std::uint64_t>& tally, std::uint64_t count) {
    for (const char* often :
         {"operations saved", "messages", "messages lost", "messages repeated", "hub rounds", "hub deaths",
          "device deaths", "segments applied", "blocks written"}) {
        INFO(often);
        CHECK(tally.at(often) > count);
    }
    for (const char* rare :
         {"hub rounds rolled back", "hub restores", "hub full", "operations refused", "device disks replaced",
          "epochs opened", "cities mounted", "profiles changed"}) {
        INFO(rare);
        CHECK(tally.at(rare) > count / 10);
    }
}

}  // namespace

TEST_CASE("Whatever goes wrong, nothing that was saved is lost or doubled, and all converges",
          "[simulation]") {
    Plan plan;
    const std::uint64_t count = seeds(16);
    check_that_much_happened(run_all(plan, count), count);
}

TEST_CASE("So it is with the production stores on disks that lose what was not synced", "[simulation]") {
    Plan plan;
    plan.store = Plan::Store::sqlite;
    plan.seed = 9;  // in so few, a full disk of the hub's among them
    const std::uint64_t count = seeds(7);
    check_that_much_happened(run_all(plan, count), count);
}

TEST_CASE("A run is the same each time it is repeated", "[simulation]") {
    for (const auto store : {Plan::Store::memory, Plan::Store::sqlite}) {
        Plan plan;
        plan.seed = 7;
        plan.store = store;
        plan.tracing = true;
        const auto record = [&] {
            World world(plan);
            (void)world.run();
            std::ostringstream text;
            world.print_trace(text, {}, 100'000);
            return text.str();
        };
        CHECK(record() == record());
    }
}

TEST_CASE("A planted fault is found within the seeds that its table says", "[simulation]") {
    constexpr std::size_t every = 15;
    for (std::size_t i = 0; i < planted_faults().size(); i += every) {
        const PlantedFault& fault = planted_faults()[i];
        INFO(fault.name);
        CHECK(seed_that_finds(fault, Plan()).has_value());
    }
}
