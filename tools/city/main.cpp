// fieldpost-city: the command line. Exit codes: 0 made, 1 could not write, 2 a wrong argument.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <exception>
#include <string>

#include "tools/city/calendar.hpp"
#include "tools/city/generate.hpp"

namespace {

constexpr const char* kDescription =
    "Makes an invented city and writes what its source systems would export: properties, people, permits,\n"
    "inspections, violations, 311 requests, accounts, assets, pre-plans, hazards, streets, and a GNSS "
    "recording.\n"
    "The same seed and size give byte-identical files. Some rows are bad on purpose: expected.json counts "
    "them.";

constexpr const char* kExamples =
    "Examples:\n"
    "  fieldpost-city --seed 7 --properties 50000 --out build/sample-city\n"
    "  fieldpost-city --seed 7 --properties 50000 --day 1 --out build/sample-city-next-day\n"
    "      the same city a day later: a few rows changed, added and removed\n"
    "Exit codes: 0 made, 1 could not write, 2 a wrong argument.\n"
    "Columns and keys of every file: tools/city/README.md";

int run(int argc, char** argv) {
    using namespace fieldpost;
    city::Order order;
    std::string out;
    bool quiet = false;
    // CLI11 itself reads "-3" as a very large number.
    const CLI::Validator whole(
        [](std::string& text) -> std::string {
            if (text.find_first_not_of("0123456789") == std::string::npos) return {};
            return "needs a whole number from 0, not \"" + text + "\"";
        },
        "");
    CLI::App app(kDescription, "fieldpost-city");
    app.footer(kExamples);
    app.add_option("--seed", order.seed, "What the city is made from: any whole number from 0")
        ->required()
        ->check(whole);
    app.add_option("--properties", order.properties,
                   "How many properties, 1000 to 1000000 (related rows: about 5 each)")
        ->required();
    app.add_option("--out", out, "The folder to write; must be new, empty, or an earlier city")->required();
    app.add_option("--day", order.day, "Days after the first export, 0 to " + std::to_string(city::kLastDay))
        ->capture_default_str();
    app.add_flag("--quiet", quiet, "Print nothing unless it fails");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    order.out = out;

    const auto start = std::chrono::steady_clock::now();
    const bool show = !quiet && ::isatty(STDERR_FILENO) != 0;
    const auto progress = [show](std::uint64_t done, std::uint64_t all) {
        if (show) std::fprintf(stderr, "\r%3u %%", static_cast<unsigned>(done * 100 / all));
    };
    const Result<city::Made> made = city::generate(order, progress);
    if (show) std::fputs("\r     \r", stderr);
    if (!made) {
        std::fprintf(stderr, "fieldpost-city: %s\n", made.error().message.c_str());
        return made.error().code == ErrorCode::invalid_argument || made.error().code == ErrorCode::conflict
                   ? 2
                   : 1;
    }
    const auto spent =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
    if (!quiet) {
        std::printf(
            "%llu properties, %llu related records, %llu streets, %llu bad rows on purpose: %s (%lld ms)\n",
            static_cast<unsigned long long>(made->properties), static_cast<unsigned long long>(made->related),
            static_cast<unsigned long long>(made->streets), static_cast<unsigned long long>(made->bad),
            out.c_str(), static_cast<long long>(spent.count()));
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "fieldpost-city: %s\n", error.what());
        return 1;
    }
}
