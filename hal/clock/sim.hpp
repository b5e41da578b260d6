// A clock that stands still until it is told to move, for tests and simulations.
#pragma once

#include <mutex>
#include <string>
#include <utility>

#include "hal/clock/clock.hpp"
#include "hal/clock/gnss_time.hpp"

namespace fieldpost::hal {

// Setters may be called from any thread, like the rest.
class SimClock final : public Clock {
  public:
    explicit SimClock(UnixMicros build_floor_us = 0,
                      std::string boot_id = "00000000-0000-4000-8000-000000000001")
        : boot_id_(std::move(boot_id)), gnss_(build_floor_us) {}

    std::int64_t boottime_us() const override;
    TimeReading now() const override;
    const std::string& boot_id() const override { return boot_id_; }
    void offer_gnss_time(UnixMicros utc_us, std::int64_t received_boottime_us) override;

    // Moves boot time and UTC on; negative steps are not for boot time.
    void advance(std::int64_t micros);
    // Sets the system's UTC, as NTP or a person would, and what it is worth from now on.
    void set_utc(UnixMicros utc_us, TimeQuality quality);

  private:
    const std::string boot_id_;
    mutable std::mutex mutex_;
    GnssTime gnss_;
    std::int64_t boottime_us_ = 0;
    UnixMicros utc_us_ = 0;
    TimeQuality quality_ = TimeQuality::none;
};

}  // namespace fieldpost::hal
