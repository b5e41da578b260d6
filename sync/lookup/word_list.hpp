// Some thousand short words in memory, to be found whole, by their beginning, or with typing errors.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sync/lookup/edit_distance.hpp"

namespace fieldpost::lookup {

// Words get numbers in the order of their coming, from 0. One thread; reading from several is safe while
// nobody adds.
class WordList {
  public:
    static constexpr std::uint32_t none = UINT32_MAX;

    // The number of the word, a new one when it was not known. Words longer than 255 bytes are cut, here and
    // in find().
    std::uint32_t add(std::string_view word);
    // Call once after the first many add(): until then beginning() finds nothing.
    void sort();

    std::uint32_t size() const { return static_cast<std::uint32_t>(places_.size()); }
    // Valid until the next add().
    std::string_view text(std::uint32_t number) const {
        return std::string_view(text_).substr(places_[number].begin, places_[number].size);
    }
    // none when it is not known.
    std::uint32_t find(std::string_view word) const;
    // Words that begin so, in order of their text.
    std::span<const std::uint32_t> beginning(std::string_view text) const;

    // Calls found(number, errors) for every word within `most` typing errors.
    template <class Found>
    void near(const TypedWord& typed, int most, Found&& found) const {
        const auto letters = static_cast<int>(typed.word().size());
        for (int size = std::max(1, letters - most); size <= std::min(letters + most, longest); ++size) {
            sift(
                typed, most, 2 * most, size, [](std::uint64_t a, std::uint64_t b) { return a ^ b; },
                [&](std::string_view text) { return typed.distance(text, most); }, found);
        }
    }
    // The same for words of which some beginning is within `most` errors.
    template <class Found>
    void near_beginning(const TypedWord& typed, int most, Found&& found) const {
        const auto letters = static_cast<int>(typed.word().size());
        for (int size = std::max(1, letters - most); size <= longest; ++size) {
            sift(
                typed, most, most, size, [](std::uint64_t a, std::uint64_t b) { return a & ~b; },
                [&](std::string_view text) { return typed.prefix_distance(text, most); }, found);
        }
    }

  private:
    static constexpr int longest = 63;  // longer words stand with those of 63 letters

    struct Place {
        std::uint32_t begin = 0;
        std::uint32_t size = 0;
    };
    // Words of one size, with the set of letters of each side by side: the sieve reads only those.
    struct Sized {
        std::vector<std::uint64_t> letters;
        std::vector<std::uint32_t> numbers;
    };

    // Each error changes at most two letters of the set: one gone, one come. Of a beginning only what is gone
    // counts.
    template <class Apart, class Distance, class Found>
    void sift(const TypedWord& typed, int most, int letters_apart, int size, Apart apart, Distance distance,
              Found& found) const {
        const Sized& sized = by_size_[static_cast<std::size_t>(size)];
        for (std::size_t at = 0; at < sized.letters.size(); ++at) {
            if (are_more(apart(typed.letters(), sized.letters[at]), letters_apart)) continue;
            const int errors = distance(text(sized.numbers[at]));
            if (errors <= most) found(sized.numbers[at], errors);
        }
    }
    // Whether more bits than `count` are set. It is small: counting them all takes longer.
    static bool are_more(std::uint64_t bits, int count) {
        for (; count > 0; --count) bits &= bits - 1;
        return bits != 0;
    }
    static std::string_view cut(std::string_view word) { return word.substr(0, 255); }
    std::size_t slot_of(std::string_view word) const;
    void grow();

    std::string text_;
    std::vector<Place> places_;
    std::vector<std::uint32_t> order_;
    std::vector<std::uint32_t> slots_;  // open addressing, a power of two, at most half full
    std::array<Sized, longest + 1> by_size_;
    bool sorted_ = false;
};

}  // namespace fieldpost::lookup
