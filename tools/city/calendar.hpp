// The city's days: what is written on a date, and what became of a row since day 0.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

namespace fieldpost::city {

// Days since 1970-01-01; old things have negative days.
using Day = int;

inline constexpr Day kUnknownDay = std::numeric_limits<Day>::min();
inline constexpr Day kDayZero = 20513;  // 2026-03-01
inline constexpr int kLastDay = 30;     // --day goes this far

void append_iso(std::string& out, Day day);       // 2026-03-01
void append_american(std::string& out, Day day);  // 03/01/2026
void append_time(std::string& out, int second);   // 14:05:00
int year_of(Day day);
Day first_of_year(int year);

// How a table changes in a day, in rows per 100,000.
struct Drift {
    std::uint32_t changed = 800;
    std::uint32_t removed = 300;
    std::uint32_t added = 300;  // new rows, per property
};

// What became of one row by the export's day.
struct Fate {
    int born = 0;        // the day it was added; 0 was there from the start
    int changed_on = 0;  // the last day it changed, 0 never
    int removed_on = 0;  // 0 still there

    bool present() const { return removed_on == 0; }
};

class Calendar {
  public:
    Calendar(std::uint64_t seed, int day) : seed_(seed), day_(day) {}

    int day() const { return day_; }
    Day today() const { return kDayZero + day_; }

    // `table` and `row` name the row for ever. `gone_on`: the day its property went (0 never).
    Fate fate(const Drift& drift, std::uint64_t table, std::uint64_t row, int born, int gone_on) const;

    // Whether the table gets a new row for this property on that day (1..day()).
    bool adds(const Drift& drift, std::uint64_t table, std::uint64_t property, int on) const;

  private:
    std::uint64_t seed_;
    int day_;
};

}  // namespace fieldpost::city
