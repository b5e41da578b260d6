#include "tools/bench/written_street.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "sync/records/address_tables.hpp"
#include "sync/records/address_words.hpp"

namespace fieldpost::bench {

namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

void append(std::string& out, std::string_view word) {
    if (word.empty()) return;
    if (!out.empty()) out += ' ';
    out += word;
}

std::string direction_name(std::string_view abbreviation) {
    std::string out;
    for (const char c : abbreviation) {
        out += c == 'N' ? "north" : c == 'S' ? "south" : c == 'E' ? "east" : c == 'W' ? "west" : "";
    }
    return out;
}

// The less usual spellings of a street type, lower case.
std::vector<std::string> type_spellings(std::string_view abbreviation) {
    for (const records::AbbreviationRow& row : records::street_type_rows()) {
        if (row.abbreviation != abbreviation) continue;
        const std::string variants = lower(row.variants);
        std::vector<std::string> out;
        for (const std::string_view word : records::split_words(variants)) out.emplace_back(word);
        return out;
    }
    return {};
}

std::string type_text(std::string_view type, const StreetStyle& style) {
    switch (style.type) {
        case StreetStyle::Type::left_out:
            return {};
        case StreetStyle::Type::other:
            return style.other_type;
        case StreetStyle::Type::written_out:
            return lower(records::street_type_name(type).value_or(type));
        case StreetStyle::Type::spelling:
            if (const auto all = type_spellings(type); !all.empty()) return all[style.spelling % all.size()];
            return lower(type);
        case StreetStyle::Type::as_posted:
            return lower(type);
    }
    return {};
}

std::string name_text(std::string_view name, const StreetStyle& style) {
    if (style.other_name) {
        if (const auto all = other_names(name); !all.empty()) return all[style.which_name % all.size()];
    }
    return lower(name);
}

struct Ordinal {
    std::string_view number;
    std::string_view word;
};
constexpr std::array<Ordinal, 22> ordinals = {
    {{"1st", "first"},         {"2nd", "second"},        {"3rd", "third"},       {"4th", "fourth"},
     {"5th", "fifth"},         {"6th", "sixth"},         {"7th", "seventh"},     {"8th", "eighth"},
     {"9th", "ninth"},         {"10th", "tenth"},        {"11th", "eleventh"},   {"12th", "twelfth"},
     {"13th", "thirteenth"},   {"14th", "fourteenth"},   {"15th", "fifteenth"},  {"16th", "sixteenth"},
     {"17th", "seventeenth"},  {"18th", "eighteenth"},   {"19th", "nineteenth"}, {"20th", "twentieth"},
     {"21st", "twenty first"}, {"22nd", "twenty second"}}};

// Words that are as often written the other way, where a further word follows.
constexpr std::array<std::pair<std::string_view, std::string_view>, 16> short_forms = {{{"saint", "st"},
                                                                                        {"mount", "mt"},
                                                                                        {"fort", "ft"},
                                                                                        {"monsignor", "msgr"},
                                                                                        {"general", "gen"},
                                                                                        {"colonel", "col"},
                                                                                        {"sergeant", "sgt"},
                                                                                        {"president", "pres"},
                                                                                        {"reverend", "rev"},
                                                                                        {"governor", "gov"},
                                                                                        {"captain", "capt"},
                                                                                        {"doctor", "dr"},
                                                                                        {"professor", "prof"},
                                                                                        {"senator", "sen"},
                                                                                        {"william", "wm"},
                                                                                        {"george", "geo"}}};

void add_ordinals(const std::vector<std::string>& words, std::vector<std::string>& out) {
    if (words.size() != 1) return;
    for (const Ordinal& ordinal : ordinals) {
        if (words[0] == ordinal.number) out.emplace_back(ordinal.word);
        if (words[0] == ordinal.word) out.emplace_back(ordinal.number);
    }
}

void add_short_forms(const std::vector<std::string>& words, const std::string& rest,
                     std::vector<std::string>& out) {
    if (words.size() < 2) return;
    for (const auto& [whole, cut] : short_forms) {
        if (words[0] == whole) out.push_back(std::string(cut) + ". " + rest);
        if (words[0] == whole) out.push_back(std::string(cut) + " " + rest);
        if (words[0] == cut) out.push_back(std::string(whole) + " " + rest);
    }
}

void add_scottish_and_irish(const std::vector<std::string>& words, std::vector<std::string>& out) {
    const std::string& word = words[0];
    if (words.size() == 1 && word.size() > 5 && word.starts_with("mc")) {
        out.push_back("mc " + word.substr(2));
    }
    if (words.size() == 1 && word.size() > 5 && word.starts_with("ob")) {
        out.push_back("o'" + word.substr(1));
        out.push_back("o " + word.substr(1));
    }
}

}  // namespace

std::vector<std::string> other_names(std::string_view name) {
    const std::string whole = lower(name);
    std::vector<std::string> words;
    for (const std::string_view word : records::split_words(whole)) words.emplace_back(word);
    std::vector<std::string> out;
    if (words.empty()) return out;
    if (whole.find("martin luther king") != std::string::npos) {
        return {"mlk",
                "m l king",
                "martin l king",
                "martin luther king jr",
                "m. l. king jr.",
                "dr martin luther king"};
    }
    add_ordinals(words, out);
    if (words.size() > 1) add_short_forms(words, whole.substr(words[0].size() + 1), out);
    add_scottish_and_irish(words, out);
    return out;
}

std::string street_text(const records::Address& street, const StreetStyle& style) {
    using Direction = StreetStyle::Direction;
    std::string before = lower(street.pre_direction());
    std::string behind = lower(street.post_direction());
    switch (style.direction) {
        case Direction::as_posted:
            break;
        case Direction::written_out:
            before = direction_name(street.pre_direction());
            behind = direction_name(street.post_direction());
            break;
        case Direction::left_out:
            before.clear();
            behind.clear();
            break;
        case Direction::at_other_end:
            std::swap(before, behind);
            break;
        case Direction::other:
            // Where none is, it is put before the name.
            if (behind.empty()) before = style.other_direction;
            if (!behind.empty()) behind = style.other_direction;
            break;
    }
    std::string out = before;
    append(out, lower(street.pre_type()));
    append(out, name_text(street.name(), style));
    append(out, type_text(street.post_type(), style));
    append(out, behind);
    return out;
}

std::vector<std::string> usual_texts(const records::Address& street) {
    using Direction = StreetStyle::Direction;
    using Type = StreetStyle::Type;
    std::vector<std::string> out;
    for (const auto direction : {Direction::as_posted, Direction::left_out, Direction::at_other_end}) {
        for (const auto type : {Type::as_posted, Type::left_out}) {
            std::string text = street_text(street, {.direction = direction, .type = type});
            if (std::ranges::find(out, text) == out.end()) out.push_back(std::move(text));
        }
    }
    return out;
}

StreetStyle harmless_style(Dice& dice) {
    using Direction = StreetStyle::Direction;
    using Type = StreetStyle::Type;
    StreetStyle style;
    const std::size_t direction = dice.below(100);
    style.direction = direction < 60   ? Direction::as_posted
                      : direction < 75 ? Direction::written_out
                      : direction < 85 ? Direction::at_other_end
                                       : Direction::left_out;
    const std::size_t type = dice.below(100);
    style.type = type < 50   ? Type::as_posted
                 : type < 65 ? Type::written_out
                 : type < 75 ? Type::spelling
                             : Type::left_out;
    style.spelling = dice.below(64);
    style.other_name = dice.percent(40);
    style.which_name = dice.below(64);
    return style;
}

}  // namespace fieldpost::bench
