#include "sync/engine/in_city.hpp"

#include <algorithm>

namespace fieldpost::engine {

bool are_same_feeds(const FeedPlaces& one, const FeedPlaces& other) {
    return std::ranges::equal(one, other, [](const auto& left, const auto& right) {
        return left.first == right.first && left.second.hub_generation == right.second.hub_generation;
    });
}

bool stands_at(const FeedPlaces& city, const FeedPlaces& heads) {
    return are_same_feeds(city, heads) && std::ranges::all_of(heads, [&](const auto& head) {
               return city.at(head.first).n >= head.second.n;
           });
}

std::optional<std::uint64_t> notes_in(const FeedPlaces& city, const InCity& known) {
    return stands_at(city, known.heads) ? std::optional(known.notes) : std::nullopt;
}

}  // namespace fieldpost::engine
