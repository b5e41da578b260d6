#include "sync/base/distance_text.hpp"

#include <fmt/format.h>

#include <cmath>

namespace fieldpost {

namespace {

constexpr double feet_per_metre = 3.28084;
constexpr double metres_per_mile = 1609.344;

}  // namespace

std::string distance_text(double metres) {
    if (metres < metres_per_mile / 5) {
        const double feet = metres * feet_per_metre;
        return fmt::format("{:.0f} ft", feet < 50 ? std::round(feet) : std::round(feet / 10) * 10);
    }
    const double miles = metres / metres_per_mile;
    return miles < 10 ? fmt::format("{:.1f} mi", miles) : fmt::format("{:.0f} mi", miles);
}

}  // namespace fieldpost
