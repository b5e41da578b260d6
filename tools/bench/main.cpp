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
    std::filesystem::path file;
    std::filesystem::path into;
    std::string device;
    std::size_t count = 10'000;
    const auto add_observations = [&](CLI::App* command) {
        command->add_option("observations", file, "JSON lines of tools/bench/peers/observations.mjs")
            ->required()
            ->check(CLI::ExistingFile);
        command->add_option("--count", count)->capture_default_str();
    };
    auto* record =
        app.add_subcommand("record", "Put observations into the journal of a device that does not run");
    add_observations(record);
    record->add_option("journal", into, "journal.db; made when it is missing")->required();
    record->add_option("device", device, "Its device's id")->required();
    auto* wire =
        app.add_subcommand("wire", "Bytes of an observation on the device's topic, alone and in batches");
    add_observations(wire);
    CLI11_PARSE(app, argc, argv);

    const auto figures = *lookup    ? fieldpost::bench::lookup(city, queries, seed)
                         : *journal ? fieldpost::bench::journal(folder, observations, waiting)
                         : *record  ? fieldpost::bench::record(into, device, file, count)
                                    : fieldpost::bench::wire(file, count);
    if (!figures) {
        std::fprintf(stderr, "fieldpost-bench: %s\n", figures.error().message.c_str());
        return 1;
    }
    std::printf("%s\n", boost::json::serialize(*figures).c_str());
    return 0;
}
