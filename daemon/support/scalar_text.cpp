#include "daemon/support/scalar_text.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace fieldpost::support {

namespace {

constexpr double smallest_plain = 1e-6;
constexpr double largest_plain = 1e15;

// The fewest digits that give the same number again.
std::string number_text(double number) {
    if (number == 0) return "0";  // also -0
    const double size = std::abs(number);
    const auto format = size >= smallest_plain && size <= largest_plain ? std::chars_format::fixed
                                                                        : std::chars_format::scientific;
    std::array<char, 64> digits{};
    const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), number, format);
    return std::string(digits.data(), written.ptr);
}

}  // namespace

std::optional<std::string> scalar_text(const boost::json::value& value) {
    if (value.is_string()) return std::string(value.get_string());
    if (value.is_bool()) return value.get_bool() ? "true" : "false";
    if (value.is_int64()) return std::to_string(value.get_int64());
    if (value.is_uint64()) return std::to_string(value.get_uint64());
    if (value.is_double() && std::isfinite(value.get_double())) return number_text(value.get_double());
    return std::nullopt;
}

}  // namespace fieldpost::support
