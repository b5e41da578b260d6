// The outlines of parcels from a TopoJSON file, for judging links by where they lie.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "daemon/hub/link/position_grid.hpp"

namespace fieldpost::test {

using Ring = std::vector<hub::PointE7>;

struct ParcelShape {
    std::vector<Ring> rings;  // outer ones
    hub::PointE7 center;      // of the largest ring
};

// By the value of `key` among the properties. Throws when the file is not as expected: a test's error.
std::map<std::string, ParcelShape> read_parcel_shapes(const std::string& path, const std::string& key);

// 0 inside; else metres to the outline.
double distance_to(const ParcelShape& shape, hub::PointE7 point);

}  // namespace fieldpost::test
