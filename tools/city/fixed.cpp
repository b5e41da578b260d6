#include "tools/city/fixed.hpp"

#include <charconv>
#include <cstdlib>

namespace fieldpost::city {
namespace {

// Lengths of a degree at the centre's latitude, in millimetres (WGS84 ellipsoid).
constexpr std::int64_t kDegreeNorth = 111'042'700;
constexpr std::int64_t kDegreeEast = 84'868'500;

}  // namespace

Position position_of(Point point) {
    constexpr std::int64_t kE7 = 10'000'000;
    return {static_cast<std::int32_t>(kCentre.lat_e7 + point.y * kE7 / kDegreeNorth),
            static_cast<std::int32_t>(kCentre.lon_e7 + point.x * kE7 / kDegreeEast)};
}

std::int64_t sine(std::int64_t angle) {
    constexpr std::int64_t kHalf = 32768;
    const std::int64_t turn = angle & 65535;
    const std::int64_t x = turn < kHalf ? turn : turn - kHalf;
    const std::int64_t product = x * (kHalf - x);
    const std::int64_t value = 16 * product * 32768 / (5 * kHalf * kHalf - 4 * product);
    return turn < kHalf ? value : -value;
}

std::int64_t root(std::int64_t value) {
    std::int64_t low = 0;
    std::int64_t high = std::int64_t{1} << 31;
    while (high - low > 1) {
        const std::int64_t middle = (low + high) / 2;
        (middle * middle <= value ? low : high) = middle;
    }
    return low;
}

void append_int(std::string& out, std::int64_t value) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    out.append(digits, end);
}

void append_padded(std::string& out, std::int64_t value, int width) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    const auto length = static_cast<int>(end - digits);
    if (length < width) out.append(static_cast<std::size_t>(width - length), '0');
    out.append(digits, end);
}

void append_e7(std::string& out, std::int32_t value) {
    if (value < 0) out += '-';
    const std::int64_t size = std::llabs(value);
    append_int(out, size / 10'000'000);
    out += '.';
    append_padded(out, size % 10'000'000, 7);
}

void append_cents(std::string& out, std::int64_t cents) {
    if (cents < 0) out += '-';
    const std::int64_t size = std::llabs(cents);
    append_int(out, size / 100);
    out += '.';
    append_padded(out, size % 100, 2);
}

void append_dollars(std::string& out, std::int64_t cents) {
    if (cents < 0) out += '-';
    out += '$';
    const std::int64_t dollars = std::llabs(cents) / 100;
    std::string digits;
    append_int(digits, dollars);
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i > 0 && (digits.size() - i) % 3 == 0) out += ',';
        out += digits[i];
    }
    out += '.';
    append_padded(out, std::llabs(cents) % 100, 2);
}

}  // namespace fieldpost::city
