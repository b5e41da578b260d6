// Inside of the search: names of parties, businesses, projects and places.
#pragma once

#include <vector>

#include "sync/lookup/candidate.hpp"
#include "sync/lookup/reading.hpp"
#include "sync/snapshot/entries.hpp"

namespace fieldpost::lookup {

// Every word typed must be in one name, in any order; the last may be half typed. With `whole_only`, all
// words of the name must be there: for a text that is a good address already. Adds to `out`. Throws
// SQLite::Exception.
void find_names(snapshot::Entries& entries, const TypedText& typed, bool whole_only, std::size_t limit,
                std::vector<Candidate>& out);

}  // namespace fieldpost::lookup
