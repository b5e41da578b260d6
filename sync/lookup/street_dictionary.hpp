// The streets of a city in memory: a million addresses stand on some ten thousand street names, so all that
// is fuzzy (typing errors, half-typed and missing words) happens here, and the addresses themselves are exact
// seeks.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sync/lookup/terms.hpp"

namespace fieldpost::lookup {

// How a street's name agrees with the words typed.
struct NameMatch {
    enum class How {
        whole,      // the whole name was typed
        beginning,  // the name begins with what was typed
        words,      // the words typed are among the name's
    };
    std::uint32_t name = 0;  // number in the dictionary
    How how = How::whole;
    int errors = 0;           // typing errors
    std::size_t untyped = 0;  // letters of the name that were not typed
    bool operator==(const NameMatch&) const = default;
};

// One thread.
class StreetDictionary {
  public:
    // A street of a name, as its addresses know it; a name's streets are in order of type and direction.
    struct NamedStreet {
        std::int64_t street = 0;
        std::string type;
        std::string direction;
    };

    // At most this many streets are kept; further ones are not found by name (and add() says so).
    static constexpr std::size_t street_limit = 500'000;

    // false when the dictionary is full. `street` must be new.
    bool add(std::int64_t street, const Street& value);
    // Call once after the first many add(): until then the dictionary does not look sorted things up.
    void sort();

    std::size_t size() const { return streets_; }
    const std::string& name(std::uint32_t number) const { return names_[number].text; }
    const std::vector<NamedStreet>& streets(std::uint32_t number) const { return names_[number].streets; }
    // Every street type that occurs.
    const std::vector<std::string>& types() const { return types_; }

    // Spaces do not count: "MAC DONALD" finds "MACDONALD". All results go behind `out`; `limit` bounds what
    // is added.
    void find_whole(std::string_view name, std::vector<NameMatch>& out) const;
    void find_beginning(std::string_view name, std::size_t limit, std::vector<NameMatch>& out) const;
    // Names that have every word, in any order, each with at most one typing error if `fuzzy` (words of four
    // letters and more) and two in all; the last word may be a beginning. The whole name is not found again
    // here.
    void find_words(std::span<const std::string_view> words, bool last_is_beginning, bool fuzzy,
                    std::size_t limit, std::vector<NameMatch>& out) const;
    // Names within `most` typing errors, but more than none; or names of which a beginning is.
    void find_near(std::string_view name, bool beginning, int most, std::size_t limit,
                   std::vector<NameMatch>& out) const;

  private:
    struct Name {
        std::string text;
        std::string compact;  // without spaces
        std::vector<std::uint32_t> words;
        std::vector<NamedStreet> streets;
    };
    struct Word {
        std::string text;
        std::vector<std::uint32_t> names;
    };

    std::uint32_t add_name(const std::string& text);
    std::uint32_t add_word(std::string_view text);
    std::vector<std::uint32_t> words_like(std::string_view word, bool beginning, bool fuzzy) const;
    void take_best(std::vector<NameMatch>& found, std::size_t limit, std::vector<NameMatch>& out) const;
    int word_errors(std::string_view word, bool beginning, bool fuzzy, const Name& name) const;

    std::vector<Name> names_;
    std::vector<std::uint64_t> name_letters_;    // beside names_: letter_mask() of each, for the sieve
    std::vector<std::uint32_t> names_in_order_;  // by compact
    std::unordered_map<std::string, std::uint32_t> name_numbers_;  // by compact
    std::vector<Word> words_;
    std::vector<std::uint64_t> word_letters_;
    std::vector<std::uint32_t> words_in_order_;
    std::unordered_map<std::string, std::uint32_t> word_numbers_;
    std::vector<std::string> types_;
    std::size_t streets_ = 0;
    bool sorted_ = false;
};

// How many typing errors a word of this many letters may have: short words are too alike.
constexpr int errors_allowed(std::size_t letters) {
    return letters < 4 ? 0 : letters < 8 ? 1 : 2;
}

std::string without_spaces(std::string_view text);

}  // namespace fieldpost::lookup
