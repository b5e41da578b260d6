// Streets as people write them: the same street in every way that nobody would call an error.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sync/records/common.pb.h"
#include "tools/bench/dice.hpp"

namespace fieldpost::bench {

// How a street is written. It says the same of every street, so that two streets can be compared as the same
// person would have typed them.
struct StreetStyle {
    enum class Direction { as_posted, written_out, left_out, at_other_end, other };
    enum class Type { as_posted, written_out, spelling, left_out, other };

    Direction direction = Direction::as_posted;
    std::string other_direction = {};  // "n": in place of what is there, or where none is
    Type type = Type::as_posted;
    std::string other_type = {};  // "ct": in place of what is there, or where none is
    std::size_t spelling = 0;     // which of the less usual spellings of the type: "av", "avenu"
    bool other_name = false;      // "fifth" for "5th", "st marys" for "saint marys", "mlk"
    std::size_t which_name = 0;
};

// "e hiawatha blvd": lower-case words with single spaces between them, in this style as far as it fits the
// street.
std::string street_text(const records::Address& street, const StreetStyle& style);

// The ways in which most people write a street: in full, without type, without direction, without both,
// direction at the other end. Without repeats.
std::vector<std::string> usual_texts(const records::Address& street);

// Other ways to write a street's name that mean the same, lower case: of "5TH" "fifth", of "MARTIN LUTHER
// KING" "mlk" and others. Empty for most.
std::vector<std::string> other_names(std::string_view name);

// A way that leaves no doubt which street is meant, but for what left-out words take away.
StreetStyle harmless_style(Dice& dice);

}  // namespace fieldpost::bench
