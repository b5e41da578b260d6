// Inside of the search: from readings over street names to rows.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "sync/lookup/candidate.hpp"
#include "sync/lookup/reading.hpp"
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
    // Names with typing errors; for when find() left something to wish for.
    void find_misspelt(std::size_t limit, std::vector<Candidate>& out);

    // The streets that find() and find_misspelt() came upon.
    const std::vector<StreetCandidate>& streets() const { return streets_; }

  private:
    const std::vector<NameMatch>& names_of(const Reading& reading);
    void match_misspelt_names(const Reading& reading);
    void match_misspelt_type(const Reading& reading);
    void add_streets(const Reading& reading, const std::vector<NameMatch>& names, bool type_misspelt = false);
    void find_addresses(std::size_t limit, std::vector<Candidate>& out);
    void find_at(const StreetCandidate& street, std::size_t limit, std::vector<Candidate>& out);
    void add_address(const StreetCandidate& street, const snapshot::AddressEntry& entry, NumberFit fit,
                     std::vector<Candidate>& out);

    const StreetDictionary& dictionary_;
    snapshot::Entries& entries_;
    const std::vector<Reading>& readings_;
    std::map<std::pair<std::string, bool>, std::vector<NameMatch>> names_;  // many readings share a name
    std::vector<StreetCandidate> streets_;
    std::map<std::tuple<std::int64_t, std::uint32_t, std::uint32_t, std::string_view>, std::size_t> known_;
};

}  // namespace fieldpost::lookup
