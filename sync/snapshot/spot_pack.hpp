// Inside of the bulk build: fills an empty R*Tree in one pass.
//
// SQLite keeps an R*Tree in three plain tables (rtree.c, "Database Format of R-Tree Tables"):
// NAME_node(nodeno, data), NAME_parent(nodeno, parentnode) and NAME_rowid(rowid, nodeno). Sorted by class and
// along a Hilbert curve, things are cut into cells (spot_cell.hpp), and those into nodes from the leaves up.
// Row by row the same takes several times longer and leaves looser boxes.
#pragma once

#include <cstdint>
#include <vector>

#include "sync/base/sqlite.hpp"
#include "sync/snapshot/spot_cell.hpp"

namespace fieldpost::snapshot {

struct PackedSpot {
    Thing thing;
    std::int32_t spot_class = 0;  // number in spot_class
};

// Tables `spot` and `spot_cell` must be empty. Throws SQLite::Exception.
void pack_spots(Database& database, std::vector<PackedSpot> spots);

}  // namespace fieldpost::snapshot
