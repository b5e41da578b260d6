#include "tests/simulation/plan_options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>

namespace fieldpost::simulation {

void PlanOptions::add_to(CLI::App& app) {
    app.add_option("--seed", plan.seed, "The first seed");
    app.add_option("--hours", plan.hours, "Simulated hours of trouble for each seed");
    app.add_option("--store", store_, "memory (a model) or sqlite (the production stores)")
        ->check(CLI::IsMember({"memory", "sqlite"}));
    app.add_option("--fault", fault_, "Plants this fault, and succeeds when it is found");
    app.add_option("--with", with_, "Turns a kind of trouble on");
    app.add_option("--without", without_, "Turns a kind of trouble off");
    app.add_option("--only", only_, "Only these kinds of trouble");
}

std::optional<std::string> PlanOptions::finish() {
    plan.store = store_ == "sqlite" ? Plan::Store::sqlite : Plan::Store::memory;
    if (!only_.empty()) plan.weather.clear();
    for (const auto* names : {&with_, &only_}) {
        for (const auto& name : *names) {
            const auto kind = find_weather(name);
            if (!kind) return name;
            plan.weather.insert(*kind);
        }
    }
    for (const auto& name : without_) {
        const auto kind = find_weather(name);
        if (!kind) return name;
        plan.weather.erase(*kind);
    }
    if (fault_.empty()) return std::nullopt;
    const auto found = find_planted(fault_);
    if (!found) return fault_;
    plan.planted = *found;
    const auto* planted = std::ranges::find(planted_faults(), *found, &PlantedFault::fault);
    if (planted->over_production) plan.store = Plan::Store::sqlite;
    return std::nullopt;
}

std::string options_of(const Plan& plan) {
    // As many digits as give the same number again.
    std::array<char, 32> hours{};
    const auto end = std::to_chars(hours.data(), hours.data() + hours.size(), plan.hours).ptr;
    std::string out = "--seed " + std::to_string(plan.seed) + " --hours " + std::string(hours.data(), end) +
                      " --store " + (plan.store == Plan::Store::sqlite ? "sqlite" : "memory");
    for (const PlantedFault& fault : planted_faults()) {
        if (fault.fault == plan.planted) out += " --fault " + std::string(fault.name);
    }
    const auto usual = default_weather();
    const auto changed = std::ranges::count_if(weather_kinds(), [&](const WeatherKind& kind) {
        return plan.weather.contains(kind.kind) != usual.contains(kind.kind);
    });
    const auto kinds = static_cast<std::ptrdiff_t>(plan.weather.size());
    const bool names_all = kinds > 0 && kinds < changed;
    for (const WeatherKind& kind : weather_kinds()) {
        const bool on = plan.weather.contains(kind.kind);
        if (names_all) {
            if (on) out += " --only " + std::string(kind.name);
        } else if (on != usual.contains(kind.kind)) {
            out += (on ? " --with " : " --without ") + std::string(kind.name);
        }
    }
    return out;
}

}  // namespace fieldpost::simulation
