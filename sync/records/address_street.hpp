// Inside of the address reader: which words of a street are direction, name and type, and where the street
// ends.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sync/records/address.hpp"

namespace fieldpost::records::reading {

using Words = std::vector<std::string_view>;

struct StreetWords {
    std::string pre_direction;
    std::string pre_type;
    std::string name;
    std::string type;
    std::string post_direction;
    std::size_t used = 0;  // how many words the street takes; what follows is a place, a unit or noise
};

// Reads the street that begins at the first word. `mailing` says that state, ZIP or country followed, so that
// words behind the street name a place; `places` are known place names, folded.
StreetWords read_street(const Words& words, bool mailing, const std::vector<std::string>& places);

// Where the type of a street stands among its words, words.size() if it has none.
std::size_t type_position(const Words& words);

// Whether a street may begin here as far as its first words tell: "<name> <type>" or "AVENUE <x>" or "ROUTE
// <n>".
bool begins_typed_street(const Words& words);

void put_street(const StreetWords& street, Address& address);

}  // namespace fieldpost::records::reading
