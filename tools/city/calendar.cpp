#include "tools/city/calendar.hpp"

#include <chrono>

#include "tools/city/fixed.hpp"
#include "tools/city/random.hpp"

namespace fieldpost::city {
namespace {

constexpr std::uint64_t kFate = 0xFA7E;
constexpr std::uint64_t kAdds = 0xADD5;

std::chrono::year_month_day civil(Day day) {
    return std::chrono::year_month_day{std::chrono::sys_days{std::chrono::days{day}}};
}

}  // namespace

void append_iso(std::string& out, Day day) {
    if (day == kUnknownDay) return;
    const auto date = civil(day);
    append_padded(out, static_cast<int>(date.year()), 4);
    out += '-';
    append_padded(out, static_cast<unsigned>(date.month()), 2);
    out += '-';
    append_padded(out, static_cast<unsigned>(date.day()), 2);
}

void append_american(std::string& out, Day day) {
    if (day == kUnknownDay) return;
    const auto date = civil(day);
    append_padded(out, static_cast<unsigned>(date.month()), 2);
    out += '/';
    append_padded(out, static_cast<unsigned>(date.day()), 2);
    out += '/';
    append_padded(out, static_cast<int>(date.year()), 4);
}

void append_time(std::string& out, int second) {
    append_padded(out, second / 3600, 2);
    out += ':';
    append_padded(out, second / 60 % 60, 2);
    out += ':';
    append_padded(out, second % 60, 2);
}

int year_of(Day day) {
    return static_cast<int>(civil(day).year());
}

Day first_of_year(int year) {
    const std::chrono::sys_days day = std::chrono::year{year} / 1 / 1;
    return static_cast<Day>(day.time_since_epoch().count());
}

Fate Calendar::fate(const Drift& drift, std::uint64_t table, std::uint64_t row, int born, int gone_on) const {
    Fate fate;
    fate.born = born;
    for (int on = born + 1; on <= day_; ++on) {
        const auto drawn = static_cast<std::uint32_t>(hash(seed_, kFate, table, row, on) % 100'000);
        if (drawn < drift.removed || on == gone_on) {
            fate.removed_on = on;
            break;
        }
        if (drawn < drift.removed + drift.changed) fate.changed_on = on;
    }
    return fate;
}

bool Calendar::adds(const Drift& drift, std::uint64_t table, std::uint64_t property, int on) const {
    return hash(seed_, kAdds, table, property, on) % 100'000 < drift.added;
}

}  // namespace fieldpost::city
