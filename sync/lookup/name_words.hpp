// Inside of the search: the words of all names in memory, for those that were misspelt or written by ear.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
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
    // Keeps at most so many words.
    explicit NameWords(std::size_t most = 400'000) : most_(most) {}

    // In any order; of a word that is known, how many rows have it now. Words with digits are not kept.
    void add(std::string_view word, std::int64_t rows);
    std::size_t size() const { return words_.size(); }
    // A word had to be left out.
    bool is_full() const { return is_full_; }

    bool has(std::string_view word) const { return words_.find(word) != WordList::none; }
    // Other words within one typing error (two in words of eight letters and more, and if `far` of four) or
    // that sound the same;
    // the nearest first, then the more frequent. Not the word itself. The answers of the last words asked for
    // are kept until a word like them comes, as at the next keystroke most words are the same. Good until the
    // next call.
    const std::vector<LikeWord>& like(std::string_view word, std::size_t limit, bool far = false);
    // How often like() had to look through all words.
    std::size_t looked_through() const { return looked_through_; }

  private:
    using Asked = std::tuple<std::string, std::size_t, bool>;
    struct Answer {
        std::uint32_t sound = 0;  // of the word asked for
        std::vector<LikeWord> like;
    };
    std::vector<LikeWord> find_like(std::string_view word, std::size_t limit, bool far);
    void forget_answers_like(std::string_view word, std::uint32_t sound);
    void sort_sounds();

    std::size_t most_;
    bool is_full_ = false;
    WordList words_;
    std::vector<std::uint32_t> rows_;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> by_sound_;  // hash of the sound, word
    std::size_t sounds_sorted_ = 0;                                  // so many of them, the first
    std::map<Asked, Answer> kept_;
    std::size_t looked_through_ = 0;
};

}  // namespace fieldpost::lookup
