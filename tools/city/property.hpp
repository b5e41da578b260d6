// One property with everything the sources say about it. Made on the fly for each lot, in order, and
// forgotten.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tools/city/calendar.hpp"
#include "tools/city/lots.hpp"
#include "tools/city/plan.hpp"
#include "tools/city/random.hpp"

namespace fieldpost::city {

inline constexpr std::string_view kCityName = "Harlow Falls";
inline constexpr std::string_view kState = "IL";

// The parts of an address, as the assessor keeps them.
struct Address {
    int number = 0;
    int number_to = 0;          // 0: not a range
    std::string number_suffix;  // "1/2", "A"
    char pre_direction = 0;     // N S E W, 0 none
    const Street* street = nullptr;
    char post_direction = 0;
    std::string unit_type;  // Unit, Apt, Ste
    std::string unit;
    std::string postal_code;
};

struct Owner {
    std::uint64_t party = 0;  // the ordinal that names the party: see party_id()
    bool landlord = false;
    bool organisation = false;
    bool occupant = false;    // lives or trades here
    std::string name;         // as the assessor writes it: "Nguyen Linh T"
    std::string first, last;  // of a person
};

struct Property {
    std::uint64_t ordinal = 0;  // in the city, from 0; stable for ever
    int born = 0;               // the day it was added, 0 from the start
    int gone_on = 0;            // the day it was removed, 0 never
    const Segment* segment = nullptr;
    std::uint32_t district = 0;

    std::string parcel_id;
    Address address;
    std::string full_address;
    Position position;
    bool alone = false;  // no other property at this position

    Use use = Use::single_family;
    bool unit_of_building = false;
    bool building_with_units = false;
    std::string_view property_class;
    std::string_view use_code;
    std::string_view use_desc;
    std::string building_name;
    int year_built = 0;  // 0: nothing is built
    int stories = 0;
    int units = 0;
    int area_sqft = 0;
    int lot_sqft = 0;
    std::string_view construction;
    bool basement = false;
    std::int64_t land_cents = 0;
    std::int64_t building_cents = 0;
    Day sold_on = kUnknownDay;
    std::int64_t sold_cents = 0;
    Owner owner;
    std::string business;  // who trades here, may be empty

    bool built() const { return year_built != 0; }
    bool residential() const { return property_class == "Residential"; }
};

// Landlords own several properties each; landlord k is registered at one of them.
class Landlords {
  public:
    Landlords(std::uint64_t seed, std::uint64_t properties)
        : seed_(seed), count_(properties < 450 ? 3 : properties / 150), properties_(properties) {}
    std::uint64_t count() const { return count_; }
    std::uint64_t home(std::uint64_t landlord) const {
        const std::uint64_t stride = properties_ / count_;
        return landlord * stride + hash(seed_, 0x1A4D, landlord) % stride;
    }
    // The landlord who is registered at this property; count() if none is.
    std::uint64_t registered_at(std::uint64_t ordinal) const {
        const std::uint64_t landlord = ordinal / (properties_ / count_);
        return landlord < count_ && home(landlord) == ordinal ? landlord : count_;
    }
    std::string name(std::uint64_t landlord) const;

  private:
    std::uint64_t seed_;
    std::uint64_t count_;
    std::uint64_t properties_;
};

std::string district_id(std::uint32_t district);  // "D01"
std::string postal_code(const Plan& plan, std::uint32_t district);

// "1025-57 N Main St Unit 4"
std::string full_text(const Address& address);
std::string number_text(const Address& address);  // "1025-57", "12 1/2", "12A"

// The properties of one lot are numbered from 0: the lot itself, then the second dwelling, then the units.
Property property_of(const Plan& plan, const Landlords& landlords, const Segment& segment, const Lot& lot,
                     std::uint32_t number_in_lot, std::uint64_t ordinal, bool new_construction);

}  // namespace fieldpost::city
