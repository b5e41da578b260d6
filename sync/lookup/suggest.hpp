// Inside of the search: what the typist may have meant, when there is no such thing.
#pragma once

#include <vector>

#include "sync/lookup/address_search.hpp"
#include "sync/lookup/search.hpp"

namespace fieldpost::lookup {

// A number that the best street does not have: its nearest numbers. Nothing found at all: the closest street
// names. Throws SQLite::Exception.
std::vector<Suggestion> suggest(const StreetDictionary& dictionary, snapshot::Entries& entries,
                                const std::vector<Reading>& readings,
                                const std::vector<StreetCandidate>& streets, const std::vector<Hit>& hits);

}  // namespace fieldpost::lookup
