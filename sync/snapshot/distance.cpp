#include "sync/snapshot/distance.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace fieldpost::snapshot {

namespace {

constexpr double earth_radius_m = 6'371'008.8;  // mean radius, IUGG
constexpr double radian = std::numbers::pi / 180;

}  // namespace

Point to_point(const records::Position& position) {
    return {position.lat_e7() * 1e-7, position.lon_e7() * 1e-7};
}

records::Position to_position(const Point& point) {
    records::Position position;
    position.set_lat_e7(static_cast<std::int32_t>(std::lround(point.lat * 1e7)));
    position.set_lon_e7(static_cast<std::int32_t>(std::lround(point.lon * 1e7)));
    return position;
}

double distance_m(const Point& from, const Point& to) {
    const double north = std::sin((to.lat - from.lat) * radian / 2);
    const double east = std::sin((to.lon - from.lon) * radian / 2);
    const double chord =
        north * north + std::cos(from.lat * radian) * std::cos(to.lat * radian) * east * east;
    return 2 * earth_radius_m * std::asin(std::min(1.0, std::sqrt(chord)));
}

double bearing_deg(const Point& from, const Point& to) {
    const double east = (to.lon - from.lon) * radian;
    const double y = std::sin(east) * std::cos(to.lat * radian);
    const double x = std::cos(from.lat * radian) * std::sin(to.lat * radian) -
                     std::sin(from.lat * radian) * std::cos(to.lat * radian) * std::cos(east);
    const double degrees = std::atan2(y, x) / radian;
    return degrees < 0 ? degrees + 360 : degrees;
}

Point nearest_on_line(const Point& from, const Point& a, const Point& b) {
    const double shrink = std::cos(from.lat * radian);  // a degree of longitude here, in degrees of latitude
    const double east = (b.lon - a.lon) * shrink;
    const double north = b.lat - a.lat;
    const double length = east * east + north * north;
    if (length == 0) return a;
    const double along = ((from.lon - a.lon) * shrink * east + (from.lat - a.lat) * north) / length;
    const double t = std::clamp(along, 0.0, 1.0);
    return {a.lat + t * (b.lat - a.lat), a.lon + t * (b.lon - a.lon)};
}

}  // namespace fieldpost::snapshot
