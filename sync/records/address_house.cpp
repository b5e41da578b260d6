#include "sync/records/address_house.hpp"

#include <algorithm>
#include <array>

#include "sync/records/address_words.hpp"

namespace fieldpost::records::reading {
namespace {

constexpr std::array<std::string_view, 10> number_words = {"ONE", "TWO",   "THREE", "FOUR", "FIVE",
                                                           "SIX", "SEVEN", "EIGHT", "NINE", "TEN"};

template <std::size_t Size>
bool any_of(const std::array<std::string_view, Size>& list, std::string_view word) {
    return std::find(list.begin(), list.end(), word) != list.end();
}

bool is_word(const Tokens& tokens, std::size_t at) {
    return at < tokens.size() && tokens[at].is_word();
}

bool typed(const Words& words) {
    return type_position(words) < words.size();
}

// Whether a unit designator at the token ends the street that has the words read so far.
bool ends_at_unit(const Tokens& tokens, std::size_t at, const Words& words) {
    auto unit = unit_type(word_at(tokens, at));
    if (!unit) return false;
    bool value = mark_at(tokens, at + 1, '#') || unit_value(word_at(tokens, at + 1));
    static constexpr std::array<std::string_view, 7> sure = {"APT", "STE",  "UNIT", "BLDG",
                                                             "RM",  "DEPT", "FL"};
    if (any_of(sure, *unit) && value) return true;
    if (!typed(words)) return false;
    std::size_t type = type_position(words);
    bool complete = type + 1 == words.size() || (type + 2 == words.size() && direction(words.back()));
    bool last = at + 1 >= tokens.size() || mark_at(tokens, at + 1, ',');
    return complete && (value || (unit_stands_alone(*unit) && last));
}

bool ends_with_route(const Words& words) {
    static constexpr std::array<std::string_view, 8> routes = {"ROUTE", "RTE", "RT",         "HIGHWAY",
                                                               "HWY",   "US",  "INTERSTATE", "I"};
    return words.size() <= 2 && any_of(routes, words.back());
}

// Whether the word at the token cannot belong to the street whose words were gathered so far.
bool ends_before(const Tokens& tokens, std::size_t at, const Words& words, bool numbered) {
    const Token& token = tokens[at];
    if (words.empty()) {
        bool number = all_digits(token.word) && !street_type(word_at(tokens, at + 1));
        return token.is("AND") || token.is("TO") || number;
    }
    if (token.is("TO") && is_word(tokens, at + 1)) return true;
    if (token.is("AND") && (!numbered || typed(words))) return true;
    if (ends_street(token.word)) return true;
    if (all_digits(token.word) && !ends_with_route(words)) return true;
    if (ends_at_unit(tokens, at, words)) return true;
    if (!typed(words)) return false;
    if (token.is("R") && is_number_word(word_at(tokens, at + 1))) return true;
    return is_dashed_unit(tokens, at) || (is_number_word(token.word) && !ordinal(token.word));
}

// Whether the number at the token belongs to something else: "#12", "Unit 12", "M-207", "Route 12", "Box 12".
bool is_taken(const Tokens& tokens, std::size_t at) {
    if (at == 0) return false;
    const Token& before = tokens[at - 1];
    if (before.is_mark('#')) return at > 1;
    if ((before.is_mark('-') || before.is_mark('/')) && tokens[at].glued && before.glued) return true;
    if (before.is_mark('.')) return true;
    static constexpr std::array<std::string_view, 12> owners = {
        "I", "RT", "RTE", "ROUTE", "HWY", "HIGHWAY", "US", "SR", "CR", "EXIT", "BOX", "INTERSTATE"};
    if (any_of(owners, word_at(tokens, at - 1))) return true;
    auto unit = unit_type(word_at(tokens, at - 1));
    return unit && !unit_stands_alone(*unit);
}

std::optional<House> house_at(const Tokens& tokens, std::size_t at) {
    auto number = read_number(tokens, at);
    if (!number || !is_word(tokens, number->next)) return std::nullopt;
    House house{std::move(*number), at, {}, false};
    house.street = gather_street(tokens, house.number.next, true);
    if (house.street.words.empty()) return std::nullopt;
    house.typed = begins_typed_street(house.street.words);
    return house;
}

bool separated(const Tokens& tokens, std::size_t from, std::size_t to) {
    for (std::size_t at = from; at < to; ++at) {
        const Token& token = tokens[at];
        if (token.mark != 0 && !token.is_mark('-') && !token.is_mark('.')) return true;
        if (token.is("TO") || token.is("AND") || token.is("R") || token.is("REAR")) return true;
    }
    return false;
}

// "K212 Main St", "N6W23001 Bluemound Rd": letters before the number, at the front only.
std::optional<House> prefixed_house(const Tokens& tokens) {
    std::string_view first = word_at(tokens, 0);
    std::size_t digits = first.size();
    while (digits > 0 && first[digits - 1] >= '0' && first[digits - 1] <= '9') --digits;
    std::size_t length = first.size() - digits;
    if (digits == 0 || length == 0 || length > 6 || first[digits] == '0' || ordinal(first))
        return std::nullopt;
    std::string_view prefix = first.substr(0, digits);
    if (prefix == "I" || prefix == "US" || prefix == "SR" || prefix == "RT") return std::nullopt;
    House house;
    house.number.prefix = prefix;
    for (char c : first.substr(digits)) {
        house.number.low = house.number.low * 10 + static_cast<std::uint32_t>(c - '0');
    }
    house.number.next = 1;
    house.street = gather_street(tokens, 1, true);
    if (house.street.words.empty() || !begins_typed_street(house.street.words)) return std::nullopt;
    return house;
}

// "One Kendall Square": a number in words before a name that a plaza or square has.
std::optional<House> worded_house(const Tokens& tokens, bool mailing,
                                  const std::vector<std::string>& places) {
    static constexpr std::array<std::string_view, 8> types = {"SQ", "CTR", "PLZ", "PARK",
                                                              "PL", "WAY", "CIR", "CT"};
    auto found = std::find(number_words.begin(), number_words.end(), word_at(tokens, 0));
    if (found == number_words.end()) return std::nullopt;
    House house;
    house.number.low = static_cast<std::uint32_t>(found - number_words.begin()) + 1;
    house.number.next = 1;
    house.street = gather_street(tokens, 1, true);
    if (!any_of(types, read_street(house.street.words, mailing, places).type)) return std::nullopt;
    return house;
}

}  // namespace

std::string_view word_at(const Tokens& tokens, std::size_t at) {
    return is_word(tokens, at) ? std::string_view(tokens[at].word) : std::string_view();
}

bool mark_at(const Tokens& tokens, std::size_t at, char mark) {
    return at < tokens.size() && tokens[at].is_mark(mark);
}

std::optional<std::string> unit_value(std::string_view word) {
    auto named = std::find(number_words.begin(), number_words.end(), word);
    if (named != number_words.end()) return std::to_string(named - number_words.begin() + 1);
    bool digit = word.find_first_of("0123456789") != std::string_view::npos;
    if (word.size() == 1 || digit) return std::string(word);
    return std::nullopt;
}

bool is_dashed_unit(const Tokens& tokens, std::size_t at) {
    return word_at(tokens, at).size() == 1 && mark_at(tokens, at + 1, '-') && tokens[at + 1].glued &&
           is_number_word(word_at(tokens, at + 2)) && tokens[at + 2].glued;
}

bool ends_street(std::string_view word) {
    static constexpr std::array<std::string_view, 12> ends = {"AT",       "NEAR",   "BETWEEN", "BTWN",
                                                              "FROM",     "OPP",    "THRU",    "REAR",
                                                              "OPPOSITE", "ACROSS", "NEARBY",  "BTW"};
    return any_of(ends, word);
}

Gathered gather_street(const Tokens& tokens, std::size_t at, bool numbered) {
    Gathered out;
    for (; at < tokens.size(); ++at) {
        const Token& token = tokens[at];
        if (token.is_mark('.')) continue;
        if (token.is_mark('-')) {
            bool joined = token.glued && at + 1 < tokens.size() && tokens[at + 1].glued;
            if (joined || out.words.empty()) continue;
            break;
        }
        if (!token.is_word() || ends_before(tokens, at, out.words, numbered)) break;
        out.words.push_back(token.word);
    }
    out.end = at;
    return out;
}

std::optional<House> find_house(const Tokens& tokens, bool mailing, const std::vector<std::string>& places) {
    std::optional<House> best;
    std::optional<House> untyped;
    std::optional<House> taken;
    for (std::size_t at = 0; at < tokens.size(); ++at) {
        if (!is_number_word(word_at(tokens, at))) continue;
        auto house = house_at(tokens, at);
        if (!house) continue;
        std::size_t next = house->number.next;
        if (is_taken(tokens, at)) {
            if (!taken && house->typed) taken = std::move(house);
            continue;  // what follows may be the house: "Apt 4, 12 Elm St"
        }
        if (house->typed) {
            if (best && separated(tokens, best->number.next, at)) break;
            best = std::move(house);
        } else if (!untyped) {
            untyped = std::move(house);
        }
        at = next - 1;
    }
    if (best) return best;
    if (untyped) return untyped;
    if (taken) return taken;
    if (auto prefixed = prefixed_house(tokens)) return prefixed;
    return worded_house(tokens, mailing, places);
}

}  // namespace fieldpost::records::reading
