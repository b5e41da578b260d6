// How people type names of persons and organisations, with whose records they wanted.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tools/bench/city_rows.hpp"
#include "tools/bench/dice.hpp"
#include "tools/bench/lookup_queries.hpp"

namespace fieldpost::bench {

// One thread. The queries follow from names, seed and the order of the calls.
class NameQueries {
  public:
    NameQueries(const std::vector<PartyRow>& parties, std::uint64_t seed);

    bool empty() const { return names_.empty(); }

    // A name in either order, with or without initials, with `errors` (0 to 2) typing errors. `wanted` are
    // the parties of that name; a rival is another name that is as near.
    Query name(int errors);
    // A name as somebody would write it who only heard it: SMYTH, KATHRYN, STEFEN.
    Query by_ear();

  private:
    struct Name {
        std::vector<std::string> words;  // lower case, initials among them
        std::uint32_t letters = 0;       // that occur in its words, initials left out
        std::vector<records::RecordId> parties;
    };
    // In whichever order, with or without initials.
    bool has_rival(const Name& wanted, const std::string& typed, int errors) const;

    Dice dice_;
    std::vector<Name> names_;
};

}  // namespace fieldpost::bench
