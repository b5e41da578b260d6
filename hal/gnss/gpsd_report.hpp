// What gpsd's reports mean, in our terms.
#pragma once

#include <cstdint>
#include <optional>

#include "hal/gnss/fix.hpp"
#include "hal/gnss/jump_watch.hpp"

struct gps_data_t;

namespace fieldpost::hal {

// Sans-I/O and single-threaded: gpsd's reports go in as they come, one at a time.
class GpsdReports {
  public:
    // The fix of a report of position (TPV); nullopt for all others, of which those of the sky (SKY) are kept
    // for the fixes that follow. `now_us` is CLOCK_BOOTTIME in microseconds.
    std::optional<Fix> take(const gps_data_t& report, std::int64_t now_us);

  private:
    Fix read(const gps_data_t& report) const;

    struct Sky {
        std::int64_t at_us = 0;
        std::optional<int> used;
        std::optional<int> seen;
        std::optional<double> hdop;
    };
    std::optional<Sky> sky_;
    // gpsd may tell a moment several times, and a receiver that is stuck repeats one for ever.
    std::optional<std::int64_t> last_utc_us_;
    std::int64_t last_received_us_ = 0;
    JumpWatch jumps_;
};

}  // namespace fieldpost::hal
