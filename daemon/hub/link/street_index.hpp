// The streets of a city and the house numbers on them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sync/records/address.hpp"

namespace fieldpost::hub {

// How well a street of the city fits the street that an address names.
enum class StreetFit {
    exact,       // name, type and direction are the same
    partial,     // type or direction is missing on one side, and nothing contradicts
    other_type,  // the only street of that name has another type
    shortened,   // one has some of the words of the other, and no other street does
    misspelt,    // one letter differs, and no other street is as near
};

struct StreetChoice {
    StreetFit fit;
    std::vector<std::uint32_t> streets;
};

// How well the house number and the part of the house fit, best first.
enum class NumberFit {
    exact,        // the same number or range
    range_start,  // the number begins the property's range
    in_range,     // the property's range contains it, on the same side of the street
    covers,       // the address is a short range that contains the property's number, and no other property's
};
enum class PartFit {
    exact,        // the same unit, letter or fraction, or none on both sides
    unit_parent,  // the address has a unit, the property is the whole house or the rear or lettered part it
                  // is in
    part_parent,  // the address has a letter, a fraction or "rear" that is not a property of its own
    only_unit,    // the address is the whole house, and the one property there is described as a unit of it
};

struct NumberMatch {
    std::vector<std::uint32_t> properties;  // distinct; more than one: they fit equally well
    NumberFit number = NumberFit::exact;
    PartFit part = PartFit::exact;
    // False: the address stands for more than one house, or for part of several; even one property is no
    // answer then.
    bool clear = true;
};

class StreetIndex {
  public:
    static constexpr std::uint32_t none = 0xFFFFFFFF;

    // An address without number or street is not indexed.
    void add(const records::Address& address, std::uint32_t property);

    // The streets that the address may mean, the best first. Empty: the city has no such street.
    std::vector<StreetChoice> choose(const records::Address& address);

    // The properties at the address's number on any of the streets. No properties: the number does not exist
    // there.
    NumberMatch match(const std::vector<std::uint32_t>& streets, const records::Address& address);

    // The properties on the same side of the streets whose numbers are at most `reach` away from the
    // address's.
    std::vector<std::uint32_t> neighbours(const std::vector<std::uint32_t>& streets,
                                          const records::Address& address, std::uint32_t reach);

    std::size_t memory_bytes() const;

  private:
    struct Entry {
        std::uint32_t low;
        std::uint32_t high;  // equals low for a single number
        std::uint32_t part;  // 0: the whole
        std::uint32_t property;
    };
    struct Street {
        std::uint32_t name;
        std::string direction;
        std::string type;
        std::vector<Entry> entries;
        std::uint32_t widest = 0;  // of any range on it
        bool sorted = true;
    };
    struct Name {
        std::string compact;  // without spaces
        std::vector<std::string> words;
        std::vector<std::uint32_t> streets;
    };

    std::vector<Entry> touching(Street& street, std::uint32_t low, std::uint32_t high);
    std::uint32_t part_id(const std::string& part) const;
    std::vector<std::uint32_t> shortened_from(const std::vector<std::string>& words) const;
    std::vector<std::uint32_t> misspelt_as(const std::string& compact) const;
    std::vector<std::uint32_t> fitting(const std::vector<std::uint32_t>& names,
                                       const records::Address& address, StreetFit least) const;

    std::vector<Street> streets_;
    std::vector<Name> names_;
    std::unordered_map<std::string, std::uint32_t> street_by_key_;
    std::unordered_map<std::string, std::uint32_t> name_by_compact_;
    std::unordered_map<std::string, std::uint32_t> parts_;  // of houses; ids from 1
    std::vector<bool> part_is_unit_;                        // a unit, not a building of its own; by id
    std::size_t entry_count_ = 0;
};

}  // namespace fieldpost::hub
