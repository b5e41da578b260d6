#include "sync/lookup/address_search.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "sync/lookup/edit_distance.hpp"
#include "sync/records/address_words.hpp"

namespace fieldpost::lookup {

namespace {

// Bounds of one query's work.
constexpr std::size_t names_by_beginning = 60;
constexpr std::size_t names_by_words = 40;
constexpr std::size_t names_misspelt = 40;
constexpr std::size_t streets_kept = 4000;
constexpr std::size_t streets_asked = 48;
constexpr std::size_t entries_of_number = 64;
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
    cost += cost::half_typed_share * share;
    return cost + (match.how == NameMatch::How::words ? cost::name_words_missing : cost::name_half_typed);
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

// How well a street's type and direction agree with what was typed of them. `type` and `direction` come out
// as they were understood: a half-typed last word may stand for either.
double street_cost(const Reading& reading, const StreetDictionary::NamedStreet& street, std::string& type,
                   std::string& direction) {
    type = reading.type;
    direction = reading.direction;
    double cost = cost::unread_word * std::min(reading.unread, 5);
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
                cost += cost::unread_word;
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
    return cost;
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
    }
    return 0;
}

}  // namespace

void AddressSearch::find(std::size_t limit, std::vector<Candidate>& out) {
    for (const Reading& reading : readings_) add_streets(reading, names_of(reading));
    find_addresses(limit, out);
}

void AddressSearch::find_misspelt(std::size_t limit, std::vector<Candidate>& out) {
    for (const Reading& reading : readings_) match_misspelt_names(reading);
    find_addresses(limit, out);
}

const std::vector<NameMatch>& AddressSearch::names_of(const Reading& reading) {
    const std::string raw = joined(reading.name);
    const auto [known, added] = names_.try_emplace({raw, reading.name_may_grow});
    std::vector<NameMatch>& names = known->second;
    if (!added) return names;
    const std::string name = records::street_name(raw);
    dictionary_.find_whole(name, names);
    if (reading.name_may_grow) {
        dictionary_.find_beginning(name, names_by_beginning, names);
        if (raw != name) dictionary_.find_beginning(raw, names_by_beginning, names);
    }
    if (names.empty() && name.size() >= 3) {
        dictionary_.find_words(records::split_words(name), reading.name_may_grow, false, names_by_words,
                               names);
    }
    return names;
}

void AddressSearch::match_misspelt_names(const Reading& reading) {
    const std::string name = records::street_name(joined(reading.name));
    const std::size_t letters = without_spaces(name).size();
    const int most = errors_allowed(letters);
    if (most == 0) return;
    std::vector<NameMatch> names;
    dictionary_.find_near(name, reading.name_may_grow, most, names_misspelt, names);
    if (reading.name.size() > 1) {
        dictionary_.find_words(records::split_words(name), reading.name_may_grow, true, names_by_words,
                               names);
    }
    add_streets(reading, names);
    match_misspelt_type(reading);
}

// "Main Stret": the name's last word is a street type that occurs here, but for one error.
void AddressSearch::match_misspelt_type(const Reading& reading) {
    const std::string& last = reading.name.back();
    if (reading.name.size() < 2 || !reading.type.empty() || last.size() < 4) return;
    const TypedWord word(last);
    const bool is_type = std::ranges::any_of(dictionary_.types(), [&](const std::string& type) {
        const auto written = records::street_type_name(type);
        return written && word.distance(*written, 1) == 1;
    });
    if (!is_type) return;
    std::vector<std::string> words = reading.name;
    words.pop_back();
    std::vector<NameMatch> names;
    dictionary_.find_whole(records::street_name(joined(words)), names);
    add_streets(reading, names, true);
}

void AddressSearch::add_streets(const Reading& reading, const std::vector<NameMatch>& names,
                                bool type_misspelt) {
    const std::size_t letters = without_spaces(joined(reading.name)).size();
    for (const NameMatch& match : names) {
        const double named = 1 - name_cost(match, letters);
        for (const auto& street : dictionary_.streets(match.name)) {
            std::string type;
            std::string direction;
            const double score = named - street_cost(reading, street, type, direction) -
                                 (type_misspelt ? cost::type_misspelt : 0);
            if (score < least_score || streets_.size() == streets_kept) continue;
            const auto [known, added] = known_.try_emplace(
                {street.street, reading.number, reading.high, reading.part}, streets_.size());
            if (!added && streets_[known->second].score >= score) continue;
            StreetCandidate candidate{score, street.street, &reading, {}, false};
            candidate.reason.name = match;
            candidate.reason.street = {dictionary_.name(match.name), street.type, street.direction};
            candidate.reason.typed_type = std::move(type);
            candidate.reason.typed_direction = std::move(direction);
            candidate.reason.type_misspelt = type_misspelt;
            candidate.reason.unread = reading.unread;
            if (added) {
                streets_.push_back(std::move(candidate));
            } else {
                streets_[known->second] = std::move(candidate);
            }
        }
    }
}

void AddressSearch::find_addresses(std::size_t limit, std::vector<Candidate>& out) {
    std::vector<StreetCandidate*> order;
    for (StreetCandidate& street : streets_) {
        if (!street.asked) order.push_back(&street);
    }
    const auto better = [](const StreetCandidate* a, const StreetCandidate* b) {
        if (a->score != b->score) return a->score > b->score;
        if (a->reason.street != b->reason.street) return a->reason.street < b->reason.street;
        return a->reading->number > b->reading->number;
    };
    const std::size_t ask = std::min(order.size(), streets_asked);
    std::ranges::partial_sort(order, order.begin() + static_cast<std::ptrdiff_t>(ask), better);
    order.resize(ask);
    const std::size_t before = out.size();
    for (StreetCandidate* street : order) {
        if (out.size() - before >= 4 * limit) return;
        street->asked = true;
        find_at(*street, limit, out);
    }
}

void AddressSearch::find_at(const StreetCandidate& street, std::size_t limit, std::vector<Candidate>& out) {
    const Reading& reading = *street.reading;
    if (reading.number == 0) {
        for (const auto& entry : entries_.addresses(street.street, 0, UINT32_MAX, limit)) {
            add_address(street, entry, NumberFit::not_typed, out);
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
    for (const auto& entry : entries_.ranges(street.street, reading.number, entries_of_number)) {
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
    while (low * 10 <= 999'999) {
        low *= 10;
        high = high * 10 + 9;
        for (const auto& entry : entries_.addresses(street.street, static_cast<std::uint32_t>(low),
                                                    static_cast<std::uint32_t>(high), limit)) {
            add_address(street, entry, NumberFit::half_typed, out);
        }
    }
}

void AddressSearch::add_address(const StreetCandidate& street, const snapshot::AddressEntry& entry,
                                NumberFit fit, std::vector<Candidate>& out) {
    const Reading& reading = *street.reading;
    double score = street.score - number_cost(fit);
    if (entry.part != reading.part) {
        if (reading.part.empty()) {
            score -= cost::part_not_typed;
        } else if (entry.part.empty()) {
            score -= cost::part_not_there;
        } else if (reading.part_may_grow && entry.part.starts_with(reading.part)) {
            score -= cost::part_half_typed;
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
    candidate.reason.number = entry.number;
    candidate.reason.high = entry.high;
    candidate.reason.part = entry.part;
    out.push_back(std::move(candidate));
}

}  // namespace fieldpost::lookup
