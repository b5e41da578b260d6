// What a typed text may mean as an address: a handful of readings, which the street dictionary then decides
// between.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fieldpost::lookup {

// The words of a query.
struct TypedText {
    std::vector<std::string> words;  // folded; numbers, ranges ("1025-57") and fractions ("1/2") kept whole
    bool last_complete = false;      // a space or sign follows the last word
};

// At most 24 words; what lies behind is not read.
TypedText read_words(std::string_view text);

struct Reading {
    std::uint32_t number = 0;      // house number; 0: none typed
    std::uint32_t high = 0;        // of a typed range; 0: none
    bool number_may_grow = false;  // it is the last thing typed: "hiawatha 10" may become 1031
    std::string part;              // house_part() of what was typed
    bool part_may_grow = false;
    std::vector<std::string> name;  // words of the street's name
    bool name_may_grow = false;     // its last word is the last thing typed
    std::string type;               // as street_type() gives it; empty: none
    std::string direction;          // as direction() gives it; empty: none
    std::string tail;  // last thing typed, perhaps the beginning of a type or direction: "STR", "AV"
    int unread = 0;    // words that this reading has no use for
    bool unread_number = false;  // one of them begins with a digit
    // Words beside the name that may be a misspelt type or direction: the street decides. Only of
    // loose_readings().
    std::vector<std::string> loose;
    std::size_t loose_before = 0;  // so many of them stand before the name
    bool loose_may_grow = false;   // the last of them is the last thing typed
    bool operator==(const Reading&) const = default;
};

// Bounded: at most 64 readings. `places` are folded names of the city, unread without blame at the end.
std::vector<Reading> readings(const TypedText& typed, std::string_view text,
                              const std::vector<std::string>& places);

// The same for a text with typing errors: any run of words may be the name, and what stands beside it is
// loose.
std::vector<Reading> loose_readings(const TypedText& typed, const std::vector<std::string>& places);

}  // namespace fieldpost::lookup
