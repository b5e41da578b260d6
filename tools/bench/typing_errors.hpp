// The errors of fingers in words: one letter exchanged, added, left out or swapped with the next, a space
// missing or added.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tools/bench/dice.hpp"

namespace fieldpost::bench {

// Lower-case words with single spaces between them, with exactly `errors` (1 or 2) errors in letters and
// spaces. Digits stay as they are, and words of one letter too; a word of up to four letters takes one error
// at most, as nobody could tell what was meant by more. nullopt when the text has no room for as many.
std::optional<std::string> with_typing_errors(Dice& dice, std::string_view text, int errors);

// Errors between two texts: optimal string alignment distance over their bytes. most + 1 for anything above
// `most`.
int typing_distance(std::string_view left, std::string_view right, int most);

}  // namespace fieldpost::bench
