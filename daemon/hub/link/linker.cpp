#include "daemon/hub/link/linker.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "sync/records/address_words.hpp"

namespace fieldpost::hub {
namespace {

using records::Address;
using records::AddressReading;
using records::LinkMethod;

constexpr int teaching_confidence = 90;

// How sure a street is, percent, before the house number is looked at.
constexpr std::array<std::pair<StreetFit, int>, 5> street_confidence = {{{StreetFit::exact, 98},
                                                                         {StreetFit::partial, 90},
                                                                         {StreetFit::other_type, 72},
                                                                         {StreetFit::shortened, 75},
                                                                         {StreetFit::misspelt, 68}}};
constexpr std::array<std::pair<NumberFit, int>, 4> number_doubt = {
    {{NumberFit::exact, 0}, {NumberFit::range_start, 2}, {NumberFit::in_range, 3}, {NumberFit::covers, 12}}};
constexpr std::array<std::pair<PartFit, int>, 4> part_doubt = {
    {{PartFit::exact, 0}, {PartFit::unit_parent, 2}, {PartFit::part_parent, 15}, {PartFit::only_unit, 15}}};
constexpr int least_confidence = 45;
// How far the number of a second entrance may be from the number of its house.
constexpr std::uint32_t neighbour_reach = 8;

template <class Fit, std::size_t Size>
int look_up(const std::array<std::pair<Fit, int>, Size>& table, Fit fit) {
    for (const auto& [key, value] : table) {
        if (key == fit) return value;
    }
    return 0;
}

// A parcel number, once with its separators as one sign ("21|5|66|0" and "21-5-66-0" are alike), once
// without.
struct ParcelHash {
    std::uint64_t grouped = 0;
    std::uint64_t plain = 0;
    bool has_separators = false;
};

// FNV-1a, 64 bits: a collision among a million numbers has odds of one in ten million.
class Hash {
  public:
    void add(char c) { value_ = (value_ ^ static_cast<unsigned char>(c)) * 1099511628211ULL; }
    std::uint64_t value() const { return value_ == 0 ? 1 : value_; }

  private:
    std::uint64_t value_ = 14695981039346656037ULL;
};

// All zero when the text has neither letter nor digit other than zeros: no number.
ParcelHash hash_parcel(std::string_view text) {
    ParcelHash out;
    Hash grouped;
    Hash plain;
    bool separator = false;
    bool any = false;
    bool more_than_zeros = false;
    for (char c : text.substr(0, 64)) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
        if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))) {
            separator = any;
            continue;
        }
        if (separator) {
            grouped.add('-');
            out.has_separators = true;
            separator = false;
        }
        grouped.add(c);
        plain.add(c);
        any = true;
        more_than_zeros = more_than_zeros || c != '0';
    }
    if (!more_than_zeros) return {};
    out.grouped = grouped.value();
    out.plain = plain.value();
    return out;
}

// The nearest of some properties, and by how much.
struct Nearest {
    std::uint32_t index = StreetIndex::none;
    double distance = std::numeric_limits<double>::max();
    double second = std::numeric_limits<double>::max();

    void offer(std::uint32_t candidate, double away) {
        if (away < distance) index = candidate;
        second = away < distance ? distance : std::min(second, away);
        distance = std::min(distance, away);
    }
    bool is_clear(double limit) const {
        return index != StreetIndex::none && distance <= limit && second >= distance * 2 &&
               second >= distance + 10;
    }
};

}  // namespace

std::string_view to_string(Unlinked reason) {
    switch (reason) {
        case Unlinked::no:
            return "linked";
        case Unlinked::nothing_given:
            return "nothing given";
        case Unlinked::no_number:
            return "no house number";
        case Unlinked::block:
            return "a block, not a door";
        case Unlinked::nearby:
            return "near an address, not at it";
        case Unlinked::elsewhere:
            return "in another place";
        case Unlinked::unknown_street:
            return "unknown street";
        case Unlinked::unknown_number:
            return "unknown number on a known street";
        case Unlinked::ambiguous:
            return "several properties fit";
        case Unlinked::unknown_parcel:
            return "unknown parcel";
        case Unlinked::nothing_near:
            return "no property clearly nearest";
    }
    return "unknown";
}

Linker::Linker(LinkOptions options) : options_(std::move(options)) {
    context_.places = options_.places;
    for (const std::string& place : options_.places) places_.push_back(records::fold(place));
}

void Linker::add_property(records::RecordId id, std::string_view parcel_id, const Address& address,
                          std::span<const Address> aliases, std::optional<PointE7> position) {
    auto index = static_cast<std::uint32_t>(properties_.size());
    ParcelHash parcel = hash_parcel(parcel_id);
    Property property{id,
                      parcel.grouped,
                      StreetIndex::none,
                      position.value_or(PointE7{}),
                      position.has_value(),
                      !parcel.has_separators};
    if (parcel.plain != 0) {
        auto [last, is_new] = parcels_.emplace(parcel.plain, index);
        if (!is_new) {
            property.next_parcel = last->second;
            last->second = index;
        }
    }
    streets_.add(address, index);
    for (const Address& alias : aliases) streets_.add(alias, index);
    if (position) grid_.add(*position, index);
    properties_.push_back(property);
}

Link Linker::link(const LinkInput& input) {
    AddressReading reading = read(input);
    bool has_address = !reading.address.name().empty() || !reading.address.place().empty();
    std::vector<std::uint32_t> parcels = by_parcel(input.parcel_id);
    if (parcels.size() == 1) {
        Resolution sure{parcels.front(), 100, Unlinked::no};
        if (properties_[parcels.front()].parcel != hash_parcel(input.parcel_id).grouped) sure.confidence = 97;
        // The parcel number decides, but an address that clearly means another property casts doubt on it.
        if (has_address) {
            Resolution other = by_address(reading, input.position, {});
            if (other.found() && other.property != sure.property && other.confidence >= teaching_confidence) {
                sure.confidence = 80;
            }
        }
        return made(sure, LinkMethod::parcel);
    }
    Resolution address{StreetIndex::none, 0, Unlinked::nothing_given};
    if (has_address) {
        address = by_address(reading, input.position, parcels);
        if (address.found() && !parcels.empty())
            return made({address.property, 99, Unlinked::no}, LinkMethod::parcel);
    }
    if (!parcels.empty()) return {0, LinkMethod::none, 0, Unlinked::ambiguous};
    bool learnt_better =
        input.learnt_parcels && (!address.found() || address.confidence < teaching_confidence);
    if (auto learnt = learnt_.find(hash_parcel(input.parcel_id).grouped);
        learnt_better && learnt != learnt_.end() && !learnt->second.contradicted) {
        bool same = address.found() && properties_[address.property].id == learnt->second.property;
        return {learnt->second.property, LinkMethod::parcel, same ? 95 : 85, Unlinked::no};
    }
    if (address.found())
        return made(address, address.by_position ? LinkMethod::position : LinkMethod::address);

    if (has_address) return {0, LinkMethod::none, 0, address.reason};
    if (input.position) {
        Resolution near = by_position(*input.position);
        if (near.found()) return made(near, LinkMethod::position);
        return {0, LinkMethod::none, 0, near.reason};
    }
    bool has_parcel = hash_parcel(input.parcel_id).grouped != 0;
    return {0, LinkMethod::none, 0, has_parcel ? Unlinked::unknown_parcel : Unlinked::nothing_given};
}

AddressReading Linker::read(const LinkInput& input) const {
    if (input.address == nullptr || input.address->name().empty())
        return records::read_address(input.text, context_);
    AddressReading reading = records::read_address(input.address->text(), context_);
    reading.address = *input.address;
    return reading;
}

std::vector<std::uint32_t> Linker::by_parcel(std::string_view parcel_id) const {
    ParcelHash wanted = hash_parcel(parcel_id);
    std::vector<std::uint32_t> same;
    std::vector<std::uint32_t> alike;  // one of the two is written without separators
    if (wanted.plain == 0) return same;
    auto found = parcels_.find(wanted.plain);
    std::uint32_t at = found == parcels_.end() ? StreetIndex::none : found->second;
    for (; at != StreetIndex::none; at = properties_[at].next_parcel) {
        const Property& property = properties_[at];
        if (property.parcel == wanted.grouped) {
            same.push_back(at);
        } else if (property.plain_parcel || !wanted.has_separators) {
            alike.push_back(at);
        }
    }
    return same.empty() ? alike : same;
}

Linker::Resolution Linker::by_address(const AddressReading& reading, std::optional<PointE7> position,
                                      const std::vector<std::uint32_t>& among) {
    const Address& address = reading.address;
    auto unlinked = [](Unlinked reason) { return Resolution{StreetIndex::none, 0, reason}; };
    if (is_elsewhere(reading)) return unlinked(Unlinked::elsewhere);
    if (reading.block) return unlinked(Unlinked::block);
    if (reading.nearby) return unlinked(Unlinked::nearby);
    if (address.number() == 0) return unlinked(Unlinked::no_number);
    std::vector<StreetChoice> choices = streets_.choose(address);
    if (choices.empty()) return unlinked(Unlinked::unknown_street);
    for (const StreetChoice& choice : choices) {
        NumberMatch match = streets_.match(choice.streets, address);
        if (match.properties.empty()) continue;
        return settle(choice.fit, std::move(match), position, among);
    }
    if (position && among.empty() && choices.front().fit <= StreetFit::partial) {
        return by_neighbours(choices.front(), address, *position);
    }
    return unlinked(Unlinked::unknown_number);
}

// A number that no property has may be a second entrance of one beside it: of the few that are next to it on
// the same side of the street, the one that the position clearly points to. Never surer than a guess.
Linker::Resolution Linker::by_neighbours(const StreetChoice& choice, const Address& address,
                                         PointE7 position) {
    Nearest nearest;
    for (std::uint32_t property : streets_.neighbours(choice.streets, address, neighbour_reach)) {
        if (!properties_[property].has_position) continue;
        nearest.offer(property, distance_m(position, properties_[property].position));
    }
    if (!nearest.is_clear(options_.nearest_within_m)) return {StreetIndex::none, 0, Unlinked::unknown_number};
    return {nearest.index, 50, Unlinked::no, true};
}

Linker::Resolution Linker::settle(StreetFit street, NumberMatch match, std::optional<PointE7> position,
                                  const std::vector<std::uint32_t>& among) const {
    if (!among.empty()) {
        std::erase_if(match.properties, [&](std::uint32_t property) {
            return std::find(among.begin(), among.end(), property) == among.end();
        });
    }
    if (match.properties.size() != 1 || !match.clear) {
        // Several at one number, such as the halves of a house, or a stretch of houses: a position may tell
        // them apart.
        Resolution ambiguous{StreetIndex::none, 0, Unlinked::ambiguous};
        if (!position) return ambiguous;
        Nearest nearest;
        for (std::uint32_t property : match.properties) {
            if (!properties_[property].has_position) return ambiguous;
            nearest.offer(property, distance_m(*position, properties_[property].position));
        }
        // Where the address fits each of them, the position need not be close, only closest by far.
        if (!nearest.is_clear(options_.nearest_within_m * (match.clear ? 3 : 1))) return ambiguous;
        return {nearest.index, match.clear ? 80 : 60, Unlinked::no, true};
    }
    std::uint32_t found = match.properties.front();
    int confidence = look_up(street_confidence, street) - look_up(number_doubt, match.number) -
                     look_up(part_doubt, match.part);
    if (position && properties_[found].has_position) {
        double away = distance_m(*position, properties_[found].position);
        bool certain = street == StreetFit::exact && match.number <= NumberFit::in_range;
        if (!certain && away > 250) return {StreetIndex::none, 0, Unlinked::unknown_street};
        if (!certain && away < 100) confidence = std::min(92, confidence + 8);
        if (certain && away > 1000) confidence -= 25;
    }
    if (confidence < least_confidence) return {StreetIndex::none, 0, Unlinked::ambiguous};
    return {found, confidence, Unlinked::no};
}

Linker::Resolution Linker::by_position(PointE7 position) const {
    Nearest nearest;
    // Beyond the limit, too: a property just outside it makes the nearest less clear.
    grid_.within(position, options_.nearest_within_m * 2 + 10,
                 [&](std::uint32_t index, double distance) { nearest.offer(index, distance); });
    if (!nearest.is_clear(options_.nearest_within_m)) return {StreetIndex::none, 0, Unlinked::nothing_near};
    int confidence = nearest.distance <= 5 ? 65 : nearest.distance <= 15 ? 55 : 45;
    return {nearest.index, confidence, Unlinked::no, true};
}

bool Linker::is_elsewhere(const AddressReading& reading) const {
    std::string place = records::fold(reading.address.place());
    if (place.empty() || places_.empty()) return false;
    for (const std::string& ours : places_) {
        if ((" " + place + " ").find(" " + ours + " ") != std::string::npos) return false;
    }
    // Words behind a street are only a place where the text ends like a mailing address, or a column says so.
    bool in_text = records::fold(reading.address.text()).find(place) != std::string::npos;
    return reading.mailing || !in_text;
}

Link Linker::made(const Resolution& resolution, LinkMethod method) const {
    return {properties_[resolution.property].id, method, resolution.confidence, Unlinked::no};
}

void Linker::learn_parcel(std::string_view parcel_id, const Link& link) {
    std::uint64_t key = hash_parcel(parcel_id).grouped;
    if (key == 0 || link.method != LinkMethod::address || link.confidence < teaching_confidence) return;
    auto [learnt, is_new] = learnt_.emplace(key, Learnt{link.property, false});
    if (!is_new && learnt->second.property != link.property) learnt->second.contradicted = true;
}

std::size_t Linker::memory_bytes() const {
    constexpr std::size_t hash_node = 48;
    return properties_.capacity() * sizeof(Property) + (parcels_.size() + learnt_.size()) * hash_node +
           streets_.memory_bytes() + grid_.memory_bytes();
}

}  // namespace fieldpost::hub
