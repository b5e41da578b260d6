// How far the city has come with what crews did: the device's own edits need not be laid over a city that
// holds what became of them.
//
// The hub tells what became of operations in acknowledgements. The journal keeps each in a note, and numbers
// the notes. A hello that is said after a note is answered after the hub had applied what the note tells of:
// the feeds' heads in the answer are those of a city that holds it, or what came after it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "sync/records/layer.hpp"

namespace fieldpost::engine {

// A number of a feed, in the hub generation that gave it.
struct FeedPlace {
    std::uint64_t hub_generation = 0;
    std::uint64_t n = 0;
    bool operator==(const FeedPlace&) const = default;
};
using FeedPlaces = std::map<records::FeedId, FeedPlace>;

// A city of just these feeds, each at its head here or beyond, holds what became of the operations in the
// notes through this one. That is true of any city, so it stays true when an older or a newer one is mounted.
struct InCity {
    std::uint64_t notes = 0;
    FeedPlaces heads;
    bool operator==(const InCity&) const = default;
};

// The city is of just these feeds, each at its head or beyond.
bool stands_at(const FeedPlaces& city, const FeedPlaces& heads);

// The notes through this one are in a city that stands so; nullopt: that is not known of any.
std::optional<std::uint64_t> notes_in(const FeedPlaces& city, const InCity& known);

// The same feeds in the same hub generations.
bool are_same_feeds(const FeedPlaces& one, const FeedPlaces& other);

}  // namespace fieldpost::engine
