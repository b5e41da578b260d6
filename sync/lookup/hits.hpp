// Inside of the search: candidates become hits, each record once, in order, with title and reason.
#pragma once

#include <optional>
#include <vector>

#include "sync/lookup/candidate.hpp"
#include "sync/snapshot/entries.hpp"

namespace fieldpost::lookup {

// Throws SQLite::Exception.
std::vector<Hit> make_hits(snapshot::Entries& entries, const std::vector<Candidate>& candidates,
                           std::size_t limit, const SearchOptions& options);

}  // namespace fieldpost::lookup
