#include "hal/clock/sim.hpp"

namespace fieldpost::hal {

std::int64_t SimClock::boottime_us() const {
    const std::lock_guard lock(mutex_);
    return boottime_us_;
}

TimeReading SimClock::now() const {
    const std::lock_guard lock(mutex_);
    const auto satellites = gnss_.utc_at(boottime_us_);
    if (satellites && gnss_.fresh_at(boottime_us_)) return {*satellites, TimeQuality::gnss, boottime_us_};
    if (satellites && quality_ < TimeQuality::ntp) return {*satellites, TimeQuality::rtc, boottime_us_};
    return {utc_us_, quality_, boottime_us_};
}

void SimClock::offer_gnss_time(UnixMicros utc_us, std::int64_t received_boottime_us) {
    const std::lock_guard lock(mutex_);
    gnss_.offer(utc_us, received_boottime_us, boottime_us_);
}

void SimClock::advance(std::int64_t micros) {
    const std::lock_guard lock(mutex_);
    boottime_us_ += micros;
    utc_us_ += micros;
}

void SimClock::set_utc(UnixMicros utc_us, TimeQuality quality) {
    const std::lock_guard lock(mutex_);
    utc_us_ = utc_us;
    quality_ = quality;
}

}  // namespace fieldpost::hal
