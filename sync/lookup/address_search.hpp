// Inside of the search: from readings over street names to rows.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "sync/lookup/candidate.hpp"
#include "sync/lookup/reading.hpp"
#include "sync/lookup/repairs.hpp"
#include "sync/lookup/street_dictionary.hpp"
#include "sync/snapshot/entries.hpp"

namespace fieldpost::lookup {

// A street that agrees with a reading.
struct StreetCandidate {
    double score = 0;
    std::int64_t street = 0;
    const Reading* reading = nullptr;
    AddressReason reason;  // without number and part
    bool asked = false;    // for its addresses
};

// One query's look at the streets. Throws SQLite::Exception.
class AddressSearch {
  public:
    AddressSearch(const StreetDictionary& dictionary, snapshot::Entries& entries,
                  const std::vector<Reading>& readings)
        : dictionary_(dictionary), entries_(entries), readings_(readings) {}

    // Names as typed, half typed, or with words left out. Adds to `out`.
    void find(std::size_t limit, std::vector<Candidate>& out);
    // The same with up to `errors` typing errors, 1 or 2; for when find() left something to wish for. Call it
    // with 1 before 2.
    void find_misspelt(const std::vector<Repair>& repairs, const std::vector<std::string>& places, int errors,
                       std::size_t limit, std::vector<Candidate>& out);
    // Only the streets of these two, not what stands on them.
    void match();
    void match_misspelt(const std::vector<Repair>& repairs, const std::vector<std::string>& places,
                        int errors);
    // Where a street is well met but has no such house: those whose number differs by one digit, and the
    // nearest. They are never more than an offer (is_other_door()).
    void find_other_numbers(std::vector<Candidate>& out);

    // The streets that find() and find_misspelt() came upon.
    const std::vector<StreetCandidate>& streets() const { return streets_; }

  private:
    const std::vector<NameMatch>& names_of(const Reading& reading);
    const std::vector<NameMatch>& names_near(const Reading& reading, int errors);
    void drop_swallowed_directions(const std::vector<std::string>& words, std::size_t before,
                                   std::vector<NameMatch>& names) const;
    void add_streets(const Reading& reading, const std::vector<NameMatch>& names, int repaired = 0);
    void find_addresses(std::size_t streets, std::size_t limit, std::vector<Candidate>& out);
    void find_at(const StreetCandidate& street, std::size_t limit, std::vector<Candidate>& out);
    void find_other_numbers_on(const StreetCandidate& street, std::vector<Candidate>& out);
    // `unlikely` is taken from the score.
    void add_address(const StreetCandidate& street, const snapshot::AddressEntry& entry, NumberFit fit,
                     std::vector<Candidate>& out, double unlikely = 0);

    const StreetDictionary& dictionary_;
    snapshot::Entries& entries_;
    const std::vector<Reading>& readings_;
    std::map<std::pair<std::string, bool>, std::vector<NameMatch>> names_;  // many readings share a name
    std::map<std::tuple<std::string, bool, int>, std::vector<NameMatch>> near_;
    StreetDictionary::WordsLike words_like_;
    std::deque<std::vector<Reading>> loose_;  // of each repair, once it was tried; candidates point into them
    std::vector<StreetCandidate> streets_;
    std::map<std::tuple<std::int64_t, std::uint32_t, std::uint32_t, std::string_view>, std::size_t> known_;
};

}  // namespace fieldpost::lookup
