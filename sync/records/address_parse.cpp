#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "sync/records/address.hpp"
#include "sync/records/address_number.hpp"
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

// The words of one street and the token after them.
struct Gathered {
    Words words;
    std::size_t end = 0;
};

// A house number and the street that follows it.
struct Candidate {
    HouseNumber number;
    std::size_t begin = 0;
    Gathered street;
    bool typed = false;
};

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
        mailing_ = tail.found;
        address().set_postal_code(tail.postal_code);
        find_nearby_words();
        auto candidate = find_number();
        if (candidate) {
            put_number(candidate->number);
            read_before(candidate->begin);
            read_street_and_rest(candidate->street);
        } else {
            read_without_number();
        }
        address().set_text(std::string(text_));
        return std::move(reading_);
    }

  private:
    Address& address() { return reading_.address; }
    bool is_word(std::size_t at) const { return at < tokens_.size() && tokens_[at].is_word(); }
    bool is_mark(std::size_t at, char mark) const { return at < tokens_.size() && tokens_[at].is_mark(mark); }
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

    // Words that end a street, whatever follows them.
    static bool ends_street(std::string_view word) {
        static constexpr std::array<std::string_view, 12> ends = {"AT",       "NEAR",   "BETWEEN", "BTWN",
                                                                  "FROM",     "OPP",    "THRU",    "REAR",
                                                                  "OPPOSITE", "ACROSS", "NEARBY",  "BTW"};
        return any_of(ends, word);
    }

    static bool typed(const Words& words) { return type_position(words) < words.size(); }

    // Whether a value of a unit may stand at the token: "4", "4B", "B", "PH7".
    bool is_unit_value(std::size_t at) const {
        if (!is_word(at)) return false;
        std::string_view value = word(at);
        return value.size() == 1 ||
               std::any_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
    }

    // Whether a unit designator at the token ends the street that has the words read so far.
    bool ends_at_unit(std::size_t at, const Words& words) const {
        auto unit = unit_type(word(at));
        if (!unit) return false;
        bool value = is_mark(at + 1, '#') || is_unit_value(at + 1);
        static constexpr std::array<std::string_view, 7> sure = {"APT", "STE",  "UNIT", "BLDG",
                                                                 "RM",  "DEPT", "FL"};
        if (any_of(sure, *unit) && value) return true;
        if (!typed(words)) return false;
        std::size_t type = type_position(words);
        bool complete = type + 1 == words.size() || (type + 2 == words.size() && direction(words.back()));
        bool last = at + 1 >= tokens_.size() || is_mark(at + 1, ',');
        return complete && (value || (unit_stands_alone(*unit) && last));
    }

    Gathered gather_street(std::size_t at, bool numbered) const {
        Gathered out;
        for (; at < tokens_.size(); ++at) {
            const Token& token = tokens_[at];
            if (token.is_mark('.')) continue;
            if (token.is_mark('-')) {
                bool joined = token.glued && at + 1 < tokens_.size() && tokens_[at + 1].glued;
                if (joined || out.words.empty()) continue;
                break;
            }
            if (!token.is_word()) break;
            if (out.words.empty()) {
                if (token.is("AND") || token.is("TO")) break;
                if (all_digits(token.word) && !street_type(word(at + 1))) break;
            } else {
                bool route = out.words.size() <= 2 && begins_with_route(out.words);
                if (token.is("TO") && is_word(at + 1)) break;
                if (token.is("AND") && (!numbered || typed(out.words))) break;
                if (ends_street(token.word)) break;
                if (all_digits(token.word) && !route) break;
                if (token.is("R") && typed(out.words) && is_number_word(word(at + 1))) break;
                if (ends_at_unit(at, out.words)) break;
                if (is_number_word(token.word) && typed(out.words) && !ordinal(token.word)) break;
            }
            out.words.push_back(token.word);
        }
        out.end = at;
        return out;
    }

    static bool begins_with_route(const Words& words) {
        std::string_view last = words.back();
        return last == "ROUTE" || last == "RTE" || last == "RT" || last == "HIGHWAY" || last == "HWY" ||
               last == "US" || last == "INTERSTATE" || last == "I";
    }

    // Whether the number at the token belongs to something else: "#12", "Unit 12", "M-207", "Route 12", "Box
    // 12".
    bool is_taken(std::size_t at) const {
        if (at == 0) return false;
        const Token& before = tokens_[at - 1];
        if (before.is_mark('#')) return at > 1;
        if ((before.is_mark('-') || before.is_mark('/')) && tokens_[at].glued && before.glued) return true;
        if (before.is_mark('.')) return true;
        static constexpr std::array<std::string_view, 12> owners = {
            "I", "RT", "RTE", "ROUTE", "HWY", "HIGHWAY", "US", "SR", "CR", "EXIT", "BOX", "INTERSTATE"};
        if (any_of(owners, word(at - 1))) return true;
        auto unit = unit_type(word(at - 1));
        return unit && !unit_stands_alone(*unit);
    }

    std::optional<Candidate> candidate_at(std::size_t at) const {
        auto number = read_number(tokens_, at);
        if (!number) return std::nullopt;
        Candidate candidate{std::move(*number), at, {}, false};
        if (!is_word(candidate.number.next)) return std::nullopt;
        candidate.street = gather_street(candidate.number.next, true);
        if (candidate.street.words.empty()) return std::nullopt;
        candidate.typed = begins_typed_street(candidate.street.words);
        return candidate;
    }

    bool separated(std::size_t from, std::size_t to) const {
        for (std::size_t at = from; at < to; ++at) {
            if (tokens_[at].mark != 0 && !tokens_[at].is_mark('-') && !tokens_[at].is_mark('.')) return true;
            if (tokens_[at].is("TO") || tokens_[at].is("AND") || tokens_[at].is("R") ||
                tokens_[at].is("REAR"))
                return true;
        }
        return false;
    }

    // The house number is the first that a street with a type follows; of several without a sign between
    // them, the last
    // ("Small Rd Hall 200 1500 Colvin St"). Failing that, the first number that any words follow.
    std::optional<Candidate> find_number() const {
        std::optional<Candidate> best;
        std::optional<Candidate> untyped;
        std::optional<Candidate> taken;
        for (std::size_t at = 0; at < tokens_.size(); ++at) {
            if (!is_word(at) || !is_number_word(tokens_[at].word)) continue;
            auto candidate = candidate_at(at);
            if (!candidate) continue;
            std::size_t next = candidate->number.next;
            if (is_taken(at)) {
                if (!taken && candidate->typed) taken = std::move(candidate);
            } else if (candidate->typed) {
                if (best && separated(best->number.next, at)) break;
                best = std::move(candidate);
            } else if (!untyped) {
                untyped = std::move(candidate);
            }
            at = next - 1;
        }
        if (best) return best;
        if (untyped) return untyped;
        if (taken) return taken;
        if (auto prefixed = prefixed_number()) return prefixed;
        return worded_number();
    }

    // "K212 Main St", "N6W23001 Bluemound Rd": letters before the number, at the front only.
    std::optional<Candidate> prefixed_number() const {
        std::string_view first = word(0);
        std::size_t digits = first.size();
        while (digits > 0 && first[digits - 1] >= '0' && first[digits - 1] <= '9') --digits;
        std::size_t length = first.size() - digits;
        if (digits == 0 || length == 0 || length > 6 || ordinal(first)) return std::nullopt;
        std::string_view prefix = first.substr(0, digits);
        if (prefix == "I" || prefix == "US" || prefix == "SR" || prefix == "RT") return std::nullopt;
        Candidate candidate;
        candidate.number.prefix = prefix;
        for (char c : first.substr(digits)) {
            candidate.number.low = candidate.number.low * 10 + static_cast<std::uint32_t>(c - '0');
        }
        candidate.number.next = 1;
        candidate.street = gather_street(1, true);
        if (candidate.number.low == 0 || candidate.street.words.empty()) return std::nullopt;
        if (!begins_typed_street(candidate.street.words)) return std::nullopt;
        return candidate;
    }

    // "One Kendall Square": a number in words before a name that a plaza or square has.
    std::optional<Candidate> worded_number() const {
        static constexpr std::array<std::string_view, 10> numbers = {"ONE", "TWO",   "THREE", "FOUR", "FIVE",
                                                                     "SIX", "SEVEN", "EIGHT", "NINE", "TEN"};
        static constexpr std::array<std::string_view, 8> types = {"SQ", "CTR", "PLZ", "PARK",
                                                                  "PL", "WAY", "CIR", "CT"};
        auto found = std::find(numbers.begin(), numbers.end(), word(0));
        if (found == numbers.end()) return std::nullopt;
        Candidate candidate;
        candidate.number.low = static_cast<std::uint32_t>(found - numbers.begin()) + 1;
        candidate.number.next = 1;
        candidate.street = gather_street(1, true);
        StreetWords street = read_street(candidate.street.words, mailing_, places_);
        if (!any_of(types, street.type)) return std::nullopt;
        return candidate;
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
        if (value_at < end && (any || is_unit_value(value_at))) {
            value = word(value_at);
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
            at = cross ? read_cross_street(at) : read_place(at);
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
        Gathered gathered = gather_street(at, false);
        if (gathered.words.empty()) return at + 1;
        Address other;
        put_street(read_street(gathered.words, mailing_, places_), other);
        std::string key = street_key(other);
        if (!key.empty()) reading_.cross_streets.push_back(std::move(key));
        return gathered.end;
    }

    std::size_t read_place(std::size_t at) {
        Words words;
        while (is_word(at)) words.push_back(tokens_[at++].word);
        put_place(std::move(words));
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
            Gathered gathered = gather_street(at, false);
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

// The part of the text that is read, without spaces around it and without half a character at its end.
std::string_view bounded(std::string_view text) {
    if (text.size() > max_address_bytes) {
        std::size_t end = max_address_bytes;
        while (end > max_address_bytes - 4 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
        text = text.substr(0, end);
    }
    constexpr std::string_view spaces = " \t\r\n\v\f";
    std::size_t first = text.find_first_not_of(spaces);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(spaces) - first + 1);
}

}  // namespace

AddressReading read_address(std::string_view text, const AddressContext& context) {
    return AddressReader(bounded(text), context).run();
}

Address parse_address(std::string_view text, const AddressContext& context) {
    return read_address(text, context).address;
}

}  // namespace fieldpost::records
