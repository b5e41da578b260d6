// Inside of the search: parcel numbers, asset tags, permit, case and licence numbers.
#pragma once

#include <vector>

#include "sync/lookup/candidate.hpp"
#include "sync/lookup/reading.hpp"
#include "sync/snapshot/entries.hpp"

namespace fieldpost::lookup {

// The whole text as a number, separators aside, or what follows a word such as "permit"; the last may be half
// typed. Adds to `out`. Throws SQLite::Exception.
void find_numbers(snapshot::Entries& entries, const TypedText& typed, std::string_view text,
                  std::size_t limit, std::vector<Candidate>& out);

// Parcel numbers, tags, permit and case numbers with one sign wrong, missing, added or swapped with the next.
// They are never more than an offer.
void find_numbers_near(snapshot::Entries& entries, const TypedText& typed, std::size_t limit,
                       std::vector<Candidate>& out);

}  // namespace fieldpost::lookup
