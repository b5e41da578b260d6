// fieldpost-bench: what tools/bench/run measures in process.
#include <CLI/CLI.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>

#include "bench.hpp"
#include "tools/bench/lookup_files.hpp"

int main(int argc, char** argv) {
    CLI::App app{"fieldpost-bench: measurements in process; prints JSON. Usually run by tools/bench/run"};
    app.require_subcommand(1);
    std::filesystem::path city;
    std::filesystem::path asked;
    std::size_t each = 2000;
    std::uint64_t seed = 1;
    int port = 0;
    int seconds = 10;
    const auto add_city = [&](CLI::App* command) {
        command->add_option("city", city, "city-<generation>.db of a device")
            ->required()
            ->check(CLI::ExistingFile);
    };
    const auto add_asked = [&](CLI::App* command) {
        command->add_option("asked", asked, "Folder of rows and queries")
            ->required()
            ->check(CLI::ExistingDirectory);
        command->add_option("--each", each, "Queries of every sort")->capture_default_str();
    };
    auto* files =
        app.add_subcommand("lookup-files", "Write a city's rows and queries about it into a folder");
    add_city(files);
    add_asked(files);
    files->add_option("--seed", seed)->capture_default_str();
    auto* lookup = app.add_subcommand("lookup", "Search, view and nearest over a city file");
    add_city(lookup);
    add_asked(lookup);
    auto* http = app.add_subcommand("lookup-http", "The same searches over HTTP");
    http->add_option("port", port)->required();
    add_asked(http);
    auto* fed = app.add_subcommand("lookup-feed", "Searches on one core while a feed changes the file");
    add_city(fed);
    add_asked(fed);
    fed->add_option("--seconds", seconds)->capture_default_str();
    auto* bytes = app.add_subcommand("city-bytes", "Bytes of each table and index of a city file");
    add_city(bytes);
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

    using namespace fieldpost;
    Result<boost::json::object> figures = boost::json::object{};
    if (*files) {
        if (auto done = bench::write_lookup_files(city, asked, each, seed); !done) figures = done.error();
    }
    if (*lookup) figures = bench::lookup(city, asked, each);
    if (*http) figures = bench::lookup_http(port, asked, each);
    if (*fed) figures = bench::lookup_under_feed(city, asked, seconds);
    if (*bytes) figures = bench::city_bytes(city);
    if (*journal) figures = bench::journal(folder, observations, waiting);
    if (*record) figures = bench::record(into, device, file, count);
    if (*wire) figures = bench::wire(file, count);
    if (!figures) {
        std::fprintf(stderr, "fieldpost-bench: %s\n", figures.error().message.c_str());
        return 1;
    }
    std::printf("%s\n", boost::json::serialize(*figures).c_str());
    return 0;
}
