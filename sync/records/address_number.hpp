// Inside of the address reader: house numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sync/records/address_tokens.hpp"

namespace fieldpost::records::reading {

struct HouseNumber {
    std::string prefix;      // "99" of the hyphenated "99-1234"
    std::uint32_t low = 0;   // 0: the text says 0, which many systems write for "none"
    std::uint32_t high = 0;  // end of a range, above low; 0: no range
    std::string suffix;      // "A", "1/2", "20" of "47-20"
    bool block = false;      // "1400 block of", "14XX"
    std::size_t next = 0;    // the token after the number
};

// The house number that begins at tokens[at]. A second number is a range or list when it is not lower than
// the first, written out or with its last digits only ("1025-57", "34/36", "190;192", "124 & 144"); else it
// is a suffix. A leading zero on five digits is a ZIP, and is refused.
std::optional<HouseNumber> read_number(const Tokens& tokens, std::size_t at);

}  // namespace fieldpost::records::reading
