// The words of a configuration: durations, sizes, and what a misspelt key may have meant. For config.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace fieldpost {

// "250ms", "15s", "5min", "2h", "30d"; nullopt when it is not a whole number (up to 1,000,000,000) and such a
// unit.
std::optional<std::uint64_t> read_milliseconds(std::string_view text);
// "512B", "64KiB", "16MiB", "2GiB"; nullopt likewise.
std::optional<std::uint64_t> read_bytes(std::string_view text);

// " (did you mean \"port\"?)" with the known key that is at most two letters away; else empty.
std::string did_you_mean(std::string_view unknown, const std::set<std::string, std::less<>>& known);

}  // namespace fieldpost
