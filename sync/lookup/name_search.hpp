// Inside of the search: people, businesses and places by their names.
#pragma once

#include <vector>

#include "sync/lookup/candidate.hpp"
#include "sync/lookup/name_words.hpp"
#include "sync/lookup/reading.hpp"
#include "sync/snapshot/entries.hpp"

namespace fieldpost::lookup {

// Names that have every word typed, in any order; the last may be half typed, and a letter may stand for a
// word. With `whole_only`, only names that have no other words. `left` is for the whole question. Adds to
// `out`. Throws SQLite::Exception.
void find_names(snapshot::Entries& entries, const TypedText& text, bool whole_only, std::size_t limit,
                snapshot::NamesLeft& left, std::vector<Candidate>& out);

// The same for words that are misspelt, written by ear, joined or parted. `far`: with two errors in a word.
void find_names_like(snapshot::Entries& entries, NameWords& known, const TypedText& text, bool far,
                     std::size_t limit, snapshot::NamesLeft& left, std::vector<Candidate>& out);

}  // namespace fieldpost::lookup
