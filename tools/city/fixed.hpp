// Fixed-point numbers and their text. No floating point: its formatting and its sine differ between machines.
#pragma once

#include <cstdint>
#include <string>

namespace fieldpost::city {

// Millimetres east and north of the city's centre.
struct Point {
    std::int64_t x = 0;
    std::int64_t y = 0;
    bool operator==(const Point&) const = default;
};

// WGS84, in 1e-7 degree.
struct Position {
    std::int32_t lat_e7 = 0;
    std::int32_t lon_e7 = 0;
    bool operator==(const Position&) const = default;
};

// Where the invented city lies; the plane is tangent there, which is good to some metres over a city.
inline constexpr Position kCentre{404'200'000, -891'300'000};

Position position_of(Point point);

// Sine of an angle in 1/65536 turns, times 32768. Bhaskara's approximation, good to 0.2 %.
std::int64_t sine(std::int64_t angle);

// Floor of the square root.
std::int64_t root(std::int64_t value);

void append_int(std::string& out, std::int64_t value);
// At least `width` digits, filled with zeros; value >= 0.
void append_padded(std::string& out, std::int64_t value, int width);
// 404200000 -> 40.4200000
void append_e7(std::string& out, std::int32_t value);
// 123450 -> 1234.50
void append_cents(std::string& out, std::int64_t cents);
// 123450 -> $1,234.50
void append_dollars(std::string& out, std::int64_t cents);

}  // namespace fieldpost::city
