#include "hal/link/link_script.hpp"

#include <algorithm>
#include <charconv>
#include <sstream>

namespace fieldpost::hal {
namespace {

constexpr double longest_s = 366.0 * 86'400;

Result<std::int64_t> read_time(const std::string& word) {
    double seconds = 0;
    const auto [stop, problem] = std::from_chars(word.data(), word.data() + word.size(), seconds);
    if (problem != std::errc{} || stop != word.data() + word.size() ||
        !(seconds >= 0 && seconds <= longest_s)) {
        return fail(ErrorCode::invalid_argument, "'" + word + "' is no time in seconds after the start");
    }
    return static_cast<std::int64_t>(seconds * 1e6);
}

Result<LinkStep> read_step(const std::vector<std::string>& words) {
    if (words.size() < 4 || words.size() > 5) {
        return fail(ErrorCode::invalid_argument,
                    "a step is 'seconds name kind up|down' and perhaps 'metered' or 'unmetered'");
    }
    LinkStep step;
    const auto at = read_time(words[0]);
    if (!at) return at.error();
    step.at_us = *at;
    step.uplink.name = words[1];
    const auto kind = link_kind(words[2]);
    if (!kind) {
        return fail(
            ErrorCode::invalid_argument,
            "'" + words[2] +
                "' is no kind of link; there are unknown, wifi_depot, wifi, ethernet, lte, satellite");
    }
    step.uplink.kind = *kind;
    if (words[3] != "up" && words[3] != "down") {
        return fail(ErrorCode::invalid_argument, "'" + words[3] + "' is neither up nor down");
    }
    step.uplink.up = words[3] == "up";
    step.uplink.metered = is_usually_metered(*kind);
    if (words.size() == 5) {
        if (words[4] != "metered" && words[4] != "unmetered") {
            return fail(ErrorCode::invalid_argument, "'" + words[4] + "' is neither metered nor unmetered");
        }
        step.uplink.metered = words[4] == "metered";
    }
    return step;
}

}  // namespace

Result<std::vector<LinkStep>> read_link_script(std::string_view text) {
    std::vector<LinkStep> steps;
    std::int64_t line_number = 1;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find_first_of("\n;"), text.size());
        const std::string line(text.substr(0, std::min(end, text.find('#'))));
        std::istringstream in(line);
        std::vector<std::string> words;
        for (std::string word; in >> word;) words.push_back(std::move(word));
        if (!words.empty()) {
            auto step = read_step(words);
            if (step && !steps.empty() && step->at_us < steps.back().at_us) {
                step = fail(ErrorCode::invalid_argument, "'" + words[0] + "' is before the step above it");
            }
            if (!step) return step.error().with("line " + std::to_string(line_number));
            steps.push_back(std::move(*step));
        }
        text.remove_prefix(std::min(end + 1, text.size()));
        ++line_number;
    }
    if (steps.empty()) return fail(ErrorCode::invalid_argument, "there is no step in it");
    return steps;
}

Uplinks uplinks_at_start(const std::vector<LinkStep>& steps, std::int64_t now_us) {
    Uplinks uplinks;
    for (const LinkStep& step : steps) {
        if (std::ranges::find(uplinks, step.uplink.name, &Uplink::name) != uplinks.end()) continue;
        uplinks.push_back(step.uplink);
        uplinks.back().up = false;
        uplinks.back().since_us = now_us;
    }
    for (const LinkStep& step : steps) {
        if (step.at_us == 0) take_step(uplinks, step, now_us);
    }
    return uplinks;
}

bool take_step(Uplinks& uplinks, const LinkStep& step, std::int64_t now_us) {
    const auto uplink = std::ranges::find(uplinks, step.uplink.name, &Uplink::name);
    Uplink next = step.uplink;
    next.since_us = uplink->since_us;
    if (next == *uplink) return false;
    next.since_us = now_us;
    *uplink = std::move(next);
    return true;
}

}  // namespace fieldpost::hal
