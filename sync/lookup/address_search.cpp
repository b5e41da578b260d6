#include "sync/lookup/address_search.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <span>

#include "sync/lookup/edit_distance.hpp"
#include "sync/records/address_words.hpp"

namespace fieldpost::lookup {

namespace {

// Bounds of one query's work.
constexpr std::size_t names_by_beginning = 60;
constexpr std::size_t names_by_words = 40;
constexpr std::size_t names_misspelt = 60;
constexpr std::size_t names_misspelt_far = 250;
constexpr std::size_t streets_kept = 4000;
constexpr std::size_t streets_asked = 64;
constexpr std::size_t streets_of_few_letters = 20;
constexpr std::size_t streets_asked_far = 250;
constexpr std::size_t streets_of_other_numbers = 3;
// The street itself is not in doubt, only the number; others as sure as the best by this.
constexpr double sure_of_street = 0.75;
constexpr double as_sure = 0.05;
constexpr std::size_t least_beginning = 3;  // letters of a misspelt beginning
constexpr double as_good_a_street = 0.02;   // hits closer than that are none better than the other
constexpr std::uint32_t number_limit = 999'999;
constexpr std::size_t entries_of_number = 64;
constexpr std::size_t ranges_of_other_numbers = 400;
constexpr std::size_t entries_of_building = 2000;  // while a unit is typed: large buildings have that many

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) {
        if (!out.empty()) out.push_back(' ');
        out += word;
    }
    return out;
}

double name_cost(const NameMatch& match, std::size_t letters) {
    double cost = match.errors *
                  (cost::error + cost::error_share / static_cast<double>(std::max<std::size_t>(letters, 1)));
    if (match.how == NameMatch::How::whole) return cost;
    const double share = static_cast<double>(match.untyped) / static_cast<double>(match.untyped + letters);
    cost += cost::half_typed_share * share + (match.goes_on ? cost::name_goes_on : 0);
    return cost + (match.how == NameMatch::How::words ? cost::name_words_missing : cost::name_half_typed);
}

// A street is called what was typed: that longer names begin so says little.
void mark_what_goes_on(std::vector<NameMatch>& names) {
    if (names.empty() || names.front().how != NameMatch::How::whole || names.front().errors > 0) return;
    for (NameMatch& match : names) match.goes_on = match.how == NameMatch::How::beginning || match.errors > 0;
}

bool begins_with_digit(std::string_view word) {
    return !word.empty() && word.front() >= '0' && word.front() <= '9';
}

bool begins(std::optional<std::string_view> word, std::string_view beginning) {
    return word && word->starts_with(beginning);
}

std::optional<std::string_view> direction_name(std::string_view direction) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 8> names{{{"N", "NORTH"},
                                                                                  {"S", "SOUTH"},
                                                                                  {"E", "EAST"},
                                                                                  {"W", "WEST"},
                                                                                  {"NE", "NORTHEAST"},
                                                                                  {"NW", "NORTHWEST"},
                                                                                  {"SE", "SOUTHEAST"},
                                                                                  {"SW", "SOUTHWEST"}}};
    const auto* found =
        std::ranges::find(names, direction, &std::pair<std::string_view, std::string_view>::first);
    if (found == names.end()) return std::nullopt;
    return found->second;
}

constexpr int too_many = 3;

// Typing errors between a word and a form it may have: one, in long forms two.
int errors_between(const TypedWord& typed, bool may_grow, std::string_view form) {
    if (form.empty()) return too_many;
    const int most = form.size() >= 5 && typed.word().size() >= 4 ? 2 : 1;
    int errors = typed.distance(form, most);
    if (may_grow && typed.word().size() >= 3) errors = std::min(errors, typed.prefix_distance(form, most));
    return errors <= most ? errors : too_many;
}

int errors_in_type(const std::string& word, bool may_grow, const std::string& type) {
    if (type.empty()) return too_many;
    const TypedWord typed(word);
    return std::min(errors_between(typed, may_grow, type),
                    errors_between(typed, may_grow, records::street_type_name(type).value_or("")));
}

// One letter alone is no misspelt direction: it would be any of them.
int errors_in_direction(const std::string& word, bool may_grow, const std::string& direction) {
    const auto name = direction_name(direction);
    if (!name || word.size() < 3) return too_many;
    return errors_between(TypedWord(word), may_grow, *name);
}

double cost_of_unread(int words) {
    return words == 0 ? 0 : cost::unread_any + cost::unread_word * std::min(words, 5);
}

// What was typed beside a name, held against a street of that name.
struct Beside {
    double cost = 0;
    std::string type;  // as understood: a half-typed last word may stand for either
    std::string direction;
    int errors = 0;
    int unread = 0;
};

Beside beside_name(const Reading& reading, const StreetDictionary::NamedStreet& street) {
    Beside out{cost_of_unread(reading.unread), reading.type, reading.direction, 0, reading.unread};
    auto& [cost, type, direction, errors, unread] = out;
    std::span<const std::string> loose = reading.loose;
    if (type.empty() && loose.size() == 2 &&
        reading.loose_before == 0) {  // "AVE NUE", "STR EETT": one word with a space in it
        const int apart = errors_in_type(loose[0] + loose[1], false, street.type);
        if (apart <= 1) {
            type = street.type;
            errors += apart + 1;
            cost += (apart + 1) * cost::error;
            loose = {};
        }
    }
    for (const std::string& word : loose) {
        const bool may_grow = reading.loose_may_grow && &word == &loose.back();
        const int as_type = type.empty() ? errors_in_type(word, may_grow, street.type) : too_many;
        const int as_direction =
            direction.empty() ? errors_in_direction(word, may_grow, street.direction) : too_many;
        const int fewest = std::min(as_type, as_direction);
        if (fewest == too_many) {
            const bool before = static_cast<std::size_t>(&word - reading.loose.data()) < reading.loose_before;
            cost += before ? cost::unread_before : cost::unread_beside;
            ++unread;
            continue;
        }
        (as_type <= as_direction ? type : direction) =
            as_type <= as_direction ? street.type : street.direction;
        cost += fewest * cost::error;
        errors += fewest;
    }
    if (!reading.tail.empty()) {
        const bool is_type = type.empty() && !street.type.empty() &&
                             (begins(street.type, reading.tail) ||
                              begins(records::street_type_name(street.type), reading.tail));
        const bool is_direction = direction.empty() && !street.direction.empty() &&
                                  (begins(street.direction, reading.tail) ||
                                   begins(direction_name(street.direction), reading.tail));
        if (is_type) type = street.type;
        if (is_direction) direction = street.direction;
        if (!is_type && !is_direction) {
            const auto other_type = records::street_type(reading.tail);
            const auto other_direction = records::direction(reading.tail);
            if (type.empty() && other_type) {
                type = *other_type;
            } else if (direction.empty() && other_direction) {
                direction = *other_direction;
            } else {
                cost += cost_of_unread(unread + 1) - cost_of_unread(unread);
                ++unread;
            }
        }
    }
    if (type != street.type) {
        cost += type.empty()          ? cost::type_not_typed
                : street.type.empty() ? cost::type_not_there
                                      : cost::type_other;
    }
    if (direction != street.direction) {
        cost += direction.empty()          ? cost::direction_not_typed
                : street.direction.empty() ? cost::direction_not_there
                                           : cost::direction_other;
    }
    return out;
}

double number_cost(NumberFit fit) {
    switch (fit) {
        case NumberFit::not_typed:
            return cost::no_number;
        case NumberFit::exact:
            return 0;
        case NumberFit::in_range:
            return cost::number_in_range;
        case NumberFit::other_side:
            return cost::number_other_side;
        case NumberFit::half_typed:
            return cost::number_half_typed;
        case NumberFit::digit_off:
            return cost::number_digit_off;
        case NumberFit::nearest:
            return cost::number_nearest;
    }
    return 0;
}

struct OtherNumber {
    std::uint32_t number = 0;
    int unlikely = 0;  // 0: two digits swapped or one left out; 1: one exchanged or hit twice; 2: one added
};

// Numbers that one error makes of this one, in their order.
std::vector<OtherNumber> one_digit_off(std::uint32_t number) {
    const std::string digits = std::to_string(number);
    std::vector<OtherNumber> out;
    const auto add = [&](const std::string& text, int unlikely) {
        if (text.empty() || text.size() > 6 || text.front() == '0') return;
        const auto value = static_cast<std::uint32_t>(std::stoul(text));
        if (value != number) out.push_back({value, unlikely});
    };
    for (std::size_t at = 0; at <= digits.size(); ++at) {
        for (char digit = '0'; digit <= '9'; ++digit) {
            std::string text = digits;
            text.insert(at, 1, digit);
            add(text, 0);
            if (at < digits.size()) add(digits.substr(0, at) + digit + digits.substr(at + 1), 1);
        }
        const bool twice = at > 0 && at < digits.size() && digits[at] == digits[at - 1];
        if (at < digits.size()) add(digits.substr(0, at) + digits.substr(at + 1), twice ? 1 : 2);
        if (at + 1 < digits.size()) {
            std::string text = digits;
            std::swap(text[at], text[at + 1]);
            add(text, 0);
        }
    }
    std::ranges::sort(out, {},
                      [](const OtherNumber& other) { return std::pair(other.number, other.unlikely); });
    const auto repeated = std::ranges::unique(out, {}, &OtherNumber::number);
    out.erase(repeated.begin(), repeated.end());
    return out;
}

bool one_error_apart(std::string_view typed, std::string_view part) {
    return typed.size() < 30 && TypedWord(typed).distance(part, 1) == 1;
}

}  // namespace

void AddressSearch::find(std::size_t limit, std::vector<Candidate>& out) {
    match();
    find_addresses(streets_asked, limit, out);
}

void AddressSearch::find_misspelt(const std::vector<Repair>& repairs, const std::vector<std::string>& places,
                                  int errors, std::size_t limit, std::vector<Candidate>& out) {
    match_misspelt(repairs, places, errors);
    find_addresses(errors == 1 ? streets_asked : streets_asked_far, limit, out);
}

void AddressSearch::match() {
    for (const Reading& reading : readings_) add_streets(reading, names_of(reading));
}

void AddressSearch::match_misspelt(const std::vector<Repair>& repairs, const std::vector<std::string>& places,
                                   int errors) {
    for (std::size_t at = 0; at < repairs.size(); ++at) {
        const int left = errors - repairs[at].errors;
        if (left < 0) continue;
        if (at == loose_.size()) loose_.push_back(loose_readings(repairs[at].typed, places));
        for (const Reading& reading : loose_[at])
            add_streets(reading, names_near(reading, left), repairs[at].errors);
    }
}

const std::vector<NameMatch>& AddressSearch::names_of(const Reading& reading) {
    const std::string raw = joined(reading.name);
    const auto [known, added] = names_.try_emplace({raw, reading.name_may_grow});
    std::vector<NameMatch>& names = known->second;
    if (!added) return names;
    const std::string name = records::street_name(raw);
    dictionary_.find_whole(name, names);
    // "COL LINGWOOD" is no colonel.
    if (raw != name && names.empty()) dictionary_.find_whole(raw, names);
    if (reading.name_may_grow) {
        dictionary_.find_beginning(name, names_by_beginning, names);
        if (raw != name) dictionary_.find_beginning(raw, names_by_beginning, names);
        mark_what_goes_on(names);
    }
    if (names.empty() && name.size() >= 3) {
        dictionary_.find_words(records::split_words(name), reading.name_may_grow, false, names_by_words,
                               words_like_, names);
    }
    return names;
}

// Names with at most so many errors, and those with none, as what stands beside them may be misspelt.
const std::vector<NameMatch>& AddressSearch::names_near(const Reading& reading, int errors) {
    const std::string raw = joined(reading.name);
    const auto [known, added] = near_.try_emplace({raw, reading.name_may_grow, errors});
    std::vector<NameMatch>& names = known->second;
    if (!added) return names;
    const std::string name = records::street_name(raw);
    dictionary_.find_whole(name, names);
    if (raw != name && names.empty()) dictionary_.find_whole(raw, names);
    if (reading.name_may_grow) dictionary_.find_beginning(name, names_by_beginning, names);
    const bool known_whole = !names.empty() && names.front().how == NameMatch::How::whole;
    const std::size_t limit = errors == 1 ? names_misspelt : names_misspelt_far;
    const std::size_t before = names.size();
    const auto find_near = [&](const std::string& text) {
        const std::size_t letters = without_spaces(text).size();
        dictionary_.find_near(text, reading.name_may_grow && letters >= least_beginning,
                              std::min(errors, errors_allowed(letters)), limit, names);
    };
    find_near(name);
    if (raw != name) find_near(raw);
    drop_swallowed_directions(reading.name, before, names);
    mark_what_goes_on(names);
    if (errors > 0 && !known_whole) {
        dictionary_.find_words(records::split_words(name), reading.name_may_grow, true, names_by_words,
                               words_like_, names);
    }
    return names;
}

// "W 7TH" is 7TH with a W, which another reading says, and no "W7TH" with a letter too many.
void AddressSearch::drop_swallowed_directions(const std::vector<std::string>& words, std::size_t before,
                                              std::vector<NameMatch>& names) const {
    if (words.size() < 2) return;
    const auto drop = [&](std::span<const std::string> rest, const std::string& beside) {
        if (beside.size() > 2 || !records::direction(beside)) return;
        std::vector<NameMatch> without;
        dictionary_.find_whole(records::street_name(joined({rest.begin(), rest.end()})), without);
        if (without.empty()) return;
        const auto from = names.begin() + static_cast<std::ptrdiff_t>(before);
        names.erase(std::remove_if(from, names.end(),
                                   [&](const NameMatch& match) { return match.name == without[0].name; }),
                    names.end());
    };
    drop(std::span(words).subspan(1), words.front());
    drop(std::span(words).first(words.size() - 1), words.back());
}

void AddressSearch::add_streets(const Reading& reading, const std::vector<NameMatch>& names, int repaired) {
    const std::size_t letters = without_spaces(joined(reading.name)).size();
    for (const NameMatch& match : names) {
        const double named = 1 - name_cost(match, letters);
        for (const auto& street : dictionary_.streets(match.name)) {
            Beside beside = beside_name(reading, street);
            if (match.how == NameMatch::How::words && beside.unread > 0) beside.cost += cost::word_exchanged;
            const double score = named - beside.cost - repaired * cost::error;
            if (score < least_score || streets_.size() == streets_kept) continue;
            const auto [known, added] = known_.try_emplace(
                {street.street, reading.number, reading.high, reading.part}, streets_.size());
            if (!added && streets_[known->second].score >= score) continue;
            StreetCandidate candidate{score, street.street, &reading, {}, false};
            candidate.reason.name = match;
            candidate.reason.street = {dictionary_.name(match.name), street.type, street.direction};
            candidate.reason.typed_type = std::move(beside.type);
            candidate.reason.typed_direction = std::move(beside.direction);
            candidate.reason.errors_beside = beside.errors + repaired;
            candidate.reason.unread = beside.unread;
            if (added) {
                streets_.push_back(std::move(candidate));
            } else {
                streets_[known->second] = std::move(candidate);
            }
        }
    }
}

void AddressSearch::find_addresses(std::size_t streets, std::size_t limit, std::vector<Candidate>& out) {
    std::vector<StreetCandidate*> order;
    for (StreetCandidate& street : streets_) {
        if (!street.asked) order.push_back(&street);
    }
    const auto better = [](const StreetCandidate* a, const StreetCandidate* b) {
        if (a->score != b->score) return a->score > b->score;
        if (a->reason.street != b->reason.street) return a->reason.street < b->reason.street;
        return a->reading->number > b->reading->number;
    };
    // Of a letter or two so many streets begin that any of them is as good as the others.
    const bool hardly_typed = std::ranges::all_of(order, [](const StreetCandidate* street) {
        return street->reading->name_may_grow && without_spaces(joined(street->reading->name)).size() < 3;
    });
    const std::size_t ask = std::min(order.size(), hardly_typed ? streets_of_few_letters : streets);
    std::ranges::partial_sort(order, order.begin() + static_cast<std::ptrdiff_t>(ask), better);
    order.resize(ask);
    const std::size_t before = out.size();
    // A street that is as good as the one whose doors filled the list is asked all the same: the number may
    // be on both, and then neither is sure.
    std::optional<double> filled_by;
    for (StreetCandidate* street : order) {
        if (filled_by && (street->score < *filled_by - as_good_a_street || street->reading->number == 0))
            return;
        street->asked = true;
        find_at(*street, limit, out);
        if (!filled_by && out.size() - before >= 4 * limit) filled_by = street->score;
    }
}

void AddressSearch::find_other_numbers(std::vector<Candidate>& out) {
    std::vector<const StreetCandidate*> best;
    for (const StreetCandidate& street : streets_) {
        if (street.score >= sure_of_street && street.asked && street.reading->number != 0)
            best.push_back(&street);
    }
    std::ranges::sort(best, {}, [](const StreetCandidate* street) {
        return std::tuple(-street->score, street->reason.street, street->reading->number);
    });
    std::set<std::int64_t> tried;
    for (const StreetCandidate* street : best) {
        if (street->score < best.front()->score - as_sure || tried.size() == streets_of_other_numbers) return;
        if (!tried.insert(street->street).second) continue;
        if (entries_.addresses(street->street, street->reading->number, street->reading->number, 1).empty())
            find_other_numbers_on(*street, out);
    }
}

void AddressSearch::find_other_numbers_on(const StreetCandidate& street, std::vector<Candidate>& out) {
    const Reading& reading = *street.reading;
    const std::vector<OtherNumber> wanted = one_digit_off(reading.number);
    // From one existing number to the next: most streets have few of those wanted.
    for (auto next = wanted.begin(); next != wanted.end();) {
        const auto found = entries_.addresses(street.street, next->number, number_limit, 1);
        if (found.empty()) break;
        const std::uint32_t number = found.front().number;
        next = std::ranges::lower_bound(next, wanted.end(), number, {}, &OtherNumber::number);
        if (next == wanted.end() || next->number != number) continue;
        const auto doors =
            reading.part.empty() ? found : entries_.door(street.street, number, reading.part, 1);
        for (const auto& entry : doors.empty() ? found : doors) {
            add_address(street, entry, NumberFit::digit_off, out, next->unlikely * cost::unlikely_digit);
        }
        ++next;
    }
    std::vector<std::uint32_t> numbers;
    for (const OtherNumber& other : wanted) numbers.push_back(other.number);
    for (const auto& range : entries_.ranges_with_end(street.street, numbers, ranges_of_other_numbers)) {
        const auto end = std::ranges::find_if(wanted, [&](const OtherNumber& other) {
            return other.number == range.number || other.number == range.high;
        });
        if (end != wanted.end())
            add_address(street, range, NumberFit::digit_off, out, end->unlikely * cost::unlikely_digit);
    }
    for (const auto& entry : entries_.neighbours(street.street, reading.number)) {
        add_address(street, entry, NumberFit::nearest, out);
    }
}

void AddressSearch::find_at(const StreetCandidate& street, std::size_t limit, std::vector<Candidate>& out) {
    const Reading& reading = *street.reading;
    if (reading.number == 0) {
        for (const auto& entry : entries_.addresses(street.street, 1, UINT32_MAX, limit)) {
            add_address(street, entry, NumberFit::not_typed, out);
        }
        for (const auto& entry : entries_.ranges(street.street, 1, UINT32_MAX, limit)) {
            add_address(street, entry, NumberFit::not_typed, out);
        }
        for (const auto& entry : entries_.addresses(street.street, 0, 0, limit)) {
            if (entry.part != street_course) add_address(street, entry, NumberFit::not_typed, out);
        }
        return;
    }
    if (!reading.part.empty()) {
        for (const auto& entry :
             entries_.door(street.street, reading.number, reading.part, entries_of_number)) {
            add_address(street, entry, NumberFit::exact, out);
        }
    }
    // A range was typed: the house at its beginning is a part of it.
    const NumberFit whole = reading.high != 0 ? NumberFit::in_range : NumberFit::exact;
    const std::size_t entries = reading.part_may_grow ? entries_of_building : entries_of_number;
    for (const auto& entry : entries_.addresses(street.street, reading.number, reading.number, entries)) {
        if (reading.part.empty() || entry.part != reading.part) add_address(street, entry, whole, out);
    }
    for (const auto& entry :
         entries_.ranges(street.street, reading.number, reading.number, entries_of_number)) {
        const bool same = entry.number == reading.number && entry.high == reading.high;
        const bool held = holds(entry.number, entry.high, reading.number);
        add_address(street, entry,
                    same   ? NumberFit::exact
                    : held ? NumberFit::in_range
                           : NumberFit::other_side,
                    out);
    }
    if (reading.high != 0) {  // the source may have listed the houses of the block one by one
        for (const auto& entry : entries_.addresses(street.street, reading.number + 1, reading.high, limit)) {
            if (holds(reading.number, reading.high, entry.number))
                add_address(street, entry, NumberFit::in_range, out);
        }
    }
    if (!reading.number_may_grow) return;
    std::uint64_t low = reading.number;
    std::uint64_t high = reading.number;
    while (low * 10 <= number_limit) {
        low *= 10;
        high = high * 10 + 9;
        for (const auto& entry : entries_.addresses(street.street, static_cast<std::uint32_t>(low),
                                                    static_cast<std::uint32_t>(high), limit)) {
            add_address(street, entry, NumberFit::half_typed, out);
        }
    }
}

void AddressSearch::add_address(const StreetCandidate& street, const snapshot::AddressEntry& entry,
                                NumberFit fit, std::vector<Candidate>& out, double unlikely) {
    const Reading& reading = *street.reading;
    double score = street.score - number_cost(fit) - unlikely;
    if (reading.number == 0 && (reading.unread_number || begins_with_digit(reading.tail)))
        score -= cost::number_unread;
    if (entry.part != reading.part) {
        if (reading.part.empty()) {
            score -= cost::part_not_typed;
        } else if (entry.part.empty()) {
            score -= cost::part_not_there;
        } else if (reading.part_may_grow && entry.part.starts_with(reading.part)) {
            score -= cost::part_half_typed;
        } else if (one_error_apart(reading.part, entry.part)) {
            score -= cost::part_other;
        } else {
            return;  // another unit is another door
        }
    }
    if (score < least_score) return;
    Candidate candidate;
    candidate.score = score;
    candidate.match = Match::address;
    candidate.row = entry.row;
    candidate.reason = street.reason;
    candidate.reason.typed_part = reading.part;
    candidate.reason.number_fit = fit;
    candidate.reason.typed_number = reading.number;
    candidate.reason.number = entry.number;
    candidate.reason.high = entry.high;
    candidate.reason.part = entry.part;
    out.push_back(std::move(candidate));
}

}  // namespace fieldpost::lookup
