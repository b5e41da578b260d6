#include "sync/records/address_number.hpp"

#include "sync/records/address_words.hpp"

namespace fieldpost::records::reading {
namespace {

// Two house numbers further apart than this are not a range: "99-1234" is one hyphenated number.
constexpr std::uint32_t widest_range = 1000;

std::uint32_t value_of(std::string_view digits) {
    std::uint32_t value = 0;
    for (char c : digits) value = value * 10 + static_cast<std::uint32_t>(c - '0');
    return value;
}

struct NumberWord {
    std::string_view digits;
    std::string_view letter;
};

// "125" or "125C"; up to six digits.
std::optional<NumberWord> split_number(std::string_view word) {
    std::size_t digits = 0;
    while (digits < word.size() && word[digits] >= '0' && word[digits] <= '9') ++digits;
    if (digits == 0 || digits > 6 || word.size() - digits > 1) return std::nullopt;
    return NumberWord{word.substr(0, digits), word.substr(digits)};
}

// 1025 and "57" is 1057; 302 and "4" is 304; 998 and "02" is 1002.
std::uint32_t expand(std::uint32_t low, std::string_view digits) {
    std::uint32_t value = value_of(digits);
    std::uint32_t scale = 1;
    for (std::size_t i = 0; i < digits.size(); ++i) scale *= 10;
    if (value >= low || scale > low) return value;
    std::uint32_t high = low / scale * scale + value;
    return high < low && digits[0] == '0' ? high + scale : high;
}

class NumberReader {
  public:
    NumberReader(const Tokens& tokens, std::size_t at) : tokens_(tokens), at_(at) {}

    std::optional<HouseNumber> run() {
        if (!is_word(at_)) return std::nullopt;
        std::string_view word = tokens_[at_].word;
        if (take_block_pattern(word)) return number_;
        auto first = split_number(word);
        if (!first || (first->digits.size() == 5 && first->digits[0] == '0')) return std::nullopt;
        number_.low = value_of(first->digits);
        number_.suffix = first->letter;
        ++at_;
        take_decimal();
        for (int parts = 0; parts < 6; ++parts) {
            if (!take_fraction(at_) && !take_dash() && !take_list()) break;
        }
        take_block_word();
        number_.next = at_;
        return number_;
    }

  private:
    bool is_word(std::size_t at) const { return at < tokens_.size() && tokens_[at].is_word(); }
    bool is_mark(std::size_t at, char mark) const { return at < tokens_.size() && tokens_[at].is_mark(mark); }
    bool glued(std::size_t at) const { return at < tokens_.size() && tokens_[at].glued; }

    // "14XX"
    bool take_block_pattern(std::string_view word) {
        if (word.size() < 3 || word.size() > 6 || !word.ends_with("XX")) return false;
        std::string_view digits = word.substr(0, word.size() - 2);
        if (!all_digits(digits)) return false;
        number_.low = value_of(digits) * 100;
        number_.block = true;
        number_.next = at_ + 1;
        return true;
    }

    // "1400 BLOCK OF MAIN ST", "1400 BLK MAIN ST"
    void take_block_word() {
        if (!is_word(at_) || (tokens_[at_].word != "BLOCK" && tokens_[at_].word != "BLK")) return;
        number_.block = true;
        ++at_;
        if (is_word(at_) && (tokens_[at_].word == "OF" || tokens_[at_].word == "ON")) ++at_;
    }

    // "157.5" is 157 1/2.
    void take_decimal() {
        if (!is_mark(at_, '.') || !is_word(at_ + 1)) return;
        std::string_view part = tokens_[at_ + 1].word;
        if (!all_digits(part)) return;
        if (part == "5" || part == "50") number_.suffix = "1/2";
        at_ += 2;
    }

    // "1/2" as three tokens; a single digit over a greater one.
    bool take_fraction(std::size_t at) {
        if (!is_word(at) || !is_mark(at + 1, '/') || !is_word(at + 2) || !glued(at + 1) || !glued(at + 2))
            return false;
        std::string_view over = tokens_[at].word;
        std::string_view under = tokens_[at + 2].word;
        bool fraction = over.size() == 1 && under.size() == 1 && all_digits(over) && all_digits(under) &&
                        over[0] > '0' && over[0] < under[0];
        if (!fraction) return false;
        number_.suffix = std::string(over) + "/" + std::string(under);
        at_ = at + 3;
        return true;
    }

    // What follows "-" or "/": the end of a range, a fraction, a letter, a suffix.
    bool take_dash() {
        bool dash = is_mark(at_, '-');
        bool slash = is_mark(at_, '/') && glued(at_) && glued(at_ + 1);
        if ((!dash && !slash) || !is_word(at_ + 1)) return false;
        bool close = glued(at_) || glued(at_ + 1);
        if (dash && close && take_fraction(at_ + 1)) return true;
        std::string_view word = tokens_[at_ + 1].word;
        if (close && word.size() == 1 && !all_digits(word)) {
            number_.suffix += (number_.suffix.empty() ? "" : "-") + std::string(word);
            at_ += 2;
            return true;
        }
        auto second = split_number(word);
        if (!second) return take_unit_suffix(word);
        std::uint32_t high = expand(number_.low, second->digits);
        if (!close && high <= number_.low) return false;
        take_second(*second, high);
        at_ += 2;
        return true;
    }

    // "143-1B1", "26-C2": a unit joined to the number by a dash.
    bool take_unit_suffix(std::string_view word) {
        bool joined = is_mark(at_, '-') && glued(at_) && glued(at_ + 1);
        bool mixed =
            word.size() <= 4 && word.find_first_of("0123456789") != std::string_view::npos && !ordinal(word);
        if (!joined || !mixed || !number_.suffix.empty()) return false;
        number_.suffix = word;
        at_ += 2;
        return true;
    }

    void take_second(const NumberWord& second, std::uint32_t high) {
        std::uint32_t from = number_.high > 0 ? number_.high : number_.low;
        if (high > from && high - number_.low <= widest_range) {
            number_.high = high;
            if (!second.letter.empty()) number_.suffix = second.letter;
        } else if (high > from && number_.high == 0 && number_.prefix.empty()) {
            number_.prefix = std::to_string(number_.low);
            number_.low = high;
            number_.suffix = second.letter;
        } else if (high < number_.low) {
            number_.suffix = std::string(second.digits) + std::string(second.letter);
        } else if (!second.letter.empty()) {
            number_.suffix = second.letter;
        }
    }

    // "190;192 Walden St", "124 & 144 Morgan Ave", "12, 14 Main St": further numbers of the same street.
    bool take_list() {
        bool mark = is_mark(at_, '&') || is_mark(at_, ';') || is_mark(at_, ',');
        if (!mark || !is_word(at_ + 1) || !is_word(at_ + 2)) return false;
        auto second = split_number(tokens_[at_ + 1].word);
        std::string_view after = tokens_[at_ + 2].word;
        if (!second || !second->letter.empty() || street_type(after) || is_number_word(after)) return false;
        std::uint32_t high = expand(number_.low, second->digits);
        std::uint32_t from = number_.high > 0 ? number_.high : number_.low;
        std::uint32_t widest = is_mark(at_, ',') ? 20 : widest_range;
        if (high <= from || high - from > widest || (high - from) % 2 != 0) return false;
        number_.high = high;
        at_ += 2;
        return true;
    }

    const Tokens& tokens_;
    std::size_t at_;
    HouseNumber number_;
};

}  // namespace

std::optional<HouseNumber> read_number(const Tokens& tokens, std::size_t at) {
    return NumberReader(tokens, at).run();
}

}  // namespace fieldpost::records::reading
