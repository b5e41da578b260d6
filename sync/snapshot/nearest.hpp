// Inside of the reader: best-first search in the R*Tree.
#pragma once

#include <cstdint>
#include <vector>

#include "sync/base/bytes.hpp"
#include "sync/base/sqlite.hpp"
#include "sync/snapshot/distance.hpp"

namespace fieldpost::snapshot {

// Adds the R*Tree query function `nearest(lat, lon, classes)` to this connection: boxes come out in the order
// of their distance from the point (sqlite3_rtree_query_callback keeps the queue). `classes` is class_set()'s
// blob.
Status add_nearest(Database& database);

// A bit for each class number.
Bytes class_set(const std::vector<std::int64_t>& classes);

}  // namespace fieldpost::snapshot
