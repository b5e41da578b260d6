// Inside of the search: the words of all names in memory, for those that were misspelt or written by ear.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sync/lookup/word_list.hpp"

namespace fieldpost::lookup {

// What a word sounds like in English, roughly: SMITH, SMYTH and SCHMIDT are the same, so are CATHERINE and
// KATHRYN. Empty for a word with no letter. `word` is folded.
std::string sound_of(std::string_view word);

struct LikeWord {
    std::string word;
    double cost = 0;  // of taking it for the one typed
    bool operator==(const LikeWord&) const = default;
};

// One thread.
class NameWords {
  public:
    // In any order; words of digits are not kept, nor more than 400,000.
    void add(std::string_view word, std::int64_t rows);
    void clear() { *this = NameWords(); }
    std::size_t size() const { return words_.size(); }

    bool has(std::string_view word) const { return words_.find(word) != WordList::none; }
    // Other words within one typing error (two in words of eight letters and more) or that sound the same;
    // the nearest first, then the more frequent. Not the word itself.
    std::vector<LikeWord> like(std::string_view word, std::size_t limit) const;

  private:
    WordList words_;
    std::vector<std::uint32_t> sounds_;  // hash of the sound of each
    std::vector<std::uint32_t> rows_;
};

}  // namespace fieldpost::lookup
