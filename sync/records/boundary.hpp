// The outlines of districts, and what lies inside them. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <vector>

#include "sync/records/records.pb.h"

namespace fieldpost::records {

// The ring through these vertices. A last vertex that says the first again is left out.
Ring ring_of(const std::vector<Position>& vertices);
// Its vertices, the first not repeated. What is no whole vertex, or does not fit into 32 bits, ends them.
std::vector<Position> vertices_of(const Ring& ring);

// Whether the point lies inside an odd number of the boundary's rings: holes and parts apart need no marks.
// On a plane of degrees, which is exact enough for lines of city length. Of districts that share an edge, a
// point on that edge lies in one.
bool contains(const Boundary& boundary, const Position& point);

}  // namespace fieldpost::records
