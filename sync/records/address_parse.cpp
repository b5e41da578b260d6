#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "sync/records/address.hpp"
#include "sync/records/address_house.hpp"
#include "sync/records/address_street.hpp"
#include "sync/records/address_tail.hpp"
#include "sync/records/address_tokens.hpp"
#include "sync/records/address_words.hpp"

namespace fieldpost::records {
namespace {

using namespace reading;

template <std::size_t Size>
bool any_of(const std::array<std::string_view, Size>& list, std::string_view word) {
    return std::find(list.begin(), list.end(), word) != list.end();
}

// Reads one text. The order matters: the tail of a mailing address goes first, then the house number is found
// by what follows it (a building's name may hold numbers), and the street, unit and cross streets are read
// from there.
class AddressReader {
  public:
    AddressReader(std::string_view text, const AddressContext& context) : text_(text) {
        for (const std::string& place : context.places) places_.push_back(fold(place));
    }

    AddressReading run() {
        tokens_ = tokenize(text_);
        drop_parentheses();
        MailingTail tail = take_mailing_tail(tokens_);
        reading_.mailing = mailing_ = tail.found;
        address().set_postal_code(tail.postal_code);
        find_nearby_words();
        auto house = find_house(tokens_, mailing_, places_);
        if (house) {
            put_number(house->number);
            read_before(house->begin);
            read_street_and_rest(house->street);
        } else {
            read_without_number();
        }
        address().set_text(std::string(text_));
        return std::move(reading_);
    }

  private:
    Address& address() { return reading_.address; }
    bool is_word(std::size_t at) const { return at < tokens_.size() && tokens_[at].is_word(); }
    bool is_mark(std::size_t at, char mark) const { return mark_at(tokens_, at, mark); }
    std::string_view word(std::size_t at) const {
        return is_word(at) ? std::string_view(tokens_[at].word) : "";
    }

    // Remarks in parentheses say nothing of the address, but "(opp)" says that it is another one.
    void drop_parentheses() {
        Tokens kept;
        int depth = 0;
        for (Token& token : tokens_) {
            if (token.is_mark('(')) {
                ++depth;
            } else if (token.is_mark(')')) {
                depth = std::max(0, depth - 1);
            } else if (depth == 0) {
                kept.push_back(std::move(token));
            } else if (token.is("OPP") || token.is("OPPOSITE") || token.is("ACROSS") || token.is("NEAR")) {
                reading_.nearby = true;
            }
        }
        tokens_ = std::move(kept);
    }

    void find_nearby_words() {
        static constexpr std::array<std::string_view, 8> near = {"OPP",      "OPPOSITE", "ACROSS", "VICINITY",
                                                                 "ADJACENT", "BEHIND",   "NEAR",   "NEARBY"};
        for (std::size_t at = 0; at < tokens_.size(); ++at) {
            if (any_of(near, word(at)) || (word(at) == "NEXT" && word(at + 1) == "TO"))
                reading_.nearby = true;
        }
    }

    void put_number(const HouseNumber& number) {
        address().set_number_prefix(number.prefix);
        address().set_number(number.low);
        address().set_number_high(number.low > 0 ? number.high : 0);
        address().set_number_suffix(number.suffix);
        reading_.block = number.block;
    }

    // A unit or the name of a building before the house number.
    void read_before(std::size_t number_at) {
        std::size_t at = 0;
        while (at < number_at) {
            std::size_t after = take_unit(at, number_at);
            if (after == at) break;
            at = after;
            while (at < number_at && !tokens_[at].is_word() && !is_mark(at, '#')) ++at;
        }
        if (at >= number_at) return;
        std::string_view raw = text_.substr(tokens_[at].begin, tokens_[number_at].begin - tokens_[at].begin);
        while (!raw.empty() &&
               (raw.back() == ' ' || raw.back() == ',' || raw.back() == '-' || raw.back() == '#' ||
                raw.back() == '\n' || raw.back() == '\r' || raw.back() == ':')) {
            raw.remove_suffix(1);
        }
        std::string building(raw);
        std::replace(building.begin(), building.end(), '\n', ' ');
        address().set_building(building);
    }

    // Reads a unit at the token, up to `end`. Returns the token after it, or `at` when there is none.
    std::size_t take_unit(std::size_t at, std::size_t end) {
        auto type = unit_type(word(at));
        bool rear_of = word(at) == "R" && at + 1 < end && is_number_word(word(at + 1));
        if (rear_of) type = "REAR";
        if (!type && !is_mark(at, '#')) return at;
        std::size_t value_at = at + 1;
        if (type && value_at < end && is_mark(value_at, '#')) ++value_at;
        std::string value;
        std::size_t next = value_at;
        bool any = is_mark(value_at - 1, '#') && is_word(value_at);
        auto known = value_at < end ? unit_value(word(value_at)) : std::nullopt;
        if (known || (any && value_at < end)) {
            value = known.value_or(std::string(word(value_at)));
            next = value_at + 1;
            while (next + 1 < end && tokens_[next].glued && tokens_[next + 1].glued && is_word(next + 1) &&
                   (is_mark(next, '/') || is_mark(next, '-'))) {
                value += tokens_[next].mark;
                value += word(next + 1);
                next += 2;
            }
            bool letter =
                next < end && word(next).size() == 1 && all_digits(value) && !is_number_word(word(next));
            if (letter && (next + 1 >= end || is_mark(next + 1, ','))) value += word(next++);
            while (rear_of && next < end && is_word(next))
                ++next;  // "R 2 Daybreak": the rest is cut off anyway
        } else if (!type || !unit_stands_alone(*type)) {
            return at;
        } else {
            next = at + 1;
        }
        put_unit(type.value_or(""), value);
        return next;
    }

    void put_unit(std::string_view type, std::string_view value) {
        if (address().unit_type().empty() && address().unit().empty()) {
            address().set_unit_type(std::string(type));
            address().set_unit(std::string(value));
            return;
        }
        std::string all = address().unit();
        if (type.empty() && !value.empty() && !all.empty()) {
            address().set_unit(all + "-" + std::string(value));
            return;
        }
        if (!type.empty()) all += (all.empty() ? "" : " ") + std::string(type);
        if (!value.empty()) all += (all.empty() ? "" : " ") + std::string(value);
        address().set_unit(all);
    }

    void read_street_and_rest(const Gathered& gathered) {
        StreetWords street = read_street(gathered.words, mailing_, places_);
        put_street(street, address());
        Words trailing(gathered.words.begin() + static_cast<std::ptrdiff_t>(street.used),
                       gathered.words.end());
        put_place(trailing);
        read_rest(gathered.end);
    }

    void put_place(Words words) {
        if (words.size() > 1 && is_state(words.back())) words.pop_back();
        std::string place;
        for (std::string_view part : words) {
            if (is_number_word(part)) return;
            place += (place.empty() ? "" : " ") + std::string(part);
        }
        if (address().place().empty()) address().set_place(place);
    }

    // Units, cross streets and the place, in any order.
    void read_rest(std::size_t at) {
        bool cross = false;  // the next words name another street
        while (at < tokens_.size()) {
            const Token& token = tokens_[at];
            if (token.is_mark('&') || token.is_mark('@') || token.is_mark('/') || token.is("TO") ||
                token.is("AND") || token.is("AT") || token.is("FROM") || token.is("BETWEEN") ||
                token.is("BTWN") || token.is("NEAR")) {
                cross = true;
                ++at;
                continue;
            }
            if (std::size_t after = take_unit(at, tokens_.size()); after > at) {
                at = after;
                continue;
            }
            if (!token.is_word() || ends_street(token.word)) {
                cross = cross && token.is_mark('-');
                ++at;
                continue;
            }
            if (all_digits(token.word) && !cross) {
                take_bare_number(token.word, at);
                ++at;
                continue;
            }
            if (is_dashed_unit(tokens_, at)) {
                put_unit("UNIT", std::string(word(at)) + "-" + std::string(word(at + 2)));
                at += 3;
                continue;
            }
            bool behind_comma = at > 0 && is_mark(at - 1, ',');
            at = cross ? read_cross_street(at) : read_place(at, behind_comma);
            cross = false;
        }
    }

    // "12 Main St 4" is a unit; "12 Main St 13210, Rear" a ZIP.
    void take_bare_number(std::string_view digits, std::size_t at) {
        if (digits.size() == 5) {
            if (address().postal_code().empty()) address().set_postal_code(std::string(digits));
        } else if (!is_mark(at - 1, ',') && address().unit().empty() && digits.size() < 5) {
            put_unit("UNIT", digits);
        }
    }

    std::size_t read_cross_street(std::size_t at) {
        if (auto number = read_number(tokens_, at);
            number && is_word(number->next) && !street_type(word(number->next))) {
            at = number->next;
        }
        Gathered gathered = gather_street(tokens_, at, false);
        if (gathered.words.empty()) return at + 1;
        Address other;
        put_street(read_street(gathered.words, mailing_, places_), other);
        std::string key = street_key(other);
        if (!key.empty()) reading_.cross_streets.push_back(std::move(key));
        return gathered.end;
    }

    // Words that are neither street nor unit: a place behind a comma, else a remark ("under bridge").
    std::size_t read_place(std::size_t at, bool behind_comma) {
        Words words;
        while (is_word(at)) words.push_back(tokens_[at++].word);
        if (behind_comma || mailing_) put_place(std::move(words));
        return at;
    }

    // A street or an intersection: the first phrase that has a street's type, else the first.
    void read_without_number() {
        std::size_t at = 0;
        if (word(0).size() == 5 && all_digits(word(0))) {  // a ZIP in front
            address().set_postal_code(std::string(word(0)));
            at = 1;
        }
        if (word(at) == "CORNER" || word(at) == "INTERSECTION" || word(at) == "COR") {
            ++at;
            if (word(at) == "OF") ++at;
        }
        std::size_t first = at;
        std::optional<Gathered> fallback;
        while (at < tokens_.size()) {
            Gathered gathered = gather_street(tokens_, at, false);
            if (gathered.words.empty()) {
                at = std::max(at, gathered.end) + 1;
                continue;
            }
            if (begins_typed_street(gathered.words)) {
                if (at > first) address().set_building(std::string(text_.substr(0, tokens_[at].begin)));
                trim_building();
                read_street_and_rest(gathered);
                return;
            }
            if (!fallback) fallback = gathered;
            at = gathered.end;
            while (at < tokens_.size() && !is_mark(at, ','))
                ++at;  // a cross street does not make a phrase a street
        }
        if (fallback && !is_place(fallback->words)) {
            read_street_and_rest(*fallback);
        } else if (fallback) {
            put_place(fallback->words);
        }
    }

    void trim_building() {
        std::string building = address().building();
        while (!building.empty() &&
               (building.back() == ' ' || building.back() == ',' || building.back() == '-')) {
            building.pop_back();
        }
        address().set_building(building);
    }

    bool is_place(const Words& words) const {
        return std::any_of(places_.begin(), places_.end(),
                           [&](const std::string& place) { return split_words(place) == words; });
    }

    std::string_view text_;
    std::vector<std::string> places_;
    Tokens tokens_;
    bool mailing_ = false;
    AddressReading reading_;
};

std::string_view without_spaces_around(std::string_view text) {
    constexpr std::string_view spaces = " \t\r\n\v\f";
    std::size_t first = text.find_first_not_of(spaces);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(spaces) - first + 1);
}

}  // namespace

AddressReading read_address(std::string_view text, const AddressContext& context) {
    const std::string read = as_utf8(text, max_address_bytes);
    return AddressReader(without_spaces_around(read), context).run();
}

Address parse_address(std::string_view text, const AddressContext& context) {
    return read_address(text, context).address;
}

}  // namespace fieldpost::records
