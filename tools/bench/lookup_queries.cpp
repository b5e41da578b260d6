#include "tools/bench/lookup_queries.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "tools/bench/typing_errors.hpp"

namespace fieldpost::bench {

namespace {

using Direction = StreetStyle::Direction;
using Type = StreetStyle::Type;

constexpr std::uint32_t longest_range = 400;
constexpr int attempts = 200;
constexpr std::size_t shown_at_once = 5;

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

void add_note(std::string& notes, std::string_view note) {
    if (!notes.empty()) notes += ", ";
    notes += note;
}

records::Address street_of(const records::Address& address) {
    records::Address street;
    street.set_pre_direction(address.pre_direction());
    street.set_pre_type(address.pre_type());
    street.set_name(address.name());
    street.set_post_type(address.post_type());
    street.set_post_direction(address.post_direction());
    return street;
}

std::string upper(std::string text) {
    for (char& c : text) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return text;
}

std::string capitalised(std::string text) {
    bool begins = true;
    for (char& c : text) {
        if (begins && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
        begins = c == ' ';
    }
    return text;
}

// One vowel with a sign on it, as autocorrection and careful people write it.
std::string with_diacritic(Dice& dice, const std::string& text) {
    static const std::vector<std::pair<char, std::string>> signs = {{'a', "á"}, {'e', "é"}, {'i', "í"},
                                                                    {'o', "ö"}, {'u', "ü"}, {'n', "ñ"}};
    const auto& [letter, sign] = dice.pick(signs);
    const std::size_t at = text.find(letter);
    if (at == std::string::npos) return text;
    return text.substr(0, at) + sign + text.substr(at + 1);
}

// Swaps, exchanges, leaves out or adds a digit.
std::string with_wrong_digit(Dice& dice, std::string digits) {
    const std::size_t at = dice.below(digits.size());
    const char digit = static_cast<char>('0' + dice.below(10));
    switch (dice.below(4)) {
        case 0:
            if (at + 1 < digits.size()) std::swap(digits[at], digits[at + 1]);
            break;
        case 1:
            digits[at] = digit;
            break;
        case 2:
            digits.insert(at, 1, digit);
            break;
        default:
            digits.erase(at, 1);
            break;
    }
    return digits;
}

}  // namespace

AddressQueries::AddressQueries(const std::vector<KnownAddress>& known, std::uint64_t seed) : dice_(seed) {
    std::map<std::string, std::size_t> streets;
    std::unordered_map<std::string, std::size_t> doors;
    for (const KnownAddress& one : known) {
        if (one.address.number() > 0 && !one.address.name().empty()) add(one, streets, doors);
    }
    for (std::size_t door = 0; door < doors_.size(); ++door) add_numbers(door);
    for (const Street& street : streets_) {
        if (!street.parts.post_type().empty()) types_.push_back(lower(street.parts.post_type()));
        if (!street.parts.pre_direction().empty()) directions_.push_back(lower(street.parts.pre_direction()));
        if (!street.parts.post_direction().empty())
            directions_.push_back(lower(street.parts.post_direction()));
    }
    if (types_.empty()) types_ = {"st", "ave"};
    if (directions_.empty()) directions_ = {"n", "e", "s", "w"};
}

void AddressQueries::add(const KnownAddress& known, std::map<std::string, std::size_t>& streets,
                         std::unordered_map<std::string, std::size_t>& doors) {
    const auto [door, is_new] = doors.emplace(records::address_key(known.address), doors_.size());
    if (is_new) {
        const auto [street, is_new_street] =
            streets.emplace(records::street_key(known.address), streets_.size());
        if (is_new_street) {
            const records::Address parts = street_of(known.address);
            streets_.push_back({parts, usual_texts(parts), lower(parts.name())});
        }
        doors_.push_back({street->second, known.address, records::sub_address(known.address), {}});
    }
    doors_[door->second].properties.push_back(known.property);
}

void AddressQueries::add_numbers(std::size_t door) {
    const records::Address& address = doors_[door].address;
    const std::uint32_t low = address.number();
    by_number_[low].push_back(door);
    numbers_.resize(streets_.size());
    numbers_[doors_[door].street].insert(low);
    if (address.number_high() <= low || address.number_high() - low > longest_range) return;
    const std::uint32_t step = (address.number_high() - low) % 2 == 0 ? 2 : 1;
    for (std::uint32_t number = low + step; number <= address.number_high(); number += step) {
        by_number_[number].push_back(door);
    }
}

Query AddressQueries::address(int errors) {
    for (int attempt = 0; attempt < attempts; ++attempt) {
        if (auto query = try_address(errors)) return *query;
    }
    return {};
}

std::optional<Query> AddressQueries::try_address(int errors) {
    const Door& door = some_door();
    Query query;
    query.wanted = door.properties;
    query.address = records::display(door.address);
    query.errors = errors;
    Number number = typed_number(door, query.made);
    const bool number_touches = errors > 0 && dice_.percent(6);
    auto street = typed_street(streets_[door.street], number_touches ? errors - 1 : errors);
    if (!street) return std::nullopt;
    if (!street->made.empty()) add_note(query.made, street->made);
    query.rival = has_rival(door, number.value, *street);
    if (number_touches) {
        // "12main st"
        if (!is_digit(number.text.back()) || street->text.size() < 4 || !is_letter(street->text[0]) ||
            !is_letter(street->text[1]) || !is_letter(street->text[2])) {
            return std::nullopt;
        }
        street->text = number.text + street->text;
        number.text.clear();
        add_note(query.made, "no space after the number");
    }
    query.text = put_together(number.text, street->text, typed_unit(door), false, query.made);
    return query;
}

AddressQueries::Number AddressQueries::typed_number(const Door& door, std::string& made) {
    const records::Address& address = door.address;
    std::string text = lower(address.number_prefix());
    if (!text.empty() && is_digit(text.back())) text += '-';
    std::uint32_t value = address.number();
    const std::uint32_t high = address.number_high();
    const std::string& suffix = address.number_suffix();
    if (high <= value || !suffix.empty() || high - value > longest_range) {
        text += std::to_string(value);
        if (high > value) text += '-' + std::to_string(high);
    } else {
        const std::uint32_t step = (high - value) % 2 == 0 ? 2 : 1;
        switch (dice_.below(4)) {
            case 0:
                text += fmt::format("{}-{}", value, high);
                break;
            case 1:
                text += std::to_string(value);
                add_note(made, "first number of a range");
                break;
            case 2:
                value += step * static_cast<std::uint32_t>(dice_.below((high - value) / step + 1));
                text += std::to_string(value);
                add_note(made, "number within a range");
                break;
            default: {
                const std::string all = std::to_string(high);
                text += fmt::format("{}-{}", value, value < 100 ? all : all.substr(all.size() - 2));
                if (value >= 100 && value / 100 != high / 100) text = fmt::format("{}-{}", value, high);
                break;
            }
        }
    }
    if (suffix.empty()) return {value, text};
    const bool one_letter = suffix.size() == 1 && !is_digit(suffix[0]);
    if (suffix.find('/') != std::string::npos) {
        text += ' ';
    } else if (!one_letter || dice_.percent(30)) {
        text += '-';
    }
    return {value, text + lower(suffix)};
}

std::optional<AddressQueries::Streetwise> AddressQueries::typed_street(const Street& street, int errors) {
    Streetwise typed;
    typed.style = harmless_style(dice_);
    for (int error = 0; error < errors; ++error) {
        if (dice_.percent(20) && typed.word_errors == 0) {
            make_word_error(street, typed);
        } else {
            ++typed.letter_errors;
        }
    }
    if (typed.word_errors == 0 && street.parts.post_type().empty() && dice_.percent(25)) {
        typed.style.type = Type::other;
        typed.style.other_type = dice_.pick(types_);
        add_note(typed.made, "a type too many");
    }
    typed.text = street_text(street.parts, typed.style);
    if (typed.style.type == Type::left_out && !street.parts.post_type().empty()) {
        add_note(typed.made, "no type");
    }
    if (typed.style.direction == Direction::left_out &&
        !(street.parts.pre_direction().empty() && street.parts.post_direction().empty())) {
        add_note(typed.made, "no direction");
    }
    if (typed.letter_errors == 0) return typed;
    auto with_errors = with_typing_errors(dice_, typed.text, typed.letter_errors);
    if (!with_errors) return std::nullopt;
    typed.text = std::move(*with_errors);
    add_note(typed.made, typed.letter_errors == 1 ? "1 typing error" : "2 typing errors");
    return typed;
}

void AddressQueries::make_word_error(const Street& street, Streetwise& typed) {
    const std::string type = lower(street.parts.post_type());
    const std::string direction = lower(street.parts.pre_direction().empty() ? street.parts.post_direction()
                                                                             : street.parts.pre_direction());
    ++typed.word_errors;
    if (!direction.empty() && (type.empty() || dice_.percent(50))) {
        static const std::vector<std::string> all = {"n", "e", "s", "w"};
        typed.style.direction = Direction::other;
        do typed.style.other_direction = dice_.pick(all);
        while (typed.style.other_direction == direction);
        add_note(typed.made, "wrong direction");
    } else if (!type.empty()) {
        static const std::vector<std::string> usual = {"st", "ave", "rd",  "dr",   "ln",
                                                       "ct", "pl",  "ter", "blvd", "way"};
        typed.style.type = Type::other;
        do typed.style.other_type = dice_.percent(50) ? dice_.pick(types_) : dice_.pick(usual);
        while (typed.style.other_type == type);
        add_note(typed.made, "wrong type");
    } else {
        typed.style.direction = Direction::other;
        typed.style.other_direction = dice_.pick(directions_);
        add_note(typed.made, "a direction too many");
    }
}

std::string AddressQueries::typed_unit(const Door& door) {
    const std::string type = lower(door.address.unit_type());
    const std::string unit = lower(door.address.unit());
    if (unit.empty()) return type;
    // Floors and buildings are counted by themselves: "Fl 2" is not "Apt 2".
    const bool plain = type.empty() || type == "apt" || type == "unit" || type == "ste";
    if (!plain) return type + " " + unit;
    switch (dice_.below(4)) {
        case 0:
            return "#" + unit;
        case 1:
            return "unit " + unit;
        case 2:
            return "apt " + unit;
        default:
            return (type.empty() ? "#" : type + " ") + unit;
    }
}

std::string AddressQueries::put_together(const std::string& number, const std::string& street,
                                         const std::string& unit, bool plain, std::string& made) {
    std::string text;
    const bool comma = !plain && dice_.percent(20);
    if (number.empty()) {
        text = street;
    } else if (!plain && dice_.percent(20)) {
        text = street + (comma ? ", " : " ") + number;
        add_note(made, "number last");
    } else {
        text = number + (comma && dice_.percent(30) ? ", " : " ") + street;
    }
    if (!unit.empty()) text += (comma ? ", " : " ") + unit;
    if (plain) return text;
    if (dice_.percent(10) && is_letter(text.back())) text += '.';
    switch (dice_.below(4)) {
        case 0:
            return upper(text);
        case 1:
            return capitalised(text);
        case 2:
            return dice_.percent(10) ? with_diacritic(dice_, text) : text;
        default:
            return text;
    }
}

bool AddressQueries::has_rival(const Door& wanted, std::uint32_t number, const Streetwise& typed) const {
    const auto found = by_number_.find(number);
    if (found == by_number_.end()) return false;
    std::set<std::size_t> seen;
    for (const std::size_t at : found->second) {
        const Door& other = doors_[at];
        if (&other == &wanted || other.part != wanted.part) continue;
        const bool same_place = std::ranges::any_of(other.properties, [&](records::RecordId property) {
            return std::ranges::find(wanted.properties, property) != wanted.properties.end();
        });
        if (same_place || (other.street != wanted.street && !seen.insert(other.street).second)) continue;
        if (other.street == wanted.street) return true;  // a range and a number within it
        const Street& street = streets_[other.street];
        const auto is_near = [&](const std::string& text, int errors) {
            return typing_distance(typed.text, text, errors) <= errors;
        };
        if (is_near(street_text(street.parts, typed.style), typed.letter_errors)) return true;
        const int errors = typed.letter_errors + typed.word_errors;
        if (std::ranges::any_of(street.usual,
                                [&](const std::string& text) { return is_near(text, errors); })) {
            return true;
        }
    }
    return false;
}

Query AddressQueries::wrong_digit() {
    for (int attempt = 0; attempt < attempts; ++attempt) {
        const Door& door = some_door();
        const std::string right = std::to_string(door.address.number());
        const std::string wrong = with_wrong_digit(dice_, right);
        if (wrong == right || wrong.empty() || wrong[0] == '0' || wrong.size() > 6) continue;
        const auto number = static_cast<std::uint32_t>(std::stoul(wrong));
        Query query{.wanted = door.properties, .address = records::display(door.address), .errors = 1};
        auto street = typed_street(streets_[door.street], 0);
        const auto there = by_number_.find(number);
        if (there != by_number_.end() &&
            std::ranges::find(there->second, static_cast<std::size_t>(&door - doors_.data())) !=
                there->second.end()) {
            continue;  // another number of its range
        }
        query.made = fmt::format("{} for {}", wrong, right);
        const std::string suffix = lower(door.address.number_suffix());
        const bool apart = !suffix.empty() && (suffix.size() > 1 || is_digit(suffix[0]));
        query.text = put_together(lower(door.address.number_prefix()) + wrong +
                                      (apart ? (suffix[1] == '/' ? " " : "-") : "") + suffix,
                                  street->text, typed_unit(door), false, query.made);
        const bool last = query.text.ends_with(wrong);
        query.rival =
            has_rival(door, number, *street) || numbers_as_near(door, number, *street, last) >= shown_at_once;
        return query;
    }
    return {};
}

std::size_t AddressQueries::numbers_as_near(const Door& wanted, std::uint32_t number, const Streetwise& typed,
                                            bool last) const {
    const std::string text = std::to_string(number);
    const std::uint32_t right = wanted.address.number();
    std::size_t near = 0;
    for (std::size_t at = 0; at < streets_.size(); ++at) {
        const bool same = at == wanted.street;
        if (!same && street_text(streets_[at].parts, typed.style) != typed.text) continue;
        near += static_cast<std::size_t>(std::ranges::count_if(numbers_[at], [&](std::uint32_t other) {
            const std::string digits = std::to_string(other);
            if (same && other == right) return false;
            return typing_distance(digits, text, 1) <= 1 || (last && digits.starts_with(text));
        }));
    }
    return near;
}

std::vector<Query> AddressQueries::keystrokes() {
    const Door& door = some_door();
    Query whole{.wanted = door.properties, .address = records::display(door.address)};
    Streetwise street;
    street.text = street_text(streets_[door.street].parts, street.style);
    whole.rival = has_rival(door, door.address.number(), street);
    const std::string text = lower(whole.address);
    std::vector<Query> out;
    for (std::size_t keys = 1; keys <= text.size(); ++keys) {
        if (text[keys - 1] == ' ' && keys < text.size()) continue;
        out.push_back(whole);
        out.back().text = text.substr(0, keys);
        out.back().made = fmt::format("{} of {} keys", keys, text.size());
    }
    return out;
}

Query AddressQueries::no_such_number() {
    for (int attempt = 0; attempt < attempts; ++attempt) {
        const Street& street = streets_[some_door().street];
        const std::string number = std::to_string(1 + dice_.below(9999));
        if (begins_a_number(street.name, number)) continue;
        Query query{.made = "no such number"};
        query.text = put_together(number, typed_street(street, 0)->text, {}, false, query.made);
        return query;
    }
    return {};
}

bool AddressQueries::begins_a_number(const std::string& name, const std::string& number) const {
    return std::ranges::any_of(by_number_, [&](const auto& entry) {
        return std::to_string(entry.first).starts_with(number) &&
               std::ranges::any_of(entry.second, [&](std::size_t door) {
                   return typing_distance(streets_[doors_[door].street].name, name, 2) <= 2;
               });
    });
}

Query AddressQueries::no_such_street() {
    for (int attempt = 0; attempt < attempts; ++attempt) {
        const std::string& front = streets_[some_door().street].name;
        const std::string& back = streets_[some_door().street].name;
        const std::string name = front.substr(0, 2 + dice_.below(4)) + back.substr(back.size() / 2);
        const bool is_word = std::ranges::all_of(name, [](char c) { return c >= 'a' && c <= 'z'; });
        if (!is_word || name.size() < 6 || is_like_a_street(name)) continue;
        const std::string number = std::to_string(some_door().address.number());
        Query query{.made = "no such street"};
        query.text = put_together(number, name + " " + dice_.pick(types_), {}, false, query.made);
        return query;
    }
    return {};
}

// Whether a street's name, or a word or beginning of it, is within a third of the letters.
bool AddressQueries::is_like_a_street(const std::string& name) const {
    const int near = std::max(2, static_cast<int>(name.size()) / 3);
    return std::ranges::any_of(streets_, [&](const Street& street) {
        for (std::size_t at = 0; at < street.name.size();) {
            const std::string_view rest = std::string_view(street.name).substr(at);
            if (typing_distance(rest, name, near) <= near) return true;
            if (typing_distance(rest.substr(0, rest.find(' ')), name, near) <= near) return true;
            if (typing_distance(rest.substr(0, name.size()), name, near) <= near) return true;
            at += std::min(rest.find(' '), rest.size() - 1) + 1;
        }
        return false;
    });
}

}  // namespace fieldpost::bench
