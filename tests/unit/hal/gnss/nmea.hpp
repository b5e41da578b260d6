// Sentences made by hand, and what a receiver makes of them.
#pragma once

#include <cmath>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "hal/gnss/nmea_receiver.hpp"

namespace fieldpost::hal::testing {

// "$body*HH\r\n"
inline std::string sentence(std::string_view body) {
    unsigned sum = 0;
    for (const char byte : body) sum ^= static_cast<unsigned char>(byte);
    char tail[8];
    std::snprintf(tail, sizeof tail, "*%02X\r\n", sum);
    return "$" + std::string(body) + tail;
}

inline std::string sentences(std::initializer_list<std::string_view> bodies) {
    std::string text;
    for (const std::string_view body : bodies) text += sentence(body);
    return text;
}

// One second of a receiver with a fix in Cambridge, Massachusetts; `time` is hhmmss.
inline std::string good_epoch(const std::string& time) {
    return sentence("GNRMC," + time + ".00,A,4222.5000,N,07106.0000,W,10.0,090.0,150324,,,A,V") +
           sentence("GNGGA," + time + ".00,4222.5000,N,07106.0000,W,1,09,0.9,12.5,M,-33.0,M,,") +
           sentence("GNGSA,A,3,01,02,03,04,05,06,07,,,,,,1.5,0.9,1.2,1");
}

inline std::string lost_epoch(const std::string& time) {
    return sentence("GNRMC," + time + ".00,V,,,,,,,150324,,,N,V") +
           sentence("GNGGA," + time + ".00,,,,,0,00,99.99,,,,,,");
}

// All fixes of a stream, fed at once and ended.
inline std::vector<Fix> read_fixes(std::string_view bytes, std::int64_t date_floor_us = 0) {
    std::vector<Fix> fixes;
    NmeaReceiver receiver(date_floor_us, [&](const Fix& fix) { fixes.push_back(fix); });
    receiver.feed(bytes, 0);
    receiver.finish();
    return fixes;
}

// What every fix of every driver keeps to.
inline bool keeps_contract(const Fix& fix) {
    if (fix.position.has_value() != (fix.type != FixType::none)) return false;
    if (fix.position) {
        const auto [latitude, longitude] = *fix.position;
        if (!(std::abs(latitude) <= 90) || !(std::abs(longitude) <= 180)) return false;
        if (latitude == 0 && longitude == 0) return false;
    } else if (fix.altitude_m || fix.speed_mps || fix.course_deg || fix.hdop || fix.accuracy_m) {
        return false;
    }
    if (fix.altitude_m && !std::isfinite(*fix.altitude_m)) return false;
    if (fix.speed_mps && !(std::isfinite(*fix.speed_mps) && *fix.speed_mps >= 0)) return false;
    if (fix.course_deg && !(*fix.course_deg >= 0 && *fix.course_deg < 360)) return false;
    if (fix.hdop && !(std::isfinite(*fix.hdop) && *fix.hdop > 0)) return false;
    if (fix.accuracy_m && !(std::isfinite(*fix.accuracy_m) && *fix.accuracy_m > 0)) return false;
    if (fix.satellites_used && (*fix.satellites_used < 0 || *fix.satellites_used > 128)) return false;
    if (fix.satellites_seen && (*fix.satellites_seen < 0 || *fix.satellites_seen > 128)) return false;
    if (fix.position_leaps && !fix.position) return false;
    if (fix.utc_leaps && !fix.utc_valid) return false;
    return !fix.utc_valid || fix.utc_us.has_value();
}

}  // namespace fieldpost::hal::testing
