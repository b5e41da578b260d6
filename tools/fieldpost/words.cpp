#include "tools/fieldpost/words.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace fieldpost::cli {

std::string grouped(std::int64_t number) {
    const std::string digits = fmt::format("{}", number);
    std::string out;
    for (std::size_t at = 0; at < digits.size(); ++at) {
        const bool is_inside = at > (number < 0 ? 1U : 0U);
        if (is_inside && (digits.size() - at) % 3 == 0) out += ',';
        out += digits[at];
    }
    return out;
}

std::string duration(double seconds) {
    if (seconds < 90) return fmt::format("{:.0f} s", seconds);
    if (seconds < 90 * 60) return fmt::format("{:.0f} min", seconds / 60);
    if (seconds < 48 * 3600) return fmt::format("{:.0f} h", seconds / 3600);
    return fmt::format("{:.0f} days", seconds / 86400);
}

std::string direction(double degrees) {
    static constexpr std::array<const char*, 8> names = {"N", "NE", "E", "SE", "S", "SW", "W", "NW"};
    const double turn = degrees - 360 * std::floor(degrees / 360);
    return names[static_cast<std::size_t>(std::lround(turn / 45)) % names.size()];
}

std::string bytes(double count) {
    static constexpr std::array<const char*, 4> units = {"kB", "MB", "GB", "TB"};
    if (count < 1000) return fmt::format("{:.0f} B", count);
    std::size_t unit = 0;
    for (count /= 1000; count >= 999.95 && unit + 1 < units.size(); ++unit) count /= 1000;
    return fmt::format("{:.1f} {}", count, units[unit]);
}

std::string time(std::string_view rfc3339) {
    constexpr std::size_t seconds_end = 19;
    if (rfc3339.size() <= seconds_end || rfc3339[10] != 'T' || !rfc3339.ends_with('Z'))
        return std::string(rfc3339);
    return fmt::format("{} {} UTC", rfc3339.substr(0, 10), rfc3339.substr(11, seconds_end - 11));
}

std::string plain_number(double number) {
    if (std::abs(number) < 1e15 && number == std::floor(number)) return fmt::format("{:.0f}", number);
    std::string text = fmt::format("{:.6f}", number);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text;
}

std::string spaced(std::string_view name) {
    std::string out(name);
    for (char& c : out) c = c == '_' ? ' ' : c;
    return out;
}

}  // namespace fieldpost::cli
