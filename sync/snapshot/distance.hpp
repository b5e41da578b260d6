// Distances on the ground, good to 0.5 % anywhere (spherical earth) and to a centimetre in what they compare.
#pragma once

#include "sync/records/common.pb.h"

namespace fieldpost::snapshot {

// WGS 84, degrees.
struct Point {
    double lat = 0;
    double lon = 0;
    bool operator==(const Point&) const = default;
};

Point to_point(const records::Position& position);
records::Position to_position(const Point& point);

// Great-circle distance in metres (haversine, mean earth radius 6,371,008.8 m).
double distance_m(const Point& from, const Point& to);
// Initial bearing in degrees clockwise from true north, 0 up to 360.
double bearing_deg(const Point& from, const Point& to);

// The point of the line from `a` to `b` that is nearest to `from`; for lines of city length.
Point nearest_on_line(const Point& from, const Point& a, const Point& b);

// Latitudes and longitudes in degrees, west <= east. Boxes over the antimeridian are not needed by any city
// we know.
struct Bounds {
    double west = 0;
    double south = 0;
    double east = 0;
    double north = 0;
};

}  // namespace fieldpost::snapshot
