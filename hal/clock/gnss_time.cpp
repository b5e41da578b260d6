#include "hal/clock/gnss_time.hpp"

#include <cstdlib>

namespace fieldpost::hal {
namespace {

// A serial line delivers a fix some tenths of a second late, each time differently. An offset that new fixes
// agree with is kept, so UTC runs evenly; after a while it is taken anew, before the crystal's drift matters
// (50 ppm: 30 ms).
constexpr std::int64_t jitter_us = 500'000;
constexpr std::int64_t keep_us = 600'000'000;

}  // namespace

bool GnssTime::offer(UnixMicros utc_us, std::int64_t received_us, std::int64_t now_us) {
    if (utc_us < build_floor_us_ || received_us > now_us || (held_ && received_us < received_us_))
        return false;
    const std::int64_t offset = utc_us - received_us;
    const bool agrees = held_ && std::llabs(offset - offset_us_) < jitter_us;
    if (!agrees || received_us - offset_at_us_ > keep_us) {
        offset_us_ = offset;
        offset_at_us_ = received_us;
    }
    held_ = true;
    received_us_ = received_us;
    return true;
}

std::optional<UnixMicros> GnssTime::utc_at(std::int64_t now_us) const {
    if (!held_) return std::nullopt;
    return now_us + offset_us_;
}

}  // namespace fieldpost::hal
