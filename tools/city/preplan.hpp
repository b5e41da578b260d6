// The row of a pre-plan: many columns, so it has a file of its own.
#pragma once

#include "tools/city/reference.hpp"

namespace fieldpost::city {

extern const TableSpec kPreplans;

// Whether the fire department has planned for this building.
bool has_preplan(const Property& property, Random& random);

void write_preplan(const Sources& sources, Table& table, const Property& property, std::uint64_t row,
                   const Fate& fate, Random& random);

}  // namespace fieldpost::city
