// fieldpost-bench: what tools/bench/run measures in process.
#include <CLI/CLI.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>

#include "bench.hpp"

int main(int argc, char** argv) {
    CLI::App app{"fieldpost-bench: measurements in process; prints JSON. Usually run by tools/bench/run"};
    app.require_subcommand(1);
    std::filesystem::path city;
    std::size_t queries = 20'000;
    std::uint64_t seed = 1;
    auto* lookup = app.add_subcommand("lookup", "Search, view and nearest over a city file");
    lookup->add_option("city", city, "city-<generation>.db of a device")
        ->required()
        ->check(CLI::ExistingFile);
    lookup->add_option("--queries", queries)->capture_default_str();
    lookup->add_option("--seed", seed)->capture_default_str();
    std::filesystem::path folder;
    std::size_t observations = 5000;
    std::size_t waiting = 64;
    auto* journal = app.add_subcommand("journal", "Durable observations per second beside plain SQLite");
    journal->add_option("folder", folder, "An empty folder on the disk to measure")
        ->required()
        ->check(CLI::ExistingDirectory);
    journal->add_option("--observations", observations)->capture_default_str();
    journal->add_option("--waiting", waiting)->capture_default_str();
    CLI11_PARSE(app, argc, argv);

    const auto figures = *lookup ? fieldpost::bench::lookup(city, queries, seed)
                                 : fieldpost::bench::journal(folder, observations, waiting);
    if (!figures) {
        std::fprintf(stderr, "fieldpost-bench: %s\n", figures.error().message.c_str());
        return 1;
    }
    std::printf("%s\n", boost::json::serialize(*figures).c_str());
    return 0;
}
