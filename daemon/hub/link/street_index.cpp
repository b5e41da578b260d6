#include "daemon/hub/link/street_index.hpp"

#include <algorithm>
#include <optional>

#include "sync/records/address_words.hpp"

namespace fieldpost::hub {
namespace {

using records::Address;

// A range wider than this in the text of a record is a stretch of street ("1-99 Prince St" of a geocoder),
// not a house.
constexpr std::uint32_t widest_house = 20;

std::string compact_name(const Address& address) {
    std::string name = records::loose_street_key(address);
    std::erase(name, ' ');
    return name;
}

std::string direction_of(const Address& address) {
    const std::string& before = address.pre_direction();
    const std::string& after = address.post_direction();
    if (before.empty() || before == after) return after;
    return after.empty() ? before : before + " " + after;
}

bool agree(const std::string& a, const std::string& b) {
    return a == b || a.empty() || b.empty();
}

bool has_digit(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Whether one insertion, deletion, substitution or swap of neighbours turns one into the other; they are not
// equal.
bool one_edit_apart(std::string_view a, std::string_view b) {
    if (a.size() > b.size()) std::swap(a, b);
    if (b.size() - a.size() > 1) return false;
    std::size_t at = 0;
    while (at < a.size() && a[at] == b[at]) ++at;
    if (a.size() < b.size()) return a.substr(at) == b.substr(at + 1);
    if (a.substr(at + 1) == b.substr(at + 1)) return true;
    return at + 1 < a.size() && a[at] == b[at + 1] && a[at + 1] == b[at] &&
           a.substr(at + 2) == b.substr(at + 2);
}

// "REAR", a letter or a fraction may be a building of its own; a unit is inside one.
bool is_unit(const Address& address) {
    return records::building_part(address).empty() && !records::sub_address(address).empty();
}

std::uint32_t high_of(const Address& address) {
    return std::max(address.number(), address.number_high());
}

// Whether the range has the number: on one side of the street only when both ends are on that side.
bool contains(std::uint32_t low, std::uint32_t high, std::uint32_t number) {
    return number >= low && number <= high && ((high - low) % 2 != 0 || (number - low) % 2 == 0);
}

bool touch(std::uint32_t low, std::uint32_t high, std::uint32_t other_low, std::uint32_t other_high) {
    if (low > other_high || other_low > high) return false;
    bool mixed = (high - low) % 2 != 0 || (other_high - other_low) % 2 != 0;
    return mixed || (low + other_low) % 2 == 0;
}

}  // namespace

void StreetIndex::add(const Address& address, std::uint32_t property) {
    std::string compact = compact_name(address);
    if (address.number() == 0 || compact.empty()) return;
    std::string direction = direction_of(address);
    std::string key = compact + "|" + direction + "|" + address.post_type();
    auto [found, is_new] =
        street_by_key_.emplace(std::move(key), static_cast<std::uint32_t>(streets_.size()));
    if (is_new) {
        auto [name, new_name] = name_by_compact_.emplace(compact, static_cast<std::uint32_t>(names_.size()));
        if (new_name) {
            Name made{compact, {}, {}};
            std::string loose = records::loose_street_key(address);
            for (std::string_view word : records::split_words(loose)) made.words.emplace_back(word);
            names_.push_back(std::move(made));
        }
        names_[name->second].streets.push_back(static_cast<std::uint32_t>(streets_.size()));
        streets_.push_back({name->second, std::move(direction), address.post_type(), {}, 0, true});
    }
    std::uint32_t part = 0;
    if (std::string text = records::sub_address(address); !text.empty()) {
        part = parts_.emplace(std::move(text), static_cast<std::uint32_t>(parts_.size()) + 1).first->second;
        if (part_is_unit_.size() <= part) part_is_unit_.resize(part + 1);
        part_is_unit_[part] = is_unit(address);
    }
    Street& street = streets_[found->second];
    street.entries.push_back({address.number(), high_of(address), part, property});
    street.widest = std::max(street.widest, high_of(address) - address.number());
    street.sorted = false;
    ++entry_count_;
}

std::vector<std::uint32_t> StreetIndex::fitting(const std::vector<std::uint32_t>& names,
                                                const Address& address, StreetFit least) const {
    std::vector<std::uint32_t> out;
    std::string direction = direction_of(address);
    for (std::uint32_t name : names) {
        for (std::uint32_t id : names_[name].streets) {
            const Street& street = streets_[id];
            bool exact = street.direction == direction && street.type == address.post_type();
            bool partial = agree(street.direction, direction) && agree(street.type, address.post_type());
            bool wanted = least == StreetFit::exact     ? exact
                          : least == StreetFit::partial ? partial && !exact
                                                        : agree(street.direction, direction);
            if (wanted) out.push_back(id);
        }
    }
    return out;
}

std::vector<StreetChoice> StreetIndex::choose(const Address& address) {
    std::vector<StreetChoice> choices;
    std::string compact = compact_name(address);
    if (compact.empty()) return choices;
    // "Acorn Park" may leave out the type of "Acorn Park Dr".
    auto add_without_type = [&] {
        auto name = records::street_type_name(address.post_type());
        if (!name) return;
        Address whole = address;
        whole.set_name(address.name() + " " + std::string(*name));
        whole.clear_post_type();
        auto other = name_by_compact_.find(compact_name(whole));
        if (other == name_by_compact_.end()) return;
        auto streets = fitting({other->second}, whole, StreetFit::exact);
        if (streets.empty()) streets = fitting({other->second}, whole, StreetFit::partial);
        if (!streets.empty()) choices.push_back({StreetFit::partial, streets});
    };
    if (auto found = name_by_compact_.find(compact); found != name_by_compact_.end()) {
        std::vector<std::uint32_t> names{found->second};
        for (StreetFit fit : {StreetFit::exact, StreetFit::partial}) {
            if (auto streets = fitting(names, address, fit); !streets.empty())
                choices.push_back({fit, streets});
        }
        if (choices.empty()) add_without_type();
        // Another type only where nobody could mean another street: the name has one street with numbers.
        if (choices.empty() && names_[found->second].streets.size() == 1) {
            auto streets = fitting(names, address, StreetFit::other_type);
            if (!streets.empty()) choices.push_back({StreetFit::other_type, streets});
        }
        return choices;
    }
    add_without_type();
    if (!choices.empty()) return choices;
    auto add_unambiguous = [&](const std::vector<std::uint32_t>& names, StreetFit fit) {
        std::vector<std::uint32_t> exact = fitting(names, address, StreetFit::exact);
        std::vector<std::uint32_t> streets =
            exact.empty() ? fitting(names, address, StreetFit::partial) : exact;
        bool one_name = std::all_of(streets.begin(), streets.end(), [&](std::uint32_t id) {
            return streets_[id].name == streets_[streets.front()].name;
        });
        if (!streets.empty() && one_name) choices.push_back({fit, streets});
    };
    std::vector<std::string> words;
    std::string loose = records::loose_street_key(address);
    for (std::string_view word : records::split_words(loose)) words.emplace_back(word);
    add_unambiguous(shortened_from(words), StreetFit::shortened);
    if (choices.empty()) add_unambiguous(misspelt_as(compact), StreetFit::misspelt);
    return choices;
}

// Names of more words that contain these words in order, beginning or ending with them ("BISHOP ALLEN" of
// "BISHOP RICHARD ALLEN"), and the other way round. One short word says too little.
std::vector<std::uint32_t> StreetIndex::shortened_from(const std::vector<std::string>& words) const {
    auto contains_in_order = [](const std::vector<std::string>& whole, const std::vector<std::string>& some) {
        std::size_t at = 0;
        for (const std::string& word : whole) {
            if (at < some.size() && word == some[at]) ++at;
        }
        return at == some.size();
    };
    std::vector<std::uint32_t> out;
    if (words.empty() || (words.size() == 1 && words[0].size() < 5)) return out;
    for (std::uint32_t id = 0; id < names_.size(); ++id) {
        const std::vector<std::string>& whole = names_[id].words;
        bool first = words.front() == whole.front();
        bool last = words.back() == whole.back();
        if (words.size() < whole.size()) {
            bool edge = words.size() == 1 ? last : first || last;
            if (edge && contains_in_order(whole, words)) out.push_back(id);
        } else if (words.size() > whole.size() && whole.size() > 1) {
            if (first && last && contains_in_order(words, whole)) out.push_back(id);
        }
    }
    return out;
}

std::vector<std::uint32_t> StreetIndex::misspelt_as(const std::string& compact) const {
    std::vector<std::uint32_t> out;
    if (compact.size() < 5 || has_digit(compact)) return out;
    for (std::uint32_t id = 0; id < names_.size(); ++id) {
        const std::string& name = names_[id].compact;
        if (has_digit(name) || name[0] != compact[0]) continue;
        if (one_edit_apart(name, compact)) out.push_back(id);
    }
    return out;
}

std::uint32_t StreetIndex::part_id(const std::string& part) const {
    if (part.empty()) return 0;
    auto found = parts_.find(part);
    return found == parts_.end() ? none : found->second;
}

std::vector<StreetIndex::Entry> StreetIndex::touching(Street& street, std::uint32_t low, std::uint32_t high) {
    if (!street.sorted) {
        std::stable_sort(street.entries.begin(), street.entries.end(),
                         [](const Entry& a, const Entry& b) { return a.low < b.low; });
        street.sorted = true;
    }
    std::vector<Entry> out;
    std::uint32_t from = low > street.widest ? low - street.widest : 0;
    auto at = std::lower_bound(street.entries.begin(), street.entries.end(), from,
                               [](const Entry& entry, std::uint32_t number) { return entry.low < number; });
    for (; at != street.entries.end() && at->low <= high; ++at) {
        if (touch(low, high, at->low, at->high)) out.push_back(*at);
    }
    return out;
}

NumberMatch StreetIndex::match(const std::vector<std::uint32_t>& streets, const Address& address) {
    NumberMatch best;
    std::uint32_t low = address.number();
    std::uint32_t high = high_of(address);
    if (low == 0) return best;
    std::vector<Entry> entries;
    for (std::uint32_t id : streets) {
        auto some = touching(streets_[id], low, high);
        entries.insert(entries.end(), some.begin(), some.end());
    }
    if (entries.empty()) return best;

    bool one_property = std::all_of(entries.begin(), entries.end(), [&](const Entry& entry) {
        return entry.property == entries.front().property;
    });
    std::uint32_t part = part_id(records::sub_address(address));
    std::uint32_t building = part_id(records::building_part(address));
    bool unit = is_unit(address);
    int best_rank = -1;
    for (const Entry& entry : entries) {
        std::optional<NumberFit> number;  // none: two ranges that only overlap
        if (entry.low == low && entry.high == high) {
            number = NumberFit::exact;
        } else if (entry.low == low && low == high) {
            number = NumberFit::range_start;
        } else if (contains(entry.low, entry.high, low) && contains(entry.low, entry.high, high)) {
            number = NumberFit::in_range;
        } else if (low <= entry.low && entry.high <= high) {
            number = NumberFit::covers;
        }
        // A range of several houses: only when nothing else is there.
        bool loose = !number || number == NumberFit::covers;
        if (loose && (!number || !one_property || high - low > widest_house)) {
            // Still in the way of a clear answer, unless something fits exactly.
            if (best_rank < 0) best_rank = 0;
            if (best_rank == 0) best.properties.push_back(entry.property);
            best.clear = best_rank > 0;
            continue;
        }
        PartFit fit = PartFit::exact;
        if (entry.part == part) {
            fit = PartFit::exact;
        } else if (building != 0 && entry.part == building) {
            fit = PartFit::unit_parent;
        } else if (entry.part == 0) {
            fit = unit ? PartFit::unit_parent : PartFit::part_parent;
        } else if (part == 0 && one_property && part_is_unit_[entry.part]) {
            fit = PartFit::only_unit;
        } else {
            continue;
        }
        int rank = 1 + (3 - static_cast<int>(*number)) * 4 + (3 - static_cast<int>(fit));
        if (rank < best_rank) continue;
        if (rank > best_rank) best.properties.clear();
        best_rank = rank;
        best.clear = true;
        best.number = *number;
        best.part = fit;
        best.properties.push_back(entry.property);
    }
    // A range inside one property's range, with another property between: as likely the one as the other.
    if (best.number == NumberFit::in_range && low != high && !one_property) best.clear = false;
    std::sort(best.properties.begin(), best.properties.end());
    best.properties.erase(std::unique(best.properties.begin(), best.properties.end()), best.properties.end());
    return best;
}

std::vector<std::uint32_t> StreetIndex::neighbours(const std::vector<std::uint32_t>& streets,
                                                   const Address& address, std::uint32_t reach) {
    std::vector<std::uint32_t> out;
    std::uint32_t low = address.number() > reach ? address.number() - reach : address.number() % 2;
    for (std::uint32_t id : streets) {
        for (const Entry& entry : touching(streets_[id], low - (low % 2 != address.number() % 2 ? 1 : 0),
                                           high_of(address) + reach)) {
            out.push_back(entry.property);
        }
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

std::size_t StreetIndex::memory_bytes() const {
    std::size_t bytes = entry_count_ * sizeof(Entry) * 3 / 2 + streets_.size() * (sizeof(Street) + 80) +
                        names_.size() * (sizeof(Name) + 120) + parts_.size() * 72;
    return bytes;
}

}  // namespace fieldpost::hub
