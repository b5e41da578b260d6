#include "tools/bench/typing_errors.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

namespace fieldpost::bench {

namespace {

constexpr std::size_t short_word = 4;
constexpr int attempts = 40;

bool is_letter(char c) {
    return c >= 'a' && c <= 'z';
}

struct Word {
    std::string text;
    bool has_error = false;
};

std::size_t letters_of(const Word& word) {
    return static_cast<std::size_t>(std::ranges::count_if(word.text, is_letter));
}

// What lies beside each key of a QWERTY keyboard.
std::string_view neighbours(char letter) {
    constexpr std::array<std::string_view, 26> beside = {
        "qwsz",   "vghn",  "xdfv", "serfcx", "wsdr", "drtgvc", "ftyhbv", "gyujnb", "ujko",
        "huikmn", "jiolm", "kop",  "njk",    "bhjm", "iklp",   "ol",     "wa",     "edft",
        "awedxz", "rfgy",  "yhji", "cfgb",   "qase", "zsdc",   "tghu",   "asx"};
    return beside[static_cast<std::size_t>(letter - 'a')];
}

// Half of the wrong letters are a finger's breadth away, the others come from anywhere: hearing, handwriting.
char wrong_letter(Dice& dice, char right) {
    const std::string_view near = neighbours(right);
    if (dice.percent(50)) return near[dice.below(near.size())];
    const char any = static_cast<char>('a' + dice.below(26));
    return any == right ? near[0] : any;
}

// The place of a random letter of the word.
std::size_t some_letter(Dice& dice, const Word& word) {
    std::size_t nth = dice.below(letters_of(word));
    std::size_t at = 0;
    while (!is_letter(word.text[at]) || nth-- > 0) ++at;
    return at;
}

// false when the error cannot be made at this word.
bool swap_letters(Word& word, std::size_t at) {
    if (at + 1 >= word.text.size() || !is_letter(word.text[at + 1])) return false;
    std::swap(word.text[at], word.text[at + 1]);
    return true;
}

bool join_with_next(std::vector<Word>& words, std::size_t at) {
    if (at + 1 >= words.size() || words[at].text.size() < 2 || words[at + 1].text.size() < 2) return false;
    words[at].text += words[at + 1].text;
    words.erase(words.begin() + static_cast<std::ptrdiff_t>(at) + 1);
    return true;
}

bool split_in_two(std::vector<Word>& words, std::size_t at, Dice& dice) {
    const std::string whole = words[at].text;
    if (whole.size() < short_word) return false;
    const std::size_t cut = 1 + dice.below(whole.size() - 1);
    words[at].text = whole.substr(0, cut);
    words.insert(words.begin() + static_cast<std::ptrdiff_t>(at) + 1, Word{whole.substr(cut), true});
    return true;
}

bool make_error(Dice& dice, std::vector<Word>& words, std::size_t which) {
    Word& word = words[which];
    const std::size_t at = some_letter(dice, word);
    word.has_error = true;
    const std::size_t kind = dice.below(100);
    if (kind < 25) {
        word.text[at] = wrong_letter(dice, word.text[at]);
    } else if (kind < 45) {
        // A key that sticks is as usual as a second one that is hit.
        const char added = dice.percent(40) ? word.text[at] : wrong_letter(dice, word.text[at]);
        word.text.insert(at + dice.below(2), 1, added);
    } else if (kind < 65) {
        word.text.erase(at, 1);
    } else if (kind < 80) {
        return swap_letters(word, at);
    } else if (kind < 90) {
        return join_with_next(words, which);
    } else {
        return split_in_two(words, which, dice);
    }
    return true;
}

// Each letter is as likely to go wrong as any other, so long words go wrong more often. words.size(): none
// may.
std::size_t some_word(Dice& dice, const std::vector<Word>& words) {
    const auto room = [](const Word& word) {
        const std::size_t letters = letters_of(word);
        return letters < 2 || (word.has_error && letters <= short_word) ? 0 : letters;
    };
    std::size_t all = 0;
    for (const Word& word : words) all += room(word);
    if (all == 0) return words.size();
    std::size_t drawn = dice.below(all);
    std::size_t at = 0;
    while (drawn >= room(words[at])) drawn -= room(words[at++]);
    return at;
}

std::vector<Word> split(std::string_view text) {
    std::vector<Word> words;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        words.push_back({std::string(text.substr(0, end)), false});
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}

std::string join(const std::vector<Word>& words) {
    std::string out;
    for (const Word& word : words) {
        if (!out.empty() && !word.text.empty()) out += ' ';
        out += word.text;
    }
    return out;
}

}  // namespace

std::optional<std::string> with_typing_errors(Dice& dice, std::string_view text, int errors) {
    // A second error may undo the first, or meet a place where it cannot be made: then all is drawn anew.
    for (int attempt = 0; attempt < attempts; ++attempt) {
        std::vector<Word> words = split(text);
        bool made = true;
        for (int error = 0; error < errors && made; ++error) {
            const std::size_t which = some_word(dice, words);
            if (which == words.size()) return std::nullopt;
            made = make_error(dice, words, which);
        }
        std::string typed = join(words);
        if (made && typing_distance(typed, text, errors) == errors) return typed;
    }
    return std::nullopt;
}

int typing_distance(std::string_view left, std::string_view right, int most) {
    if (left.size() > right.size()) std::swap(left, right);
    const int rows = static_cast<int>(left.size());
    const int columns = static_cast<int>(right.size());
    if (columns - rows > most) return most + 1;
    // Three rows of the table of Wagner and Fischer, within `most` of its diagonal.
    const auto width = right.size() + 1;
    std::vector<int> before(width, most + 1);
    std::vector<int> above(width, most + 1);
    std::vector<int> row(width, most + 1);
    for (int column = 0; column <= std::min(columns, most); ++column) {
        above[static_cast<std::size_t>(column)] = column;
    }
    for (int at = 1; at <= rows; ++at) {
        const int from = std::max(1, at - most);
        const int to = std::min(columns, at + most);
        std::ranges::fill(row, most + 1);
        if (from == 1) row[0] = at;
        int least = from == 1 ? at : most + 1;
        for (int column = from; column <= to; ++column) {
            const auto here = static_cast<std::size_t>(column);
            const char a = left[static_cast<std::size_t>(at) - 1];
            const char b = right[here - 1];
            int best = std::min({above[here] + 1, row[here - 1] + 1, above[here - 1] + (a == b ? 0 : 1)});
            if (at > 1 && column > 1 && a == right[here - 2] && b == left[static_cast<std::size_t>(at) - 2]) {
                best = std::min(best, before[here - 2] + 1);
            }
            row[here] = std::min(best, most + 1);
            least = std::min(least, row[here]);
        }
        if (least > most) return most + 1;
        before.swap(above);
        above.swap(row);
    }
    return above[static_cast<std::size_t>(columns)];
}

}  // namespace fieldpost::bench
