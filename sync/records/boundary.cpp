#include "sync/records/boundary.hpp"

#include <limits>

namespace fieldpost::records {

namespace {

bool fits(std::int64_t value) {
    return value >= std::numeric_limits<std::int32_t>::min() &&
           value <= std::numeric_limits<std::int32_t>::max();
}

// Calls `each(lat, lon)` for every vertex in order, without a list of them: outlines have thousands.
template <class Each>
void walk(const Ring& ring, Each each) {
    std::int64_t lat = 0;
    std::int64_t lon = 0;
    for (int i = 0; i + 1 < ring.steps_size(); i += 2) {
        lat += ring.steps(i);
        lon += ring.steps(i + 1);
        if (!fits(lat) || !fits(lon)) return;
        each(lat, lon);
    }
}

// Whether a ray from the point to the east crosses the lines an odd number of times. Exact for outlines up to
// six degrees wide: the products of differences below 2^26 are whole numbers that a double holds.
class Crossings {
  public:
    explicit Crossings(const Position& point) : lat_(point.lat_e7()), lon_(point.lon_e7()) {}

    void vertex(std::int64_t lat, std::int64_t lon) {
        if (any_) {
            edge(last_lat_, last_lon_, lat, lon);
        } else {
            first_lat_ = lat;
            first_lon_ = lon;
            any_ = true;
        }
        last_lat_ = lat;
        last_lon_ = lon;
    }
    void close() {
        if (any_) edge(last_lat_, last_lon_, first_lat_, first_lon_);
        any_ = false;
    }
    bool odd() const { return odd_; }

  private:
    void edge(std::int64_t from_lat, std::int64_t from_lon, std::int64_t to_lat, std::int64_t to_lon) {
        if ((from_lat > lat_) == (to_lat > lat_)) return;
        // From south to north always, so that districts that share an edge agree on it.
        const bool northward = to_lat > from_lat;
        const std::int64_t south_lat = northward ? from_lat : to_lat;
        const std::int64_t south_lon = northward ? from_lon : to_lon;
        const std::int64_t rise = (northward ? to_lat : from_lat) - south_lat;
        const std::int64_t run = (northward ? to_lon : from_lon) - south_lon;
        const auto side = static_cast<double>(lon_ - south_lon) * static_cast<double>(rise) -
                          static_cast<double>(lat_ - south_lat) * static_cast<double>(run);
        if (side < 0) odd_ = !odd_;
    }

    std::int64_t lat_;
    std::int64_t lon_;
    std::int64_t first_lat_ = 0;
    std::int64_t first_lon_ = 0;
    std::int64_t last_lat_ = 0;
    std::int64_t last_lon_ = 0;
    bool any_ = false;
    bool odd_ = false;
};

}  // namespace

Ring ring_of(const std::vector<Position>& vertices) {
    Ring ring;
    std::size_t count = vertices.size();
    const auto same = [](const Position& a, const Position& b) {
        return a.lat_e7() == b.lat_e7() && a.lon_e7() == b.lon_e7();
    };
    if (count > 1 && same(vertices.front(), vertices.back())) --count;
    std::int32_t lat = 0;
    std::int32_t lon = 0;
    for (std::size_t i = 0; i < count; ++i) {
        ring.add_steps(vertices[i].lat_e7() - lat);
        ring.add_steps(vertices[i].lon_e7() - lon);
        lat = vertices[i].lat_e7();
        lon = vertices[i].lon_e7();
    }
    return ring;
}

std::vector<Position> vertices_of(const Ring& ring) {
    std::vector<Position> out;
    walk(ring, [&](std::int64_t lat, std::int64_t lon) {
        Position vertex;
        vertex.set_lat_e7(static_cast<std::int32_t>(lat));
        vertex.set_lon_e7(static_cast<std::int32_t>(lon));
        out.push_back(std::move(vertex));
    });
    return out;
}

bool contains(const Boundary& boundary, const Position& point) {
    Crossings crossings(point);
    for (const Ring& ring : boundary.rings()) {
        walk(ring, [&](std::int64_t lat, std::int64_t lon) { crossings.vertex(lat, lon); });
        crossings.close();
    }
    return crossings.odd();
}

}  // namespace fieldpost::records
