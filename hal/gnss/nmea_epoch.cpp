#include "hal/gnss/nmea_epoch.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "sync/base/time.hpp"

namespace fieldpost::hal {
namespace {

constexpr double mps_per_knot = 1852.0 / 3600.0;
constexpr double mps_per_kmh = 1.0 / 3.6;
constexpr std::size_t most_satellites = 128;  // no receiver uses more; bounds what nonsense can make us keep
constexpr std::size_t most_talkers = 16;

template <class Number>
void take(std::optional<Number>& target, const std::optional<Number>& told) {
    if (told) target = told;
}

std::optional<double> at_least(std::optional<double> value, double lowest) {
    return value && *value >= lowest ? value : std::nullopt;
}

std::optional<double> scaled(std::optional<double> value, double factor) {
    if (value) *value *= factor;
    return value;
}

// Mode letters of RMC, GNS and GLL (2.3 and later). 'P' is "precise": no degradation, still one receiver
// alone.
Grade grade_of_mode(char mode) {
    switch (mode) {
        case 'A':
        case 'P':
            return Grade::autonomous;
        case 'D':
            return Grade::dgnss;
        case 'F':
            return Grade::rtk_float;
        case 'R':
            return Grade::rtk_fixed;
        case 'E':
        case 'M':
        case 'S':
            return Grade::estimated;
        default:
            return Grade::unknown;
    }
}

// GGA field 6.
Grade grade_of_quality(char quality) {
    switch (quality) {
        case '2':
            return Grade::dgnss;
        case '4':
            return Grade::rtk_fixed;
        case '5':
            return Grade::rtk_float;
        case '6':  // dead reckoning
        case '7':  // typed in by hand
        case '8':  // the receiver's simulator
            return Grade::estimated;
        default:
            return Grade::autonomous;  // 1 GPS, 3 PPS, and makers' own numbers above 8
    }
}

}  // namespace

SentenceKind NmeaEpoch::kind(const NmeaFields& fields) {
    static constexpr std::array<std::string_view, 4> reports{"GGA", "RMC", "GNS", "GLL"};
    static constexpr std::array<std::string_view, 5> details{"GSA", "GSV", "VTG", "GST", "ZDA"};
    if (fields.talker().empty())
        return fields.type() == "PGRME" ? SentenceKind::detail : SentenceKind::unread;
    if (std::find(reports.begin(), reports.end(), fields.type()) != reports.end())
        return SentenceKind::report;
    if (std::find(details.begin(), details.end(), fields.type()) != details.end())
        return SentenceKind::detail;
    return SentenceKind::unread;
}

std::optional<std::int64_t> NmeaEpoch::report_time_us(const NmeaFields& fields) {
    return fields.time_of_day_us(fields.type() == "GLL" ? 5 : 1);
}

bool NmeaEpoch::has_report(std::string_view type) const {
    return std::find(reports.begin(), reports.end(), type) != reports.end();
}

void NmeaEpoch::apply(const NmeaFields& fields) {
    const std::string_view type = fields.type();
    if (kind(fields) == SentenceKind::report) {
        if (!has_report(type)) reports.emplace_back(type);
        take(time_of_day_us, report_time_us(fields));
    }
    if (type == "GGA") return apply_gga(fields);
    if (type == "RMC") return apply_rmc(fields);
    if (type == "GNS") return apply_gns(fields);
    if (type == "GLL") return apply_gll(fields);
    if (type == "GSA") return apply_gsa(fields);
    if (type == "GSV") return apply_gsv(fields);
    if (type == "VTG") return apply_vtg(fields);
    if (type == "GST") return apply_gst(fields);
    if (type == "ZDA") return apply_zda(fields);
    if (type == "PGRME") return apply_pgrme(fields);
}

void NmeaEpoch::take_position(const std::optional<Position>& told, int rank) {
    if (!told || rank < position_rank) return;
    position = told;
    position_rank = rank;
}

void NmeaEpoch::take_grade(Grade told) {
    grade = std::max(grade, told);
}

void NmeaEpoch::take_mode(char mode) {
    if (mode == 'N') denied = true;
    take_grade(grade_of_mode(mode));
}

void NmeaEpoch::take_movement(std::optional<double> speed, std::optional<double> course) {
    take(speed_mps, at_least(speed, 0));
    if (!course || *course < 0 || *course > 360) return;
    course_deg = *course == 360 ? 0 : *course;
}

// 1 time, 2-5 position, 6 quality, 7 satellites used, 8 HDOP, 9 altitude, 10 M, 11 geoid separation
void NmeaEpoch::apply_gga(const NmeaFields& fields) {
    const char quality = fields.letter(6);
    if (quality == '0') {
        denied = true;
    } else if (quality >= '1' && quality <= '9') {
        take_position(fields.position(2), 3);
        take_grade(grade_of_quality(quality));
        take(altitude_m, fields.number(9));
    }
    take(satellites_used, fields.count(7));
    take(hdop, at_least(fields.number(8), 0));
}

// 1 time, 2 status, 3-6 position, 7 knots, 8 course, 9 ddmmyy, 10-11 magnetic variation, 12 mode (2.3), 13
// navigational status (4.1; receivers that do not offer it always send V there)
void NmeaEpoch::apply_rmc(const NmeaFields& fields) {
    if (fields.letter(2) == 'A') {
        take_position(fields.position(3), 2);
        take_grade(Grade::autonomous);
        take_mode(fields.letter(12));
        take_movement(scaled(fields.number(7), mps_per_knot), fields.number(8));
    } else {
        denied = true;
    }
    if (const auto told = read_date(fields[9]); told && time_of_day_us) {
        day = told;
        day_time_us = *time_of_day_us;
    }
}

// 1 time, 2-5 position, 6 a mode letter for each system, 7 satellites used, 8 HDOP, 9 altitude, 10 geoid
// separation
void NmeaEpoch::apply_gns(const NmeaFields& fields) {
    Grade measured = Grade::unknown;
    bool estimated = false;
    for (const char mode : fields[6]) {
        const Grade told = grade_of_mode(mode);
        if (told == Grade::estimated) {
            estimated = true;
        } else {
            measured = std::max(measured, told);
        }
    }
    if (measured == Grade::unknown && !estimated) {
        denied = true;
    } else {
        // One system that measured is enough: others may only extrapolate.
        take_grade(measured == Grade::unknown ? Grade::estimated : measured);
        take_position(fields.position(2), 3);
        take(altitude_m, fields.number(9));
    }
    take(satellites_used, fields.count(7));
    take(hdop, at_least(fields.number(8), 0));
}

// 1-4 position, 5 time, 6 status, 7 mode (2.3); before 2.0 the sentence ended with the position
void NmeaEpoch::apply_gll(const NmeaFields& fields) {
    if (fields.last() > 5 && fields.letter(6) != 'A') {
        denied = true;
        return;
    }
    take_position(fields.position(1), 1);
    take_grade(Grade::autonomous);
    take_mode(fields.letter(7));
}

// 1 manual/automatic, 2 mode, 3-14 satellites used, 15 PDOP, 16 HDOP, 17 VDOP, 18 system (4.11). One sentence
// a system: one of them with a fix is enough.
void NmeaEpoch::apply_gsa(const NmeaFields& fields) {
    const char mode = fields.letter(2);
    if (mode >= '1' && mode <= '3') dimensions = std::max(dimensions, mode - '0');
    const std::uint32_t talker = static_cast<unsigned char>(fields.talker().back());
    const std::uint32_t system = static_cast<unsigned char>(fields.letter(18));
    for (std::size_t index = 3; index <= 14; ++index) {
        const auto number = fields.count(index);
        if (!number || *number == 0 || gsa_satellites.size() == most_satellites) continue;
        const std::uint32_t satellite = talker << 24U | system << 16U | static_cast<std::uint32_t>(*number);
        if (std::find(gsa_satellites.begin(), gsa_satellites.end(), satellite) == gsa_satellites.end()) {
            gsa_satellites.push_back(satellite);
        }
    }
    if (!hdop) hdop = at_least(fields.number(16), 0);
}

// 1 sentences, 2 this one, 3 satellites in view. A talker repeats its satellites for each of its signals
// (4.11).
void NmeaEpoch::apply_gsv(const NmeaFields& fields) {
    const auto told = fields.count(3);
    if (!told || *told > static_cast<int>(most_satellites)) return;
    for (Seen& entry : seen) {
        if (entry.talker != fields.talker()) continue;
        entry.satellites = std::max(entry.satellites, *told);
        return;
    }
    if (seen.size() < most_talkers) seen.push_back({std::string(fields.talker()), *told});
}

// 1 course, 2 T, 3 magnetic course, 4 M, 5 knots, 6 N, 7 km/h, 8 K, 9 mode (2.3); before 2.0 without the
// letters
void NmeaEpoch::apply_vtg(const NmeaFields& fields) {
    if (fields.letter(9) == 'N') return;
    const bool lettered = fields.letter(2) == 'T' || fields.last() > 4;
    auto speed = scaled(fields.number(lettered ? 5 : 3), mps_per_knot);
    if (!speed) speed = scaled(fields.number(lettered ? 7 : 4), mps_per_kmh);
    take_movement(speed, fields.number(1));
}

// 6 and 7: standard deviations of latitude and longitude, metres
void NmeaEpoch::apply_gst(const NmeaFields& fields) {
    const auto north = at_least(fields.number(6), 0);
    const auto east = at_least(fields.number(7), 0);
    // Twice the distance root mean square holds 95 to 98 % of all positions.
    if (north && east && (*north > 0 || *east > 0)) accuracy_m = 2 * std::hypot(*north, *east);
}

// 1 time, 2 day, 3 month, 4 year
void NmeaEpoch::apply_zda(const NmeaFields& fields) {
    const auto time = fields.time_of_day_us(1);
    const auto told_day = fields.count(2);
    const auto month = fields.count(3);
    const auto year = fields.count(4);
    if (!time || !told_day || !month || !year || !is_civil(*year, *month, *told_day)) return;
    if (day && day_time_us == time_of_day_us) return;  // RMC gave the date with this epoch's own time
    day = days_from_civil(*year, *month, *told_day);
    day_time_us = *time;
}

// 1 horizontal position error, 2 M. Garmin's estimate is a median: half of all positions lie within.
void NmeaEpoch::apply_pgrme(const NmeaFields& fields) {
    constexpr double radius_95_over_50 = 2.08;  // of a circular normal distribution
    const auto error = at_least(fields.number(1), 0);
    if (error && *error > 0 && fields.letter(2) == 'M' && !accuracy_m)
        accuracy_m = *error * radius_95_over_50;
}

}  // namespace fieldpost::hal
