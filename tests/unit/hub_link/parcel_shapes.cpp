#include "tests/unit/hub_link/parcel_shapes.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace fieldpost::test {
namespace {

namespace json = boost::json;

struct Flat {
    double x;
    double y;
};

// Metres east and north of the point.
Flat flatten(hub::PointE7 point, hub::PointE7 origin) {
    constexpr double metres = 111'195e-7;
    double shrink = std::cos(origin.lat_e7 * 1e-7 * 3.14159265358979 / 180);
    return {(static_cast<double>(point.lon_e7) - origin.lon_e7) * metres * shrink,
            (static_cast<double>(point.lat_e7) - origin.lat_e7) * metres};
}

class Topology {
  public:
    explicit Topology(const json::object& root) {
        const json::object& transform = root.at("transform").as_object();
        auto scale = [&](std::size_t i) {
            return json::value_to<double>(transform.at("scale").as_array().at(i));
        };
        auto move = [&](std::size_t i) {
            return json::value_to<double>(transform.at("translate").as_array().at(i));
        };
        for (const json::value& arc : root.at("arcs").as_array()) {
            Ring points;
            double x = 0;
            double y = 0;
            for (const json::value& step : arc.as_array()) {  // each relative to the one before
                x += json::value_to<double>(step.as_array().at(0));
                y += json::value_to<double>(step.as_array().at(1));
                points.push_back({static_cast<std::int32_t>(std::lround((y * scale(1) + move(1)) * 1e7)),
                                  static_cast<std::int32_t>(std::lround((x * scale(0) + move(0)) * 1e7))});
            }
            arcs_.push_back(std::move(points));
        }
    }

    // A negative index is the complement of an arc that runs backwards.
    Ring ring(const json::array& indexes) const {
        Ring out;
        for (const json::value& value : indexes) {
            std::int64_t index = value.to_number<std::int64_t>();
            const Ring& arc = arcs_.at(static_cast<std::size_t>(index >= 0 ? index : ~index));
            if (index >= 0) {
                out.insert(out.end(), arc.begin(), arc.end());
            } else {
                out.insert(out.end(), arc.rbegin(), arc.rend());
            }
        }
        return out;
    }

  private:
    std::vector<Ring> arcs_;
};

// The area, square metres, and the centroid of a ring.
std::pair<double, hub::PointE7> centroid(const Ring& ring) {
    double area = 0;
    double x = 0;
    double y = 0;
    hub::PointE7 origin = ring.front();
    for (std::size_t i = 0; i < ring.size(); ++i) {
        Flat a = flatten(ring[i], origin);
        Flat b = flatten(ring[(i + 1) % ring.size()], origin);
        double cross = a.x * b.y - b.x * a.y;
        area += cross / 2;
        x += (a.x + b.x) * cross / 6;
        y += (a.y + b.y) * cross / 6;
    }
    if (std::abs(area) < 0.01) return {0, origin};
    Flat unit = flatten({origin.lat_e7 + 1, origin.lon_e7 + 1}, origin);
    return {std::abs(area),
            {origin.lat_e7 + static_cast<std::int32_t>(std::lround(y / area / unit.y)),
             origin.lon_e7 + static_cast<std::int32_t>(std::lround(x / area / unit.x))}};
}

double distance_to_ring(const Ring& ring, hub::PointE7 point) {
    double nearest = 1e9;
    bool inside = false;
    for (std::size_t i = 0; i < ring.size(); ++i) {
        Flat a = flatten(ring[i], point);
        Flat b = flatten(ring[(i + 1) % ring.size()], point);
        double dx = b.x - a.x;
        double dy = b.y - a.y;
        double length = dx * dx + dy * dy;
        double t = length == 0 ? 0 : std::clamp(-(a.x * dx + a.y * dy) / length, 0.0, 1.0);
        nearest = std::min(nearest, std::hypot(a.x + t * dx, a.y + t * dy));
        if ((a.y > 0) != (b.y > 0) && a.x - a.y * dx / dy > 0) inside = !inside;
    }
    return inside ? 0 : nearest;
}

}  // namespace

std::map<std::string, ParcelShape> read_parcel_shapes(const std::string& path, const std::string& key) {
    std::ifstream file(path, std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    json::value root = json::parse(text);
    Topology topology(root.as_object());
    std::map<std::string, ParcelShape> shapes;
    std::map<std::string, double> largest;
    const json::object& objects = root.as_object().at("objects").as_object();
    for (const json::value& geometry : objects.begin()->value().as_object().at("geometries").as_array()) {
        const json::object& shape = geometry.as_object();
        const json::value* type = shape.if_contains("type");
        const json::value* properties = shape.if_contains("properties");
        if (type == nullptr || !type->is_string() || properties == nullptr) continue;
        const json::value* name = properties->as_object().if_contains(key);
        if (name == nullptr || !name->is_string()) continue;
        std::string id(name->as_string());
        ParcelShape& parcel = shapes[id];
        auto add = [&](const json::value& polygon) {
            Ring ring = topology.ring(polygon.as_array().at(0).as_array());
            auto [area, center] = centroid(ring);
            if (parcel.rings.empty() || area > largest[id]) {
                largest[id] = area;
                parcel.center = center;
            }
            parcel.rings.push_back(std::move(ring));
        };
        if (type->as_string() == "Polygon") {
            add(shape.at("arcs"));
        } else {
            for (const json::value& polygon : shape.at("arcs").as_array()) add(polygon);
        }
    }
    return shapes;
}

double distance_to(const ParcelShape& shape, hub::PointE7 point) {
    double nearest = 1e9;
    for (const Ring& ring : shape.rings) nearest = std::min(nearest, distance_to_ring(ring, point));
    return nearest;
}

}  // namespace fieldpost::test
