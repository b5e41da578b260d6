// UTC from a satellite receiver, carried on between its fixes by the boot clock.
#pragma once

#include <cstdint>
#include <optional>

#include "sync/base/time.hpp"

namespace fieldpost::hal {

// Times in microseconds; boot times are CLOCK_BOOTTIME. Not thread-safe.
class GnssTime {
  public:
    static constexpr std::int64_t fresh_for_us = 60'000'000;

    explicit GnssTime(UnixMicros build_floor_us) : build_floor_us_(build_floor_us) {}

    // False if the time was not believed: below the build floor, received in the future, or older than what
    // is held.
    bool offer(UnixMicros utc_us, std::int64_t received_us, std::int64_t now_us);

    // The UTC at `now_us`; nullopt if satellites gave none in this boot.
    std::optional<UnixMicros> utc_at(std::int64_t now_us) const;
    bool fresh_at(std::int64_t now_us) const { return held_ && now_us - received_us_ <= fresh_for_us; }

  private:
    UnixMicros build_floor_us_;
    bool held_ = false;
    std::int64_t offset_us_ = 0;     // UTC minus boot time
    std::int64_t offset_at_us_ = 0;  // when the offset was taken
    std::int64_t received_us_ = 0;   // when satellites last confirmed it
};

}  // namespace fieldpost::hal
