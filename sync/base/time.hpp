// Points in time as the project stores them: UTC, as unix seconds or microseconds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fieldpost {

using UnixMicros = std::int64_t;
using UnixSeconds = std::int64_t;

// RFC 3339 in UTC: "2026-03-01T12:00:00Z", with six decimals when the microseconds are not zero.
std::string format_rfc3339(UnixMicros time);
// "2026-03-01"
std::string format_date(UnixSeconds time);

// RFC 3339 with Z or an offset; nullopt when it is not that.
std::optional<UnixMicros> parse_rfc3339(std::string_view text);

// Days since 1970-01-01 of a civil date (proleptic Gregorian), and whether such a date exists.
std::int64_t days_from_civil(int year, int month, int day);
bool is_civil(int year, int month, int day);

}  // namespace fieldpost
