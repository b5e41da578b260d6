#include "sync/lookup/repairs.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "sync/lookup/edit_distance.hpp"
#include "sync/records/address_words.hpp"

namespace fieldpost::lookup {

namespace {

constexpr std::size_t repair_limit = 12;
constexpr std::size_t least_glued = 5;  // letters of a word that may be two
constexpr std::size_t least_name = 2;
constexpr std::size_t least_type = 3;            // letters of a misspelt type behind a name
constexpr std::size_t least_long_direction = 4;  // "NORTH"; an "N" before a word is no sign of anything

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool has_digit(std::string_view text) {
    return std::ranges::any_of(text, is_digit);
}

class Mending {
  public:
    Mending(const TypedText& typed, const StreetDictionary& dictionary)
        : typed_(typed), dictionary_(dictionary) {}

    std::vector<TypedText> run() {
        for (std::size_t at = 0; at < typed_.words.size(); ++at) {
            split(at);
            join(at);
            mend_ordinal(at);
            mend_unit(at);
        }
        return std::move(out_);
    }

  private:
    bool is_type(std::string_view word) const {
        const auto type = records::street_type(word);
        return type && std::ranges::find(dictionary_.types(), *type) != dictionary_.types().end();
    }
    // One letter from the long or the short word of a type that streets here have.
    bool is_like_type(std::string_view word) const {
        const TypedWord typed(word);
        return std::ranges::any_of(dictionary_.types(), [&](const std::string& type) {
            const auto name = records::street_type_name(type);
            return typed.distance(type, 1) <= 1 || (name && typed.distance(*name, 1) <= 1);
        });
    }
    // A word that says what stands beside it, and is no name itself.
    bool is_signal(std::string_view word) const {
        return is_type(word) || records::direction(word) || records::unit_type(word);
    }

    void put(std::size_t at, std::size_t replaced, std::initializer_list<std::string_view> words) {
        TypedText mended = typed_;
        const auto from = mended.words.begin() + static_cast<std::ptrdiff_t>(at);
        const auto place = mended.words.erase(from, from + static_cast<std::ptrdiff_t>(replaced));
        mended.words.insert(place, words.begin(), words.end());
        out_.push_back(std::move(mended));
    }

    void split(std::size_t at) {
        const std::string_view word = typed_.words[at];
        if (word.starts_with('#') || word.size() < 3) return;
        if (has_digit(word)) {
            split_digits(at, word);
            return;
        }
        if (is_signal(word) || dictionary_.has_word(word)) return;
        for (std::size_t cut = 1; cut < word.size(); ++cut) {
            const std::string_view left = word.substr(0, cut);
            const std::string_view right = word.substr(cut);
            const bool long_enough =
                word.size() >= least_glued && left.size() >= least_name && right.size() >= 2;
            const bool type_behind =
                long_enough && (is_type(right) || (right.size() >= least_type && left.size() >= least_type &&
                                                   dictionary_.has_word(left) && is_like_type(right)));
            const bool direction_before =
                long_enough && left.size() >= least_long_direction && records::direction(left);
            const bool direction_behind =
                long_enough && right.size() >= least_long_direction && records::direction(right);
            const bool both = left.size() >= 2 && right.size() >= 2 && is_signal(left) && is_signal(right);
            if (type_behind || direction_before || direction_behind || both) put(at, 1, {left, right});
        }
    }

    // "12MAIN", "12-14MAIN", "MAIN12", "APT4", "2NDST"; but not "12A", "5TH", "3B".
    void split_digits(std::size_t at, std::string_view word) {
        const bool digits_first = is_digit(word.front());
        const auto same = [&](char c) { return (is_digit(c) || c == '-') == digits_first; };
        const auto cut = static_cast<std::size_t>(std::ranges::find_if_not(word, same) - word.begin());
        const std::string_view left = word.substr(0, cut);
        const std::string_view right = word.substr(cut);
        if (right.empty() || records::ordinal(word)) return;
        if (digits_first && right.size() > 3 && is_signal(right.substr(2)) &&
            records::ordinal(word.substr(0, cut + 2))) {
            put(at, 1, {word.substr(0, cut + 2), right.substr(2)});
        }
        if (digits_first ? right.size() >= 2 || records::direction(right) : left.size() >= 2)
            put(at, 1, {left, right});
    }

    void join(std::size_t at) {
        if (at + 1 >= typed_.words.size()) return;
        const std::string& left = typed_.words[at];
        const std::string& right = typed_.words[at + 1];
        const std::string both = left + right;
        if (left.starts_with('#') || right.starts_with('#')) return;
        if (has_digit(both)) {
            const bool ordinal = !std::ranges::all_of(both, is_digit) && records::ordinal(both);
            if (ordinal || std::ranges::all_of(both, is_digit)) put(at, 2, {both});
        } else if (is_type(both) || records::unit_type(both) ||
                   (both.size() >= least_long_direction && records::direction(both))) {
            put(at, 2, {both});
        }
    }

    // "7T", "3D", "5RH": digits with one letter wrong in what makes them an ordinal.
    void mend_ordinal(std::size_t at) {
        const std::string_view word = typed_.words[at];
        const auto cut = static_cast<std::size_t>(std::ranges::find_if_not(word, is_digit) - word.begin());
        if (cut == 0 || cut > 3 || cut == word.size() || word.size() - cut > 3 || records::ordinal(word))
            return;
        const auto right = records::ordinal(word.substr(0, cut));
        if (!right || has_digit(word.substr(cut))) return;
        if (TypedWord(word.substr(cut)).distance(right->substr(right->size() - 2), 1) == 1)
            put(at, 1, {*right});
    }

    // "ATP 4": one letter from a unit's word, and what follows may be a unit.
    void mend_unit(std::size_t at) {
        constexpr std::array<std::string_view, 7> units{"APT", "UNIT", "STE", "SUITE", "FL", "FLOOR", "RM"};
        if (at == 0 || at + 1 >= typed_.words.size()) return;
        const std::string& word = typed_.words[at];
        const std::string& unit = typed_.words[at + 1];
        if (word.size() < 2 || has_digit(word) || is_signal(word)) return;
        if (!has_digit(unit) && unit.size() > 1) return;
        const TypedWord typed(word);
        for (const std::string_view known : units) {
            if (typed.distance(known, 1) == 1) {
                put(at, 1, {known});
                return;
            }
        }
    }

    const TypedText& typed_;
    const StreetDictionary& dictionary_;
    std::vector<TypedText> out_;
};

}  // namespace

std::vector<Repair> repairs(const TypedText& typed, const StreetDictionary& dictionary) {
    std::vector<Repair> out{{typed, 0}};
    for (std::size_t from = 0; from < out.size() && out[from].errors < 2; ++from) {
        const int errors = out[from].errors + 1;
        for (TypedText& mended : Mending(out[from].typed, dictionary).run()) {
            if (out.size() == repair_limit) return out;
            const auto same = [&](const Repair& other) { return other.typed.words == mended.words; };
            if (std::ranges::none_of(out, same)) out.push_back({std::move(mended), errors});
        }
    }
    return out;
}

}  // namespace fieldpost::lookup
