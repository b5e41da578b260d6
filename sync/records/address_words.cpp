#include "sync/records/address_words.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <unordered_map>

#include "sync/records/address_tables.hpp"

namespace fieldpost::records {
namespace {

using Table = std::unordered_map<std::string_view, std::string_view>;

constexpr std::string_view standing_alone[] = {"BSMT", "FRNT", "LBBY", "LOWR", "OFC",
                                               "PH",   "REAR", "SIDE", "UPPR"};

template <class Callback>
void for_each_word(std::string_view text, Callback&& callback) {
    std::size_t at = 0;
    while (at < text.size()) {
        std::size_t end = std::min(text.find(' ', at), text.size());
        if (end > at) callback(text.substr(at, end - at));
        at = end + 1;
    }
}

Table index_rows(std::span<const AbbreviationRow> rows) {
    Table table;
    for (const AbbreviationRow& row : rows) {
        table.emplace(row.abbreviation, row.abbreviation);
        table.emplace(row.name, row.abbreviation);
        for_each_word(row.variants, [&](std::string_view word) { table.emplace(word, row.abbreviation); });
    }
    return table;
}

std::optional<std::string_view> find(const Table& table, std::string_view word) {
    auto found = table.find(word);
    if (found == table.end()) return std::nullopt;
    return found->second;
}

// "1ST" ... "999TH", at their number.
const std::vector<std::string>& ordinals() {
    static const std::vector<std::string> all = [] {
        std::vector<std::string> made(1000);
        for (std::size_t n = 1; n < made.size(); ++n) {
            bool teen = n % 100 >= 11 && n % 100 <= 13;
            const char* ending = teen          ? "TH"
                                 : n % 10 == 1 ? "ST"
                                 : n % 10 == 2 ? "ND"
                                 : n % 10 == 3 ? "RD"
                                               : "TH";
            made[n] = std::to_string(n) + ending;
        }
        return made;
    }();
    return all;
}

constexpr std::array<std::string_view, 20> small_ordinals = {
    "",           "FIRST",     "SECOND",    "THIRD",       "FOURTH",     "FIFTH",     "SIXTH",
    "SEVENTH",    "EIGHTH",    "NINTH",     "TENTH",       "ELEVENTH",   "TWELFTH",   "THIRTEENTH",
    "FOURTEENTH", "FIFTEENTH", "SIXTEENTH", "SEVENTEENTH", "EIGHTEENTH", "NINETEENTH"};
constexpr std::array<std::string_view, 10> tens_ordinals = {
    "",         "",         "TWENTIETH",  "THIRTIETH", "FORTIETH",
    "FIFTIETH", "SIXTIETH", "SEVENTIETH", "EIGHTIETH", "NINETIETH"};
constexpr std::array<std::string_view, 10> tens = {"",      "",      "TWENTY",  "THIRTY", "FORTY",
                                                   "FIFTY", "SIXTY", "SEVENTY", "EIGHTY", "NINETY"};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// The number that an ordinal word stands for; 0 when it is none.
std::size_t ordinal_number(std::string_view word) {
    for (std::size_t n = 1; n < small_ordinals.size(); ++n) {
        if (small_ordinals[n] == word) return n;
    }
    for (std::size_t n = 2; n < tens_ordinals.size(); ++n) {
        if (tens_ordinals[n] == word) return n * 10;
    }
    std::size_t digits = 0;
    std::size_t number = 0;
    while (digits < word.size() && is_digit(word[digits])) {
        if (digits == 3) return 0;
        number = number * 10 + static_cast<std::size_t>(word[digits] - '0');
        ++digits;
    }
    if (digits == 0 || word[0] == '0') return 0;
    std::string_view ending = word.substr(digits);
    bool known = ending.empty() || ending == "ST" || ending == "ND" || ending == "RD" || ending == "TH";
    return known ? number : 0;
}

// "TWENTY FIRST" for 21; `otherwise` above 99.
std::string ordinal_words(std::size_t number, std::string_view otherwise) {
    if (number == 0 || number > 99) return std::string(otherwise);
    if (number < small_ordinals.size()) return std::string(small_ordinals[number]);
    if (number % 10 == 0) return std::string(tens_ordinals[number / 10]);
    return std::string(tens[number / 10]) + " " + std::string(small_ordinals[number % 10]);
}

std::size_t tens_number(std::string_view word) {
    for (std::size_t n = 2; n < tens.size(); ++n) {
        if (tens[n] == word) return n * 10;
    }
    return 0;
}

// Latin letters beyond ASCII, as ASCII. Rows of U+00C0.. and U+0100..; '\0' where there is no letter.
constexpr std::string_view latin1 = "AAAAAAACEEEEIIIIDNOOOOO OUUUUYTSAAAAAAACEEEEIIIIDNOOOOO OUUUUYTY";
constexpr std::string_view latin_a =
    "AAAAAACCCCCCCCDDDDEEEEEEEEEEGGGGGGGGHHHHIIIIIIIIIIIIJJKKKLLLLLLLLLLNNNNNNNNNOOOOOOOORRRRRRSSSSSSSSTTTTTT"
    "UUUUUUUUUUUUWWYY"
    "YZZZZZZS";
static_assert(latin1.size() == 64 && latin_a.size() == 128);

struct CodePoint {
    std::uint32_t value;
    std::size_t bytes;
};

// One code point; a byte that does not begin well-formed UTF-8 stands for itself (Latin-1).
CodePoint decode(std::string_view text) {
    auto byte = [&](std::size_t at) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(text[at]));
    };
    auto follows = [&](std::size_t at) { return at < text.size() && (byte(at) & 0xC0U) == 0x80U; };
    std::uint32_t lead = byte(0);
    // Overlong forms, surrogates and what lies beyond Unicode are no UTF-8 (RFC 3629).
    auto is_three = [&] { return (lead != 0xE0 || byte(1) >= 0xA0) && (lead != 0xED || byte(1) < 0xA0); };
    auto is_four = [&] { return (lead != 0xF0 || byte(1) >= 0x90) && (lead != 0xF4 || byte(1) < 0x90); };
    if (lead >= 0xC2 && lead <= 0xDF && follows(1)) return {(lead & 0x1FU) << 6 | (byte(1) & 0x3FU), 2};
    if (lead >= 0xE0 && lead <= 0xEF && follows(1) && follows(2) && is_three()) {
        return {(lead & 0x0FU) << 12 | (byte(1) & 0x3FU) << 6 | (byte(2) & 0x3FU), 3};
    }
    if (lead >= 0xF0 && lead <= 0xF4 && follows(1) && follows(2) && follows(3) && is_four()) {
        return {(lead & 0x07U) << 18 | (byte(1) & 0x3FU) << 12 | (byte(2) & 0x3FU) << 6 | (byte(3) & 0x3FU),
                4};
    }
    return {lead, 1};
}

bool is_word_char(char c) {
    return (c >= 'A' && c <= 'Z') || is_digit(c);
}

// Whether a title or an abbreviated word of a name is written out; only where another word follows.
const Table& name_words() {
    static const Table table = {
        {"MSGR", "MONSIGNOR"}, {"MONS", "MONSIGNOR"}, {"GEN", "GENERAL"},  {"COL", "COLONEL"},
        {"SGT", "SERGEANT"},   {"PRES", "PRESIDENT"}, {"REV", "REVEREND"}, {"GOV", "GOVERNOR"},
        {"CAPT", "CAPTAIN"},   {"LT", "LIEUTENANT"},  {"DR", "DOCTOR"},    {"PROF", "PROFESSOR"},
        {"SEN", "SENATOR"},    {"WM", "WILLIAM"},     {"GEO", "GEORGE"},   {"FT", "FORT"},
        {"MT", "MOUNT"},       {"ST", "SAINT"},       {"STE", "SAINT"},    {"SAINTE", "SAINT"},
        {"STS", "SAINTS"},     {"MNT", "MOUNT"},      {"FRT", "FORT"},     {"BP", "BISHOP"},
        {"HON", "HONORABLE"},
    };
    return table;
}

// Type words that are not written out inside a name, because they are names or particles themselves.
bool stays_in_name(std::string_view word) {
    constexpr std::string_view kept[] = {"VIA", "UN",  "IS", "EST", "EXP", "BR",
                                         "ML",  "VIS", "PR", "DIV", "CEN", "RAD"};
    return std::find(std::begin(kept), std::end(kept), word) != std::end(kept);
}

bool all_digits(std::string_view word) {
    return std::all_of(word.begin(), word.end(), is_digit);
}

using WordPattern = std::vector<std::vector<std::string_view>>;

// The names of people that streets carry in many spellings, with what they become.
struct PersonName {
    std::vector<WordPattern> spellings;
    std::vector<std::string_view> canonical;
};

const std::vector<PersonName>& person_names() {
    static const std::vector<PersonName> names = {
        {{{{"MARTIN", "M"}, {"LUTHER", "LUTHR", "L"}, {"KING", "K"}},
          {{"MARTIN"}, {"KING"}},
          {{"ML"}, {"KING", "K"}},
          {{"MLK", "MLKING"}}},
         {"MARTIN", "LUTHER", "KING"}},
        {{{{"JOHN", "J"}, {"F", "FITZGERALD"}, {"KENNEDY", "K"}}, {{"JF"}, {"KENNEDY"}}, {{"JFK"}}},
         {"JOHN", "F", "KENNEDY"}},
    };
    return names;
}

bool matches(const std::vector<std::string>& words, std::size_t at, const WordPattern& pattern) {
    if (at + pattern.size() > words.size()) return false;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (std::find(pattern[i].begin(), pattern[i].end(), words[at + i]) == pattern[i].end()) return false;
    }
    return true;
}

// Brings every way in which "Martin Luther King" is written to one, and drops DR before and JR after it.
void unite_person_names(std::vector<std::string>& words) {
    auto is_any = [&](std::size_t at, std::initializer_list<std::string_view> any) {
        return at < words.size() && std::find(any.begin(), any.end(), words[at]) != any.end();
    };
    for (const PersonName& person : person_names()) {
        for (std::size_t at = 0; at < words.size(); ++at) {
            auto spelling =
                std::find_if(person.spellings.begin(), person.spellings.end(),
                             [&](const WordPattern& pattern) { return matches(words, at, pattern); });
            if (spelling == person.spellings.end()) continue;
            std::size_t first = at;
            while (first > 0 && is_any(first - 1, {"DR", "DOCTOR", "REV", "REVEREND"})) --first;
            std::size_t last = at + spelling->size();
            while (is_any(last, {"JR", "JUNIOR"})) ++last;
            auto begin = words.begin() + static_cast<std::ptrdiff_t>(first);
            begin = words.erase(begin, words.begin() + static_cast<std::ptrdiff_t>(last));
            words.insert(begin, person.canonical.begin(), person.canonical.end());
            at = first + person.canonical.size() - 1;
        }
    }
}

}  // namespace

std::string fold(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    std::size_t word_length = 0;  // of the word that out ends with
    bool dot = false;             // a dot was seen since the last letter
    auto space = [&] {
        if (!out.empty() && out.back() != ' ') out += ' ';
        word_length = 0;
        dot = false;
    };
    auto letter = [&](char c) {
        bool between_digits = word_length > 0 && is_digit(out.back()) && is_digit(c);
        if (dot && (word_length > 1 || between_digits)) space();
        dot = false;
        out += c;
        ++word_length;
    };
    for (std::size_t at = 0; at < text.size();) {
        auto [code, bytes] = decode(text.substr(at));
        at += bytes;
        if (code < 0x80) {
            char c = static_cast<char>(code);
            if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
            if (is_word_char(c)) {
                letter(c);
            } else if (c == '.') {
                dot = true;
            } else if (c != '\'' && c != '`') {
                space();
            }
        } else if (code == 0xC6 || code == 0xE6) {
            letter('A'), letter('E');
        } else if (code == 0x152 || code == 0x153) {
            letter('O'), letter('E');
        } else if (code == 0xDF) {
            letter('S'), letter('S');
        } else if (code == 0xDE || code == 0xFE) {
            letter('T'), letter('H');
        } else if (code >= 0xC0 && code < 0x100 && latin1[code - 0xC0] != ' ') {
            letter(latin1[code - 0xC0]);
        } else if (code >= 0x100 && code < 0x180) {
            letter(latin_a[code - 0x100]);
        } else if (code >= 0x218 && code <= 0x21B) {
            letter(code < 0x21A ? 'S' : 'T');
        } else if ((code >= 0x300 && code < 0x370) || code == 0x2018 || code == 0x2019 || code == 0x2BC ||
                   code == 0xB4 || code == 0xFEFF || code == 0xAD || code == 0x200B) {
            // combining marks, apostrophes, byte order mark, soft hyphen, zero-width space: nothing
        } else {
            space();
        }
    }
    if (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
}

std::string as_utf8(std::string_view text, std::size_t most) {
    std::string out;
    while (!text.empty()) {
        const auto [code, bytes] = decode(text);
        const bool is_latin1 = bytes == 1 && code >= 0x80;
        if (out.size() + (is_latin1 ? 2 : bytes) > most) break;
        if (is_latin1) {
            out += static_cast<char>(0xC0U | code >> 6U);
            out += static_cast<char>(0x80U | (code & 0x3FU));
        } else {
            out += text.substr(0, bytes);
        }
        text.remove_prefix(bytes);
    }
    return out;
}

std::vector<std::string_view> split_words(std::string_view folded) {
    std::vector<std::string_view> words;
    for_each_word(folded, [&](std::string_view word) { words.push_back(word); });
    return words;
}

std::optional<std::string_view> direction(std::string_view word) {
    static const Table table = {
        {"N", "N"},          {"NORTH", "N"}, {"NO", "N"},         {"NTH", "N"},        {"S", "S"},
        {"SOUTH", "S"},      {"SO", "S"},    {"STH", "S"},        {"E", "E"},          {"EAST", "E"},
        {"W", "W"},          {"WEST", "W"},  {"NE", "NE"},        {"NORTHEAST", "NE"}, {"NW", "NW"},
        {"NORTHWEST", "NW"}, {"SE", "SE"},   {"SOUTHEAST", "SE"}, {"SW", "SW"},        {"SOUTHWEST", "SW"},
    };
    return find(table, word);
}

std::optional<std::string_view> street_type(std::string_view word) {
    static const Table table = index_rows(street_type_rows());
    return find(table, word);
}

std::optional<std::string_view> street_type_name(std::string_view abbreviation) {
    static const Table table = [] {
        Table names;
        for (const AbbreviationRow& row : street_type_rows()) names.emplace(row.abbreviation, row.name);
        return names;
    }();
    return find(table, abbreviation);
}

std::optional<std::string_view> unit_type(std::string_view word) {
    static const Table table = index_rows(unit_type_rows());
    return find(table, word);
}

bool unit_stands_alone(std::string_view unit) {
    return std::find(std::begin(standing_alone), std::end(standing_alone), unit) != std::end(standing_alone);
}

std::optional<std::string_view> ordinal(std::string_view word) {
    std::size_t number = ordinal_number(word);
    if (number == 0) return std::nullopt;
    return ordinals()[number];
}

std::string street_name(std::string_view folded_name) {
    std::vector<std::string> words;
    for_each_word(folded_name, [&](std::string_view word) { words.emplace_back(word); });
    unite_person_names(words);
    if (words.size() == 1 && words[0] == "MASS") return "MASSACHUSETTS";
    std::string out;
    for (std::size_t at = 0; at < words.size(); ++at) {
        std::string_view word = words[at];
        bool more = at + 1 < words.size();
        std::string_view form = word;
        if (std::size_t ten = tens_number(word); ten != 0 && more) {
            std::size_t one = ordinal_number(words[at + 1]);
            if (one >= 1 && one <= 9 && !all_digits(words[at + 1])) {
                form = ordinals()[ten + one];
                ++at;
            }
        } else if (std::size_t number = ordinal_number(word);
                   number != 0 && (!all_digits(word) || words.size() == 1)) {
            form = ordinals()[number];
        } else if ((word == "MC" || word == "O") && more) {
            out += out.empty() ? "" : " ";
            out += word;
            out += words[++at];
            continue;
        } else if (auto title = find(name_words(), word); title && more) {
            form = *title;
        } else if (auto type = street_type(word); type && !stays_in_name(word)) {
            form = *street_type_name(*type);
        }
        out += out.empty() ? "" : " ";
        out += form;
    }
    return out;
}

std::vector<std::string> other_spellings(std::string_view name) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 21> short_forms = {{
        {"SAINT", "ST"},     {"MOUNT", "MT"},       {"FORT", "FT"},      {"DOCTOR", "DR"},
        {"GENERAL", "GEN"},  {"SAINTS", "STS"},     {"COLONEL", "COL"},  {"MONSIGNOR", "MSGR"},
        {"SERGEANT", "SGT"}, {"PRESIDENT", "PRES"}, {"REVEREND", "REV"}, {"GOVERNOR", "GOV"},
        {"CAPTAIN", "CAPT"}, {"LIEUTENANT", "LT"},  {"SENATOR", "SEN"},  {"PROFESSOR", "PROF"},
        {"WILLIAM", "WM"},   {"GEORGE", "GEO"},     {"AVENUE", "AVE"},   {"PARK", "PK"},
        {"HEIGHTS", "HTS"},
    }};
    std::vector<std::string> out;
    std::string shortened;
    std::string spelled;
    for_each_word(name, [&](std::string_view word) {
        const auto* form =
            std::ranges::find(short_forms, word, &std::pair<std::string_view, std::string_view>::first);
        shortened += shortened.empty() ? "" : " ";
        shortened += form == short_forms.end() ? word : form->second;
        spelled += spelled.empty() ? "" : " ";
        const bool counted = word.size() >= 3 && is_digit(word.front()) && !is_digit(word.back());
        spelled += counted ? ordinal_words(ordinal_number(word), word) : std::string(word);
    });
    if (shortened != name) out.push_back(std::move(shortened));
    if (spelled != name) out.push_back(std::move(spelled));
    if (name == "MARTIN LUTHER KING") {
        for (const char* other : {"MLK", "ML KING", "ML KING JR", "MARTIN KING", "MARTIN L KING",
                                  "MARTIN LUTHER KING JR", "DR MARTIN LUTHER KING"})
            out.emplace_back(other);
    } else if (name == "JOHN F KENNEDY") {
        for (const char* other : {"JFK", "JF KENNEDY", "JOHN FITZGERALD KENNEDY"}) out.emplace_back(other);
    }
    return out;
}

std::optional<std::string> undo_spreadsheet_date(std::string_view text) {
    constexpr std::array<std::string_view, 12> months = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                         "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
    std::string folded = fold(text);
    auto words = split_words(folded);
    if (words.size() != 2 || text.find('-') == std::string_view::npos) return std::nullopt;
    auto month_of = [&](std::string_view word) -> std::size_t {
        return static_cast<std::size_t>(std::find(months.begin(), months.end(), word) - months.begin()) + 1;
    };
    bool month_first = month_of(words[0]) <= months.size();
    std::size_t month = month_of(words[month_first ? 0 : 1]);
    std::string_view number = words[month_first ? 1 : 0];
    if (month > months.size() || number.size() > 2 || !all_digits(number)) return std::nullopt;
    return std::to_string(month) + "-" + std::string(number);
}

std::string title_case(std::string_view folded) {
    std::string out(folded);
    for_each_word(folded, [&](std::string_view word) {
        std::size_t at = static_cast<std::size_t>(word.data() - folded.data());
        bool compass = word.size() == 2 && direction(word) && word != "NO" && word != "SO";
        if (compass) return;
        for (std::size_t i = 1; i < word.size(); ++i) {
            bool after_mc = i == 2 && word.size() > 4 && word.starts_with("MC");
            char& c = out[at + i];
            if (!after_mc && c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        }
    });
    return out;
}

}  // namespace fieldpost::records
