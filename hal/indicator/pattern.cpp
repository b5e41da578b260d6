#include "hal/indicator/pattern.hpp"

#include <numeric>

namespace fieldpost::hal {

std::string_view to_string(Indication indication) {
    switch (indication) {
        case Indication::off:
            return "off";
        case Indication::ready:
            return "ready";
        case Indication::syncing:
            return "syncing";
        case Indication::no_fix:
            return "no_fix";
        case Indication::fault:
            return "fault";
    }
    return "fault";
}

const Pattern& pattern_of(Indication indication) {
    static const Pattern off{};
    static const Pattern ready{{1'000'000}};
    static const Pattern syncing{{1'000'000, 1'000'000}};
    static const Pattern no_fix{{100'000, 1'900'000}};
    static const Pattern fault{{250'000, 250'000}};
    switch (indication) {
        case Indication::off:
            return off;
        case Indication::ready:
            return ready;
        case Indication::syncing:
            return syncing;
        case Indication::no_fix:
            return no_fix;
        case Indication::fault:
            return fault;
    }
    return fault;
}

Light light_at(const Pattern& pattern, std::int64_t elapsed_us) {
    if (pattern.is_steady()) return {!pattern.turns_us.empty(), std::nullopt};
    const auto round_us = std::accumulate(pattern.turns_us.begin(), pattern.turns_us.end(), std::int64_t{0});
    std::int64_t within = elapsed_us % round_us;
    bool lit = true;
    for (const std::int64_t turn : pattern.turns_us) {
        if (within < turn) return {lit, turn - within};
        within -= turn;
        lit = !lit;
    }
    return {true, pattern.turns_us.front()};
}

}  // namespace fieldpost::hal
