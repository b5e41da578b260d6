// The lots along a street segment: what stands there, under which numbers. A lot is one or more properties:
// the lot itself, a second dwelling ("12 1/2", "12A"), or one per unit.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "tools/city/plan.hpp"

namespace fieldpost::city {

enum class Use {
    single_family,
    two_family,
    apartments,
    condominium,
    retail,
    office,
    restaurant,
    mixed_use,
    warehouse,
    manufacturing,
    school,
    church,
    hospital,
    nursing_home,
    vacant_land,
};

enum class Second { none, half, letter };           // "12 1/2", "12A" beside "12"
enum class UnitStyle { numbers, letters, floors };  // 1 2 3; A B C; 101 102 ... 201

struct Lot {
    int number = 0;
    int number_to = 0;  // of a range, else 0
    int index = 0;      // in the segment, from 1
    Use use = Use::single_family;
    Second second = Second::none;
    int units = 0;              // dwellings or suites in the building
    bool units_listed = false;  // each unit is a property of its own
    UnitStyle unit_style = UnitStyle::numbers;
    Point at;  // bent

    std::uint32_t properties() const {
        return 1 + (second != Second::none ? 1u : 0u) +
               (units_listed ? static_cast<std::uint32_t>(units) : 0u);
    }
};

// Pure: the same plan and segment give the same lots.
std::vector<Lot> lots_of(const Plan& plan, const Segment& segment);

}  // namespace fieldpost::city
