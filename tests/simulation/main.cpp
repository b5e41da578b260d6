// fieldpost-sim: whole fleets from seeds. README.md beside this file.
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>

#include "tests/simulation/plan_options.hpp"

using namespace fieldpost::simulation;

namespace {

constexpr int exit_found = 1;  // a seed failed, or a planted fault was not found
constexpr int exit_wrong_use = 2;

struct Options {
    Plan plan;
    std::uint64_t seeds = 1;
    bool until_stopped = false;
    int seconds = 0;  // at most; 0: as many seeds as were asked for
    bool trace = false;
    std::size_t events = 60;
    bool quiet = false;
};

// Prints what is wrong with this seed, from a second run that keeps a trace.
void explain(const Options& options, const Outcome& outcome) {
    std::cout << "seed " << options.plan.seed << " FAILED: " << outcome.problems.front().text << "\n";
    Plan again = options.plan;
    again.tracing = true;
    World world(again);
    const Outcome repeated = world.run();
    if (repeated.problems.empty() || repeated.problems.front().text != outcome.problems.front().text)
        std::cout << "  the second run went otherwise: this run does not repeat\n";
    for (const Problem& problem : repeated.problems) {
        std::cout << "  at " << static_cast<double>(problem.at) / 1000.0 << " s"
                  << (problem.about.device.empty() ? "" : ", " + problem.about.device) << ": " << problem.text
                  << "\n";
    }
    if (!repeated.state.empty()) std::cout << repeated.state << "\n";
    if (repeated.problems.empty()) return;
    std::cout << "the last events that touch it:\n";
    world.print_trace(std::cout, repeated.problems.front().about, options.events);
    std::cout << "again: fieldpost-sim " << options_of(again) << " --trace\n";
}

int run(Options options) {
    using Clock = std::chrono::steady_clock;
    const auto begun = Clock::now();
    std::map<std::string, std::uint64_t> tally;
    int most = 0;
    int most_screen = 0;
    std::uint64_t failed = 0;
    std::uint64_t done = 0;
    const std::uint64_t first = options.plan.seed;
    const auto spent = [&] { return std::chrono::duration<double>(Clock::now() - begun).count(); };
    const auto goes_on = [&] {
        if (options.seconds > 0) return spent() < options.seconds;
        return options.until_stopped || done < options.seeds;
    };
    for (; goes_on(); ++done, ++options.plan.seed) {
        const Outcome outcome = World(options.plan).run();
        for (const auto& [what, count] : outcome.tally) tally[what] += count;
        if (!outcome.problems.empty()) {
            ++failed;
            explain(options, outcome);
            if (options.plan.planted != Planted::none) {
                std::cout << "the planted fault was found at seed " << options.plan.seed << ", number "
                          << done + 1 << "\n";
                return 0;
            }
            if (failed >= 3) break;
            continue;
        }
        most = std::max(most, outcome.rounds);
        most_screen = std::max(most_screen, outcome.screen_rounds);
        if (options.trace) {
            Plan again = options.plan;
            again.tracing = true;
            World world(again);
            (void)world.run();
            world.print_trace(std::cout, {}, options.events);
        }
        if (!options.quiet && done % 100 == 99) {
            std::cout << "seed " << options.plan.seed << ", at most " << most << " rounds" << std::endl;
        }
    }
    const double seconds = spent();
    if (options.plan.planted != Planted::none) {
        std::cout << "the planted fault was NOT found in " << done << " seeds\n";
        return exit_found;
    }
    std::cout << done << " seeds from " << first << " on in " << static_cast<int>(seconds) << " s ("
              << static_cast<int>(static_cast<double>(done) * 60.0 / std::max(seconds, 0.001))
              << " a minute), " << failed << " failed; all converged within " << most
              << " rounds, and all screens within " << most_screen << " more\n";
    for (const auto& [what, count] : tally) std::cout << "  " << what << " " << count << "\n";
    return failed == 0 ? 0 : exit_found;
}

// Each within the seeds of its table.
int plant_all(const Plan& plan) {
    int missed = 0;
    for (const PlantedFault& fault : planted_faults()) {
        const auto seed = seed_that_finds(fault, plan);
        missed += seed ? 0 : 1;
        std::cout << fault.name << " (" << fault.seeds
                  << "): " << (seed ? "found at seed " + std::to_string(*seed) : std::string("NOT found"))
                  << "\n";
    }
    std::cout << planted_faults().size() << " faults planted, " << missed << " not found\n";
    return missed == 0 ? 0 : exit_found;
}

void list() {
    std::cout << "planted faults (--fault NAME), found within so many seeds:\n";
    for (const auto& fault : planted_faults())
        std::cout << "  " << fault.name << " (" << fault.seeds << "): " << fault.what << "\n";
    std::cout << "what goes wrong (--with NAME, --without NAME):\n";
    for (const auto& kind : weather_kinds()) {
        std::cout << "  " << kind.name << ": " << kind.what
                  << (kind.on ? "" : "; off: " + std::string(kind.why_not)) << "\n";
    }
}

}  // namespace

int main(int count, char** arguments) {
    spdlog::set_level(spdlog::level::off);
    std::cout << std::unitbuf;  // what was found is on the screen also when the run is ended
    Options options;
    PlanOptions plan;
    bool lists = false;
    bool all_faults = false;
    CLI::App app("Simulates a hub and its devices from seeds, and checks the whole history.");
    plan.add_to(app);
    app.add_option("--seeds", options.seeds, "How many");
    app.add_flag("--until-stopped", options.until_stopped, "One seed after the other, for ever");
    app.add_option("--seconds", options.seconds, "As many seeds as that takes");
    app.add_flag("--faults", all_faults, "Plants each fault, and succeeds when all are found");
    app.add_flag("--trace", options.trace, "Prints the last events of seeds that do not fail, too");
    app.add_option("--events", options.events, "Of a trace");
    app.add_flag("--quiet", options.quiet, "Prints only the end");
    app.add_flag("--list", lists, "Prints what can be planted and what goes wrong");
    try {
        app.parse(count, arguments);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : exit_wrong_use;
    }
    if (lists) {
        list();
        return 0;
    }
    if (const auto unknown = plan.finish()) {
        std::cerr << "'" << *unknown << "' is not known; see --list\n";
        return exit_wrong_use;
    }
    options.plan = plan.plan;
    return all_faults ? plant_all(options.plan) : run(options);
}
