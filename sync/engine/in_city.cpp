#include "sync/engine/in_city.hpp"

#include <algorithm>

namespace fieldpost::engine {

bool are_same_feeds(const FeedPlaces& one, const FeedPlaces& other) {
    return std::ranges::equal(one, other, [](const auto& left, const auto& right) {
        return left.first == right.first && left.second.hub_generation == right.second.hub_generation;
    });
}

std::optional<std::uint64_t> notes_in(const FeedPlaces& city, const InCity& known) {
    if (!are_same_feeds(city, known.heads)) return std::nullopt;
    const bool reached = std::ranges::all_of(
        known.heads, [&](const auto& head) { return city.at(head.first).n >= head.second.n; });
    return reached ? std::optional(known.notes) : std::nullopt;
}

}  // namespace fieldpost::engine
