// Points on a grid of cells of about 100 m, for finding the nearest ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

namespace fieldpost::hub {

// WGS 84, in units of 1e-7 degree.
struct PointE7 {
    std::int32_t lat_e7 = 0;
    std::int32_t lon_e7 = 0;
    bool operator==(const PointE7&) const = default;
};

// On the sphere, good to a percent within a city.
double distance_m(PointE7 a, PointE7 b);

class PositionGrid {
  public:
    void add(PointE7 point, std::uint32_t index);

    // Calls back with every index that lies within `radius_m` of the point, in no order, with its distance.
    void within(PointE7 point, double radius_m,
                const std::function<void(std::uint32_t index, double distance)>& found) const;

    std::size_t memory_bytes() const;

  private:
    struct Entry {
        PointE7 point;
        std::uint32_t index;
    };
    std::unordered_map<std::uint64_t, std::vector<Entry>> cells_;
    std::size_t count_ = 0;
};

}  // namespace fieldpost::hub
