// Inside of the search: what a text may have been before spaces were lost or added and signal words misspelt:
// "1420mapel avenu" -> "1420 MAPEL AVENU", "12 mainst atp 4" -> "12 MAIN ST APT 4". Names of streets are not
// mended here: the dictionary knows them.
#pragma once

#include <vector>

#include "sync/lookup/reading.hpp"
#include "sync/lookup/street_dictionary.hpp"

namespace fieldpost::lookup {

struct Repair {
    TypedText typed;
    int errors = 0;  // that it mends: 0 for the text as typed
};

// The text as typed first, then with one error mended, then with two. At most 12.
std::vector<Repair> repairs(const TypedText& typed, const StreetDictionary& dictionary);

}  // namespace fieldpost::lookup
