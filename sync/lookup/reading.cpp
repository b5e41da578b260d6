#include "sync/lookup/reading.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>

#include "sync/lookup/terms.hpp"
#include "sync/records/address.hpp"
#include "sync/records/address_words.hpp"

namespace fieldpost::lookup {

namespace {

constexpr std::size_t word_limit = 24;
constexpr std::size_t reading_limit = 64;
constexpr std::uint32_t number_limit = 999'999;

using Words = std::vector<std::string>;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool all_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, is_digit);
}

// "1025-57", "1/2": digits on both sides of one sign.
bool is_pair(std::string_view text, char sign) {
    const auto at = text.find(sign);
    return at != std::string_view::npos && all_digits(text.substr(0, at)) && all_digits(text.substr(at + 1));
}

// "13-a", "625-701stony": digits, a dash, perhaps digits, then letters alone. But "12-s main st" has a
// direction, and "101-2nd st" a street.
bool is_number_with_letters(std::string_view text) {
    const auto dash = text.find('-');
    if (dash == std::string_view::npos || !all_digits(text.substr(0, dash))) return false;
    std::string_view behind = text.substr(dash + 1);
    const auto digits = static_cast<std::size_t>(std::ranges::find_if_not(behind, is_digit) - behind.begin());
    behind.remove_prefix(digits);
    const bool letters =
        std::ranges::all_of(behind, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
    if (!letters) return false;
    if (digits == 0) return behind.size() == 1 && !records::direction(records::fold(behind));
    return behind.size() > 1 && !records::ordinal(records::fold(text.substr(dash + 1)));
}

// "13-a" is 13A; of "625-701stony" the range is told from the street later, when nothing else was meant.
std::string joined_number(std::string_view text) {
    const auto dash = text.find('-');
    const std::string folded = records::fold(text.substr(dash + 1));
    const bool range = is_digit(folded.front());
    return std::string(text.substr(0, dash)) + (range ? "-" : "") + folded;
}

bool ends_word(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',' || c == ';';
}

struct TypedNumber {
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    std::string suffix;  // "A" of "12A", "1" of "243-1"
};

std::optional<std::uint32_t> to_number(std::string_view digits) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size() || value == 0 || value > number_limit) {
        return std::nullopt;
    }
    return value;
}

// "1420", "12A", "1025-57" (to 1057), "34-36", "243-1" (the first part of 243).
std::optional<TypedNumber> house_number(std::string_view word) {
    if (is_pair(word, '-')) {
        const auto dash = word.find('-');
        const std::string_view low = word.substr(0, dash);
        std::string high(word.substr(dash + 1));
        if (high.size() < low.size()) high = std::string(low.substr(0, low.size() - high.size())) + high;
        const auto from = to_number(low);
        const auto to = to_number(high);
        if (!from) return std::nullopt;
        if (!to || *to <= *from || *to - *from > longest_range)
            return TypedNumber{*from, 0, std::string(word.substr(dash + 1))};
        return TypedNumber{*from, *to, {}};
    }
    const auto digits = static_cast<std::size_t>(std::ranges::find_if_not(word, is_digit) - word.begin());
    const std::string_view letters = word.substr(digits);
    if (digits == 0 || letters.size() > 1) return std::nullopt;
    const auto low = to_number(word.substr(0, digits));
    if (!low) return std::nullopt;
    return TypedNumber{*low, 0, std::string(letters)};
}

std::string part_of(std::string_view suffix, std::string_view unit_type, std::string_view unit) {
    records::Address address;
    address.set_number_suffix(std::string(suffix));
    address.set_unit_type(std::string(unit_type));
    address.set_unit(std::string(unit));
    return house_part(address);
}

// What remains of a query once number and unit are taken out, on its way to be a street.
struct Rest {
    Reading base;
    std::string suffix;  // of the house number
    Words words;
    bool ends_typed = false;  // its last word is the last thing typed, and may be half typed
};

class Readings {
  public:
    // Without a text: loosely.
    Readings(const TypedText& typed, std::optional<std::string_view> text, const Words& places)
        : typed_(typed), text_(text), places_(places) {}

    std::vector<Reading> run() {
        if (text_) read_whole();
        const std::size_t size = typed_.words.size();
        std::size_t numbers = 0;
        for (std::size_t at = 0; at < size && numbers < 3; ++at) {
            if (const auto number = house_number(typed_.words[at]); number && !numbers_unit(at)) {
                ++numbers;
                take_number(at, *number);
            }
        }
        if (!text_ && numbers > 0) return std::move(out_);
        Rest rest;
        rest.words = typed_.words;
        rest.ends_typed = !typed_.last_complete;
        take_unit(std::move(rest));
        return std::move(out_);
    }

  private:
    // "201" of "2 Main St Unit 201": it says which unit, as the house has a number of its own.
    bool numbers_unit(std::size_t at) const {
        const Words& words = typed_.words;
        return at > 0 && records::unit_type(words[at - 1]) &&
               std::any_of(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(at) - 1,
                           [](const std::string& word) { return house_number(word).has_value(); });
    }

    void add(Reading reading) {
        if (reading.name.empty() || out_.size() == reading_limit) return;
        if (std::ranges::find(out_, reading) == out_.end()) out_.push_back(std::move(reading));
    }

    // As the hub reads the addresses of its sources: knows most about units, fractions, buildings and places.
    void read_whole() {
        records::AddressContext context;
        context.places = places_;
        const records::Address address = records::parse_address(*text_, context);
        const Street street = street_of(address);
        if (street.name.empty() || address.number() == 0) return;
        Reading reading;
        reading.number = address.number();
        if (address.number_high() > address.number()) reading.high = address.number_high();
        reading.part = house_part(address);
        for (const std::string_view word : records::split_words(street.name)) reading.name.emplace_back(word);
        reading.type = street.type;
        reading.direction = street.direction;
        const std::string building = records::fold(address.building());
        reading.unread = static_cast<int>(records::split_words(building).size());
        // What stands behind a street is a place, unless it was meant as something else: "Main St APT4".
        const std::string place = records::fold(address.place());
        if (std::ranges::find(places_, place) == places_.end())
            reading.unread += static_cast<int>(records::split_words(place).size());
        if (!address.pre_direction().empty() && !address.post_direction().empty()) ++reading.unread;
        add(std::move(reading));
    }

    void take_number(std::size_t at, const TypedNumber& number) {
        Rest rest;
        rest.base.number = number.low;
        rest.base.high = number.high;
        rest.suffix = number.suffix;
        const auto word = typed_.words.begin() + static_cast<std::ptrdiff_t>(at);
        const Words before(typed_.words.begin(), word);
        Words after(word + 1, typed_.words.end());
        const bool ends = !typed_.last_complete;
        if (after.empty()) {
            rest.base.number_may_grow = ends && number.suffix.empty() && number.high == 0;
            rest.words = before;
            take_unit(std::move(rest));
            return;
        }
        if (is_pair(after.front(), '/')) {
            rest.suffix = after.front();
            after.erase(after.begin());
        } else if (after.size() > 1 && after.front().size() == 1 && !is_digit(after.front().front()) &&
                   !records::direction(after.front())) {
            Rest lettered = rest;  // "12 A Main St"
            lettered.suffix = after.front();
            lettered.words.assign(after.begin() + 1, after.end());
            lettered.ends_typed = ends;
            take_unit(std::move(lettered));
        }
        rest.words = before;
        rest.words.insert(rest.words.end(), after.begin(), after.end());
        rest.ends_typed = ends && !after.empty();
        take_unit(rest);
        if (!text_ || before.empty() || after.empty()) return;
        rest.words = after;  // "City Hall 795 Massachusetts Ave": what stands before is a building
        rest.base.unread = static_cast<int>(before.size());
        take_unit(rest);
        rest.words = before;  // "Main St 12 Springfield"
        rest.ends_typed = false;
        rest.base.unread = static_cast<int>(after.size());
        take_unit(std::move(rest));
    }

    void take_unit(Rest rest) {
        rest.base.part = part_of(rest.suffix, {}, {});
        for (std::size_t at = 1; at < rest.words.size(); ++at) {
            const std::string& word = rest.words[at];
            Rest shorter = rest;
            shorter.ends_typed = false;
            shorter.words.resize(at);
            const std::size_t behind = rest.words.size() - at - 1;
            if (word.starts_with('#')) {
                shorter.base.part = part_of(rest.suffix, {}, std::string_view(word).substr(1));
                shorter.base.part_may_grow = behind == 0 && rest.ends_typed;
                take_place(std::move(shorter));
                return;
            } else if (const auto type = records::unit_type(word); type && behind <= 3) {
                if (behind > 0) {
                    shorter.base.part = part_of(rest.suffix, *type, rest.words[at + 1]);
                    shorter.base.part_may_grow = behind == 1 && rest.ends_typed;
                } else if (records::unit_stands_alone(*type)) {
                    shorter.base.part = part_of(rest.suffix, *type, {});
                }
                shorter.base.unread += behind > 1 ? static_cast<int>(behind) - 1 : 0;
                take_place(std::move(shorter));
                if (!text_) return;
            } else if (behind == 0 && rest.base.number != 0 && at >= 2 &&
                       (is_digit(word.front()) || (word.size() == 1 && !records::direction(word))) &&
                       (records::street_type(rest.words[at - 1]) || records::direction(rest.words[at - 1]))) {
                shorter.base.part = part_of(rest.suffix, {}, word);  // "12 Main St 3B"
                shorter.base.part_may_grow = rest.ends_typed;
                take_place(std::move(shorter));
            }
        }
        take_place(std::move(rest));
    }

    // ZIP, state and the city's own name at the end say nothing here.
    void take_place(Rest rest) {
        Rest shorter = rest;
        Words& words = shorter.words;
        const auto drop = [&](std::size_t count) {
            words.resize(words.size() - count);
            shorter.ends_typed = false;
        };
        if (words.size() > 1 && words.back().size() == 5 && all_digits(words.back())) drop(1);
        const bool zip = words.size() < rest.words.size();
        for (const bool after_state : {false, true}) {
            const std::size_t state = after_state ? 1 : 0;
            if (after_state && (words.size() < 3 || words.back().size() != 2)) continue;
            for (const std::string& place : places_) {
                const auto parts = records::split_words(place);
                if (parts.empty() || words.size() < parts.size() + state + 1) continue;
                const auto from = words.end() - static_cast<std::ptrdiff_t>(parts.size() + state);
                if (!std::equal(parts.begin(), parts.end(), from)) continue;
                drop(parts.size() + state);
                take_street(std::move(shorter));
                take_street(std::move(rest));
                return;
            }
        }
        if (zip) take_street(std::move(shorter));
        take_street(std::move(rest));
    }

    void take_street(Rest rest) {
        if (rest.words.empty()) return;
        if (!text_) {
            take_runs(rest);
            return;
        }
        take_name(rest, {});
        if (rest.words.size() < 2) return;
        if (rest.ends_typed) {
            Rest shorter = rest;
            shorter.words.pop_back();
            shorter.ends_typed = false;
            take_name(shorter, rest.words.back());
        }
        // What follows a street type belongs to no street: "Main St Springfield"; but a direction does.
        for (std::size_t at = rest.words.size() - 1; at-- > 1;) {
            if (!records::street_type(rest.words[at]) || records::direction(rest.words[at + 1])) continue;
            Rest shorter = rest;
            shorter.words.resize(at + 1);
            shorter.ends_typed = false;
            shorter.base.unread += static_cast<int>(rest.words.size() - at - 1);
            for (std::size_t behind = at + 1; behind < rest.words.size(); ++behind)
                shorter.base.unread_number |= is_digit(rest.words[behind].front());
            take_name(shorter, {});
            return;
        }
    }

    // Directions in front and types and directions behind may be part of the name or not: every way is a
    // reading.
    void take_name(const Rest& rest, const std::string& tail) {
        const Words& words = rest.words;
        std::size_t front = 0;
        while (front + 1 < words.size() && front < 2 && records::direction(words[front])) ++front;
        std::size_t back = 0;
        while (back + 1 < words.size() && back < 3 &&
               (records::direction(words[words.size() - 1 - back]) ||
                records::street_type(words[words.size() - 1 - back]))) {
            ++back;
        }
        for (std::size_t leave_front = front + 1; leave_front-- > 0;) {
            for (std::size_t leave_back = back + 1; leave_back-- > 0;) {
                if (leave_front + leave_back >= words.size()) continue;
                Reading reading = rest.base;
                reading.tail = tail;
                for (std::size_t at = 0; at < leave_front; ++at) note(reading, words[at]);
                for (std::size_t at = words.size() - leave_back; at < words.size(); ++at)
                    note(reading, words[at]);
                reading.name.assign(words.begin() + static_cast<std::ptrdiff_t>(leave_front),
                                    words.end() - static_cast<std::ptrdiff_t>(leave_back));
                reading.name_may_grow = rest.ends_typed && leave_back == 0;
                add(std::move(reading));
            }
        }
    }

    // Every run of words with at most two before it and four behind.
    void take_runs(const Rest& rest) {
        const Words& words = rest.words;
        const std::size_t size = words.size();
        for (std::size_t begin = 0; begin < std::min<std::size_t>(size, 3); ++begin) {
            for (std::size_t end = size; end > begin && size - end <= 4; --end) {
                Reading reading = rest.base;
                for (std::size_t at = 0; at < begin; ++at) note_loosely(reading, words[at]);
                reading.loose_before = reading.loose.size();
                for (std::size_t at = end; at < size; ++at) note_loosely(reading, words[at]);
                reading.loose_may_grow = rest.ends_typed && end < size && !reading.loose.empty() &&
                                         reading.loose.back() == words.back();
                reading.name.assign(words.begin() + static_cast<std::ptrdiff_t>(begin),
                                    words.begin() + static_cast<std::ptrdiff_t>(end));
                reading.name_may_grow = rest.ends_typed && end == size;
                add(std::move(reading));
            }
        }
    }

    static void note_loosely(Reading& reading, const std::string& word) {
        const int unread = reading.unread;
        note(reading, word);
        if (reading.unread == unread) return;
        reading.unread = unread;
        reading.loose.push_back(word);
    }

    static void note(Reading& reading, const std::string& word) {
        const auto direction = records::direction(word);
        const auto type = records::street_type(word);
        if (direction && reading.direction.empty()) {
            reading.direction = *direction;
        } else if (type && reading.type.empty()) {
            reading.type = *type;
        } else {
            ++reading.unread;
            reading.unread_number |= is_digit(word.front());
        }
    }

    const TypedText& typed_;
    std::optional<std::string_view> text_;
    const Words& places_;
    std::vector<Reading> out_;
};

}  // namespace

TypedText read_words(std::string_view text) {
    TypedText out;
    std::size_t at = 0;
    while (at < text.size() && out.words.size() < word_limit) {
        if (ends_word(text[at])) {
            ++at;
            continue;
        }
        std::size_t end = at;
        while (end < text.size() && !ends_word(text[end])) ++end;
        const std::string_view chunk = text.substr(at, end - at);
        at = end;
        if (is_pair(chunk, '-') || is_pair(chunk, '/')) {
            out.words.emplace_back(chunk);
        } else if (is_number_with_letters(chunk)) {
            out.words.push_back(joined_number(chunk));
        } else if (chunk.starts_with('#')) {
            if (std::string unit = term_key(chunk); !unit.empty()) out.words.push_back("#" + unit);
        } else {
            const std::string folded = records::fold(chunk);
            for (const std::string_view word : records::split_words(folded)) {
                if (out.words.size() < word_limit) out.words.emplace_back(word);
            }
        }
    }
    out.last_complete = !text.empty() && ends_word(text.back());
    return out;
}

std::vector<Reading> readings(const TypedText& typed, std::string_view text,
                              const std::vector<std::string>& places) {
    return Readings(typed, text, places).run();
}

std::vector<Reading> loose_readings(const TypedText& typed, const std::vector<std::string>& places) {
    return Readings(typed, std::nullopt, places).run();
}

}  // namespace fieldpost::lookup
