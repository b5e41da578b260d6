// How many typing errors lie between two short words: letters missing, added, exchanged, or two neighbours
// swapped.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace fieldpost::lookup {

// What was typed, prepared once and compared with many names. Bit-parallel optimal string alignment distance:
// H. Hyyrö, "A Bit-Vector Algorithm for Computing Levenshtein and Damerau Edit Distances", 2003. Pure; any
// thread.
class TypedWord {
  public:
    // A-Z and 0-9, at most 63 characters: of a longer word the first 63.
    explicit TypedWord(std::string_view word);

    std::string_view word() const { return word_; }
    // Letters and digits that occur, as letter_mask() gives them.
    std::uint64_t letters() const { return letters_; }

    // Errors between the word and the whole name; any number above `most` may be returned as most + 1.
    int distance(std::string_view name, int most) const;
    // Errors between the word and the best beginning of the name.
    int prefix_distance(std::string_view name, int most) const;

  private:
    template <bool prefix>
    int run(std::string_view name, int most) const;

    std::string_view word_;
    std::uint64_t letters_ = 0;
    std::array<std::uint64_t, 36> places_{};  // per letter: the bits of the places where the word has it
};

// 0 to 25 for A-Z, 26 to 35 for 0-9; 36 for anything else.
constexpr unsigned letter_number(char c) {
    if (c >= 'A' && c <= 'Z') return static_cast<unsigned>(c - 'A');
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0') + 26U;
    return 36;
}

// A bit for each letter and digit that occurs. Names whose masks differ in many bits are far apart: a cheap
// sieve.
std::uint64_t letter_mask(std::string_view word);

}  // namespace fieldpost::lookup
