#include "daemon/hub/link/position_grid.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace fieldpost::hub {
namespace {

constexpr std::int64_t cell_e7 = 10'000;      // 0.001 degree: 111 m north-south, less east-west
constexpr double metres_per_e7 = 111'195e-7;  // of latitude, mean earth radius 6371 km

std::int64_t cell_of(std::int32_t value_e7) {
    std::int64_t value = value_e7;
    return value >= 0 ? value / cell_e7 : (value - cell_e7 + 1) / cell_e7;
}

std::uint64_t key_of(std::int64_t lat, std::int64_t lon) {
    return static_cast<std::uint64_t>(lat) << 32 ^ (static_cast<std::uint64_t>(lon) & 0xFFFFFFFFU);
}

double shrink(std::int32_t lat_e7) {
    return std::cos(lat_e7 * 1e-7 * std::numbers::pi / 180);
}

}  // namespace

double distance_m(PointE7 a, PointE7 b) {
    double north = (static_cast<double>(a.lat_e7) - b.lat_e7) * metres_per_e7;
    double east = (static_cast<double>(a.lon_e7) - b.lon_e7) * metres_per_e7 * shrink(a.lat_e7);
    return std::hypot(north, east);
}

void PositionGrid::add(PointE7 point, std::uint32_t index) {
    cells_[key_of(cell_of(point.lat_e7), cell_of(point.lon_e7))].push_back({point, index});
    ++count_;
}

void PositionGrid::within(PointE7 point, double radius_m,
                          const std::function<void(std::uint32_t, double)>& found) const {
    auto reach_lat = static_cast<std::int64_t>(std::ceil(radius_m / (cell_e7 * metres_per_e7)));
    double lon_metres = cell_e7 * metres_per_e7 * std::max(0.01, shrink(point.lat_e7));
    auto reach_lon = static_cast<std::int64_t>(std::ceil(radius_m / lon_metres));
    std::int64_t lat = cell_of(point.lat_e7);
    std::int64_t lon = cell_of(point.lon_e7);
    for (std::int64_t y = lat - reach_lat; y <= lat + reach_lat; ++y) {
        for (std::int64_t x = lon - reach_lon; x <= lon + reach_lon; ++x) {
            auto cell = cells_.find(key_of(y, x));
            if (cell == cells_.end()) continue;
            for (const Entry& entry : cell->second) {
                double distance = distance_m(point, entry.point);
                if (distance <= radius_m) found(entry.index, distance);
            }
        }
    }
}

std::size_t PositionGrid::memory_bytes() const {
    constexpr std::size_t node = 64;  // of the hash map, with the vector's header
    return count_ * sizeof(Entry) * 3 / 2 + cells_.size() * node;
}

}  // namespace fieldpost::hub
