#include "sync/base/time.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>

namespace fieldpost {

namespace {

using std::chrono::sys_days;
using std::chrono::year_month_day;

std::optional<int> number(std::string_view text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || text.front() == '-') return std::nullopt;
    return value;
}

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
    return a / b - (a % b < 0 ? 1 : 0);
}
std::int64_t floor_rest(std::int64_t a, std::int64_t b) {
    return a % b + (a % b < 0 ? b : 0);
}

}  // namespace

std::int64_t days_from_civil(int year, int month, int day) {
    return sys_days(year_month_day(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                   std::chrono::day(static_cast<unsigned>(day))))
        .time_since_epoch()
        .count();
}

bool is_civil(int year, int month, int day) {
    // std::chrono keeps the parts in a byte or two and wraps beyond.
    if (month < 1 || month > 12 || day < 1 || day > 31 || year < -32767 || year > 32767) return false;
    return year_month_day(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                          std::chrono::day(static_cast<unsigned>(day)))
        .ok();
}

std::string format_rfc3339(UnixMicros time) {
    const std::int64_t seconds = floor_div(time, 1'000'000);
    const std::int64_t micros = floor_rest(time, 1'000'000);
    const std::int64_t rest = floor_rest(seconds, 86400);
    std::string text =
        fmt::format("{}T{:02}:{:02}:{:02}", format_date(seconds), rest / 3600, rest / 60 % 60, rest % 60);
    if (micros != 0) text += fmt::format(".{:06}", micros);
    return text + "Z";
}

std::string format_date(UnixSeconds time) {
    const year_month_day date{sys_days(std::chrono::days(floor_div(time, 86400)))};
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

std::optional<UnixMicros> parse_rfc3339(std::string_view text) {
    if (text.size() < 20 || text[4] != '-' || text[7] != '-' ||
        (text[10] != 'T' && text[10] != 't' && text[10] != ' ') || text[13] != ':' || text[16] != ':') {
        return std::nullopt;
    }
    const auto year = number(text.substr(0, 4));
    const auto month = number(text.substr(5, 2));
    const auto day = number(text.substr(8, 2));
    const auto hour = number(text.substr(11, 2));
    const auto minute = number(text.substr(14, 2));
    const auto second = number(text.substr(17, 2));
    if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
    if (!is_civil(*year, *month, *day) || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    std::string_view rest = text.substr(19);
    std::int64_t micros = 0;
    if (rest.front() == '.') {
        std::int64_t scale = 100'000;
        rest.remove_prefix(1);
        if (rest.empty() || rest.front() < '0' || rest.front() > '9') return std::nullopt;
        while (!rest.empty() && rest.front() >= '0' && rest.front() <= '9') {
            micros += (rest.front() - '0') * scale;
            scale /= 10;
            rest.remove_prefix(1);
        }
    }
    std::int64_t offset = 0;
    if (rest.size() == 6 && (rest[0] == '+' || rest[0] == '-') && rest[3] == ':') {
        const auto hours = number(rest.substr(1, 2));
        const auto minutes = number(rest.substr(4, 2));
        if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
        offset = (*hours * 3600 + *minutes * 60) * (rest[0] == '-' ? -1 : 1);
    } else if (rest != "Z" && rest != "z") {
        return std::nullopt;
    }
    const std::int64_t seconds =
        days_from_civil(*year, *month, *day) * 86400 + *hour * 3600 + *minute * 60 + *second - offset;
    return seconds * 1'000'000 + micros;
}

}  // namespace fieldpost
