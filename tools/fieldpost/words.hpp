// Figures and times as a person reads them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace fieldpost::cli {

// "1,250,000"
std::string grouped(std::int64_t number);
// "45 s", "4 min", "3 h", "12 days"
std::string duration(double seconds);
// "N", "NE", ... from degrees clockwise from north.
std::string direction(double degrees);
// "512 B", "1.2 MB": powers of 1000.
std::string bytes(double count);
// "2026-03-01T12:00:00.123456Z" -> "2026-03-01 12:00:00 UTC"; what is not RFC 3339 in UTC is left as it is.
std::string time(std::string_view rfc3339);
// At most six decimals: "3", "2.5".
std::string plain_number(double number);
// "service_request" -> "service request"
std::string spaced(std::string_view name);

}  // namespace fieldpost::cli
