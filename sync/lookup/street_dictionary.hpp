// The streets of a city in memory: a million addresses stand on some ten thousand street names, so all that
// is fuzzy (typing errors, half-typed and missing words) happens here, and the addresses themselves are exact
// seeks.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sync/lookup/terms.hpp"
#include "sync/lookup/word_list.hpp"

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
    bool goes_on = false;     // what was typed is the whole name of another street
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
    std::size_t names() const { return names_.size(); }
    const std::string& name(std::uint32_t number) const { return names_[number].text; }
    const std::vector<NamedStreet>& streets(std::uint32_t number) const { return names_[number].streets; }
    // Every street type that occurs.
    const std::vector<std::string>& types() const { return types_; }
    // Whether some name has this word.
    bool has_word(std::string_view word) const { return words_.find(word) != WordList::none; }

    // In all that follows spaces do not count ("MAC DONALD" finds "MACDONALD"), and a name is found by its
    // other spellings too ("FIRST" finds "1ST"). All results go behind `out`; `limit` bounds what is added.
    void find_whole(std::string_view name, std::vector<NameMatch>& out) const;
    void find_beginning(std::string_view name, std::size_t limit, std::vector<NameMatch>& out) const;
    // Names within `most` typing errors, and, if `beginning`, names of which some beginning is; without those
    // that find_whole() and find_beginning() find. The nearest first. Digits count as typed: 5TH is not near
    // 7TH.
    void find_near(std::string_view name, bool beginning, int most, std::size_t limit,
                   std::vector<NameMatch>& out) const;

    // Dictionary words like a typed one, by number, with the errors between. Kept by the caller for one
    // query.
    using WordsLike = std::map<std::pair<std::string, bool>, std::vector<std::pair<std::uint32_t, int>>>;
    // Names of several words that have every word typed, in any order, each with at most one typing error if
    // `fuzzy` (words of four letters and more) and two in all; the last word may be a beginning. The nearest
    // first.
    void find_words(std::span<const std::string_view> words, bool last_is_beginning, bool fuzzy,
                    std::size_t limit, WordsLike& known, std::vector<NameMatch>& out) const;

  private:
    struct Name {
        std::string text;
        std::uint32_t letters = 0;         // without spaces
        std::vector<std::uint32_t> words;  // in words_
        std::vector<NamedStreet> streets;
    };

    std::uint32_t add_name(const std::string& text);
    void add_spelling(std::string_view compact, std::uint32_t name, bool own);
    const std::vector<std::pair<std::uint32_t, int>>& words_like(std::string_view word, bool beginning,
                                                                 bool fuzzy, WordsLike& known) const;
    void take_best(std::vector<NameMatch>& found, std::size_t limit, std::vector<NameMatch>& out) const;

    std::vector<Name> names_;
    WordList spellings_;                  // without spaces
    std::vector<std::uint32_t> spelled_;  // for each spelling its name
    std::vector<bool> own_;               // for each spelling: it is the name itself
    WordList words_;
    std::vector<std::vector<std::uint32_t>> names_with_;  // for each word
    std::vector<std::string> types_;
    std::size_t streets_ = 0;
};

// How many typing errors a name of this many letters may have: short ones are too alike.
constexpr int errors_allowed(std::size_t letters) {
    return letters < 2 ? 0 : letters < 4 ? 1 : 2;
}

std::string without_spaces(std::string_view text);

}  // namespace fieldpost::lookup
