#include "sync/lookup/edit_distance.hpp"

#include <algorithm>

namespace fieldpost::lookup {

TypedWord::TypedWord(std::string_view word) : word_(word.substr(0, 63)), letters_(letter_mask(word_)) {
    for (std::size_t at = 0; at < word_.size(); ++at) {
        if (const unsigned letter = letter_number(word_[at]); letter < places_.size()) {
            places_[letter] |= std::uint64_t{1} << at;
        }
    }
}

// D0, horizontal and vertical differences of the distance matrix, one column of 64 cells a step.
template <bool prefix>
int TypedWord::run(std::string_view name, int most) const {
    const int size = static_cast<int>(word_.size());
    if (size == 0) return prefix ? 0 : std::min(static_cast<int>(name.size()), most + 1);
    const std::uint64_t last = std::uint64_t{1} << (word_.size() - 1);
    std::uint64_t vertical_up = ~std::uint64_t{0};
    std::uint64_t vertical_down = 0;
    std::uint64_t diagonal = 0;
    std::uint64_t before = 0;  // places of the name's previous letter
    int errors = size;
    int best = errors;
    for (const char c : name) {
        const unsigned letter = letter_number(c);
        const std::uint64_t here = letter < places_.size() ? places_[letter] : 0;
        const std::uint64_t swapped = (((~diagonal) & here) << 1U) & before;
        diagonal = (((here & vertical_up) + vertical_up) ^ vertical_up) | here | vertical_down | swapped;
        std::uint64_t across_up = vertical_down | ~(diagonal | vertical_up);
        std::uint64_t across_down = diagonal & vertical_up;
        if ((across_up & last) != 0) ++errors;
        if ((across_down & last) != 0) --errors;
        across_up = (across_up << 1U) | 1U;
        across_down <<= 1U;
        vertical_up = across_down | ~(diagonal | across_up);
        vertical_down = across_up & diagonal;
        before = here;
        if (prefix) best = std::min(best, errors);
    }
    return std::min(prefix ? best : errors, most + 1);
}

int TypedWord::distance(std::string_view name, int most) const {
    const int difference = static_cast<int>(name.size()) - static_cast<int>(word_.size());
    if (difference > most || -difference > most) return most + 1;
    return run<false>(name, most);
}

int TypedWord::prefix_distance(std::string_view name, int most) const {
    // What lies farther than the word is long and the errors allow cannot be part of the best beginning.
    return run<true>(name.substr(0, word_.size() + static_cast<std::size_t>(most)), most);
}

std::uint64_t letter_mask(std::string_view word) {
    std::uint64_t mask = 0;
    for (const char c : word) {
        if (const unsigned letter = letter_number(c); letter < 36) mask |= std::uint64_t{1} << letter;
    }
    return mask;
}

}  // namespace fieldpost::lookup
