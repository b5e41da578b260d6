#include "tests/simulation/plan_options.hpp"

#include <CLI/CLI.hpp>
#include <catch2/catch.hpp>

using namespace fieldpost::simulation;

namespace {

Plan parsed(const std::string& options) {
    PlanOptions read;
    CLI::App app;
    read.add_to(app);
    app.parse(options);
    REQUIRE_FALSE(read.finish().has_value());
    return read.plan;
}

void comes_back(const Plan& plan) {
    const std::string options = options_of(plan);
    INFO(options);
    const Plan again = parsed(options);
    CHECK(again.seed == plan.seed);
    CHECK(again.hours == plan.hours);
    CHECK(again.store == plan.store);
    CHECK(again.planted == plan.planted);
    CHECK(again.weather == plan.weather);
}

}  // namespace

TEST_CASE("The line that a failing seed prints says the same plan again", "[simulation]") {
    Plan plan;
    CHECK(options_of(plan) == "--seed 1 --hours 0.02 --store memory");
    comes_back(plan);
    plan.seed = 18'446'744'073'709'551'615U;
    plan.hours = 1.0 / 3;
    plan.store = Plan::Store::sqlite;
    plan.planted = Planted::skip_deduplication;
    comes_back(plan);
    for (const WeatherKind& kind : weather_kinds()) {
        INFO(kind.name);
        plan.weather = default_weather();
        plan.weather.erase(kind.kind);
        comes_back(plan);
        plan.weather = {kind.kind};
        CHECK(options_of(plan).ends_with("--only " + std::string(kind.name)));
        comes_back(plan);
    }
    plan.weather.clear();
    comes_back(plan);
    for (const double hours : {0.1234567, 12.0, 1e-7, 72.25}) {
        plan.hours = hours;
        comes_back(plan);
    }
}

TEST_CASE("A fault or a kind of trouble that nobody knows is told by its name", "[simulation]") {
    for (const std::string option : {"--with", "--without", "--only", "--fault"}) {
        PlanOptions read;
        CLI::App app;
        read.add_to(app);
        app.parse(option + " no-such-thing");
        CHECK(read.finish() == "no-such-thing");
    }
}
