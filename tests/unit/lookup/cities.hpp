// Cities to look things up in: one that the generator makes, and real ones where their open data is at hand.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sync/lookup/search.hpp"
#include "tests/unit/snapshot/city.hpp"
#include "tools/bench/lookup_queries.hpp"

namespace fieldpost::test {

// Every address of assessing/properties.csv of a generated city.
std::vector<bench::KnownAddress> generated_addresses(std::uint64_t seed, std::uint64_t properties);

// Rows of a generated city: properties with their numbers, names and former addresses, who lives there,
// permits, hydrants and streets.
std::vector<Change> generated_rows(std::uint64_t seed, std::uint64_t properties);

// The master address list of Cambridge, MA and the parcels of Syracuse, NY. nullopt, and a line on the
// screen, when FIELDPOST_SHARED_DATA does not name the folder with the open data sets.
std::optional<std::vector<bench::KnownAddress>> cambridge_addresses();
std::optional<std::vector<bench::KnownAddress>> syracuse_addresses();

// A city file with these properties, open for search.
class SearchableCity {
  public:
    explicit SearchableCity(const std::vector<bench::KnownAddress>& addresses);
    explicit SearchableCity(const std::vector<Change>& rows);
    lookup::Answer search(const std::string& text, const lookup::SearchOptions& options = {}) {
        return good(search_->search(text, options));
    }
    std::filesystem::path path() const { return folder_ / "city"; }

  private:
    void open(const std::vector<Change>& rows);

    Folder folder_;
    std::unique_ptr<snapshot::Reader> reader_;
    std::unique_ptr<lookup::Search> search_;
};

}  // namespace fieldpost::test
