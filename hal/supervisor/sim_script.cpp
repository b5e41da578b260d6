#include "hal/supervisor/sim_script.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <sstream>

namespace fieldpost::hal {
namespace {

template <class Number>
std::optional<Number> read_number(const std::string& word) {
    Number value{};
    const auto [stop, problem] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (problem != std::errc{} || stop != word.data() + word.size() || !(value >= Number{}))
        return std::nullopt;
    return value;
}

std::optional<bool> read_choice(const std::string& word, std::string_view yes, std::string_view no) {
    if (word == yes) return true;
    if (word == no) return false;
    return std::nullopt;
}

std::optional<SupplyLevel> read_level(const std::string& word) {
    for (const SupplyLevel level :
         {SupplyLevel::good, SupplyLevel::cranking, SupplyLevel::low, SupplyLevel::high}) {
        if (to_string(level) == word) return level;
    }
    return std::nullopt;
}

std::optional<SupervisorStep> read_step(std::istringstream& words) {
    constexpr double longest_s = 1e7;
    SupervisorStep step;
    std::string when, what, how, volts, rest;
    words >> when >> what >> how >> volts >> rest;
    const auto seconds = read_number<double>(when);
    if (!seconds || *seconds > longest_s || !rest.empty()) return std::nullopt;
    step.at_us = static_cast<std::int64_t>(*seconds * 1e6);
    if (what == "supply") {
        const auto level = read_level(how);
        const auto millivolts = volts.empty() ? 0 : read_number<std::uint32_t>(volts);
        if (!level || !millivolts) return std::nullopt;
        step.what = SupervisorStep::What::supply;
        step.supply = *level;
        step.supply_mv = *millivolts;
        return step;
    }
    if (!volts.empty()) return std::nullopt;
    if (what == "sos" && how.empty()) {
        step.what = SupervisorStep::What::sos;
        return step;
    }
    step.what = what == "tamper" ? SupervisorStep::What::tamper : SupervisorStep::What::ignition;
    const auto on = what == "tamper"     ? read_choice(how, "open", "closed")
                    : what == "ignition" ? read_choice(how, "on", "off")
                                         : std::nullopt;
    if (!on) return std::nullopt;
    step.on = *on;
    return step;
}

bool has_reason(const SupervisorState& state) {
    return state.ignition && state.supply != SupplyLevel::low && state.supply != SupplyLevel::high;
}

}  // namespace

Result<std::vector<SupervisorStep>> read_supervisor_script(std::string_view text) {
    std::string lines(text);
    std::replace(lines.begin(), lines.end(), ';', '\n');
    std::istringstream input(lines);
    std::vector<SupervisorStep> steps;
    for (std::string line; std::getline(input, line);) {
        if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
        std::istringstream words(line);
        const auto step = read_step(words);
        if (!step || (!steps.empty() && step->at_us < steps.back().at_us))
            return fail(ErrorCode::invalid_argument,
                        "script step '" + line + "' is not understood, or goes back in time");
        steps.push_back(*step);
    }
    return steps;
}

void take_step(SupervisorState& state, const SupervisorStep& step, std::int64_t now_us,
               std::int64_t hold_up_us) {
    switch (step.what) {
        case SupervisorStep::What::ignition:
            state.ignition = step.on;
            break;
        case SupervisorStep::What::supply:
            state.supply = step.supply;
            if (step.supply_mv != 0) state.supply_mv = step.supply_mv;
            break;
        case SupervisorStep::What::sos:
            ++state.sos_presses;
            break;
        case SupervisorStep::What::tamper:
            state.tamper_openings += step.on && !state.tamper ? 1U : 0U;
            state.tamper = step.on;
            break;
    }
    if (has_reason(state)) {
        if (state.power == PowerState::hold_up) state.power = PowerState::on;
        state.deadline_us.reset();
        state.hold_up_cause = HoldUpCause::none;
    } else if (state.power != PowerState::hold_up && state.power != PowerState::off) {
        state.power = PowerState::hold_up;
        state.deadline_us = now_us + hold_up_us;
        state.hold_up_cause = state.supply == SupplyLevel::low    ? HoldUpCause::supply_low
                              : state.supply == SupplyLevel::high ? HoldUpCause::supply_high
                                                                  : HoldUpCause::ignition_off;
    }
}

}  // namespace fieldpost::hal
