// Dates and times as source systems write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/hub/sources/mapping.hpp"
#include "sync/base/time.hpp"
#include "sync/base/time_zone.hpp"

namespace fieldpost::hub {

struct Moment {
    std::int64_t wall_seconds = 0;  // as written, without any zone
    bool has_time = false;
    std::optional<std::int64_t> offset_s;  // east of Greenwich, when it was written

    // The instant; a date alone is the start of that day in UTC, so that it reads as the same date
    // everywhere.
    UnixSeconds utc(const TimeZone& zone) const;
    // "2026-03-01": the day in the city when it happened.
    std::string date(const TimeZone& zone) const;
};

// Reads 2026-03-01, 2026/03/01, 3/1/2026 (month first, unless day_first), 20260301, each perhaps with a time
// (7:54, 07:54:30.5, 7:54 PM, T or blank between) and an offset (Z, +00, -06:00, -0600); or a count since
// 1970. nullopt for anything else, dates that do not exist, and years outside 1700 to 2200.
std::optional<Moment> parse_moment(std::string_view text, DateFormat format);

}  // namespace fieldpost::hub
