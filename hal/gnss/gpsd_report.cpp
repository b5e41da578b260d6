#include "hal/gnss/gpsd_report.hpp"

#include <gps.h>

#include <cmath>

namespace fieldpost::hal {
namespace {

constexpr std::int64_t sky_holds_us = 15'000'000;
constexpr int most_satellites = 128;
constexpr double worst_dop = 99;

std::optional<double> known(double value) {
    return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

std::optional<double> positive(double value) {
    return std::isfinite(value) && value > 0 ? std::optional(value) : std::nullopt;
}

std::optional<int> satellites(int count) {
    return count >= 0 && count <= most_satellites ? std::optional(count) : std::nullopt;
}

FixType type_of(const gps_fix_t& fix) {
    if (fix.mode < MODE_2D) return FixType::none;
    switch (fix.status) {
        case STATUS_DR:
        case STATUS_TIME:  // its place was surveyed or typed in
        case STATUS_SIM:
            return FixType::estimated;
        case STATUS_RTK_FIX:
        case STATUS_RTK_FLT:
            return FixType::rtk;
        case STATUS_DGPS_FIX:
            return FixType::dgnss;
        default:
            return fix.mode == MODE_3D ? FixType::fix_3d : FixType::fix_2d;
    }
}

std::optional<Position> position_of(const gps_fix_t& fix) {
    if (!(std::abs(fix.latitude) <= 90) || !(std::abs(fix.longitude) <= 180)) return std::nullopt;
    if (fix.latitude == 0 && fix.longitude == 0) return std::nullopt;
    return Position{fix.latitude, fix.longitude};
}

// gpsd's estimates are for 95 of 100 where it makes them itself.
std::optional<double> accuracy_of(const gps_fix_t& fix) {
    if (const auto told = positive(fix.eph)) return told;
    return positive(std::hypot(fix.epx, fix.epy));
}

}  // namespace

Fix GpsdReports::read(const gps_data_t& report) const {
    const gps_fix_t& told = report.fix;
    Fix fix;
    fix.type = type_of(told);
    fix.position = position_of(told);
    if (!fix.position) fix.type = FixType::none;
    if (fix.type == FixType::none) {
        fix.position.reset();
    } else {
        if (told.mode == MODE_3D) fix.altitude_m = known(told.altMSL);
        if (told.speed >= 0) fix.speed_mps = known(told.speed);
        if (told.track >= 0 && told.track <= 360) fix.course_deg = told.track == 360 ? 0 : told.track;
        if (fix.type != FixType::estimated) fix.accuracy_m = accuracy_of(told);
        if (sky_) fix.hdop = sky_->hdop;
    }
    if ((report.set & TIME_SET) != 0 && told.time.tv_sec > 0) {
        constexpr std::int64_t day_us = 86'400'000'000;
        fix.utc_us = std::int64_t{told.time.tv_sec} * 1'000'000 + told.time.tv_nsec / 1000;
        fix.utc_valid = fix.type != FixType::none && fix.type != FixType::estimated;
        fix.time_of_day_us = *fix.utc_us % day_us;
    }
    if (sky_) {
        fix.satellites_used = sky_->used;
        fix.satellites_seen = sky_->seen;
    }
    return fix;
}

std::optional<Fix> GpsdReports::take(const gps_data_t& report, std::int64_t now_us) {
    if ((report.set & SATELLITE_SET) != 0) {
        Sky sky{now_us, satellites(report.satellites_used), satellites(report.satellites_visible),
                std::nullopt};
        if (report.dop.hdop < worst_dop) sky.hdop = positive(report.dop.hdop);
        sky_ = sky;
    }
    if ((report.set & MODE_SET) == 0) return std::nullopt;
    if (sky_ && now_us - sky_->at_us > sky_holds_us) sky_.reset();
    Fix fix = read(report);
    fix.received_us = fix.utc_us && fix.utc_us == last_utc_us_ ? last_received_us_ : now_us;
    last_utc_us_ = fix.utc_us;
    last_received_us_ = fix.received_us;
    jumps_.judge(fix);
    return fix;
}

}  // namespace fieldpost::hal
