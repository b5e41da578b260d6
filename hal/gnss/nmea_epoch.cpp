#include "hal/gnss/nmea_epoch.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "sync/base/time.hpp"

namespace fieldpost::hal {
namespace {

constexpr double mps_per_knot = 1852.0 / 3600.0;
constexpr double mps_per_kmh = 1.0 / 3.6;
constexpr std::size_t most_systems = 16;
// What lies beyond is no value but a receiver's way to say that it knows none, or damage.
constexpr double lowest_altitude_m = -10'000;
constexpr double highest_altitude_m = 100'000;
constexpr double fastest_mps = 1000;
constexpr double worst_dop = 99;  // 99.99, 99.0 and 0 stand for "unknown"

template <class Number>
void take(std::optional<Number>& target, const std::optional<Number>& told) {
    if (told) target = told;
}

std::optional<double> within(std::optional<double> value, double lowest, double highest) {
    return value && *value >= lowest && *value <= highest ? value : std::nullopt;
}

std::optional<double> dilution(std::optional<double> value) {
    return value && *value > 0 && *value < worst_dop ? value : std::nullopt;
}

std::optional<int> satellites(std::optional<int> value) {
    return value && *value <= static_cast<int>(SatelliteSet::most) ? value : std::nullopt;
}

std::optional<double> scaled(std::optional<double> value, double factor) {
    if (value) *value *= factor;
    return value;
}

// Of two standard deviations in metres: twice the distance root mean square holds 95 to 98 % of all
// positions.
std::optional<double> twice_root_mean_square(std::optional<double> north, std::optional<double> east) {
    if (!north || !east || *north < 0 || *east < 0) return std::nullopt;
    return 2 * std::hypot(*north, *east);
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
Grade grade_of_quality(int quality) {
    switch (quality) {
        case 2:
        case 9:  // NovAtel: corrections by satellite (WAAS)
            return Grade::dgnss;
        case 4:
            return Grade::rtk_fixed;
        case 5:
            return Grade::rtk_float;
        case 6:  // dead reckoning
        case 7:  // typed in by hand
        case 8:  // the receiver's simulator
            return Grade::estimated;
        default:
            return Grade::autonomous;  // 1 GPS, 3 PPS, and makers' own numbers above 9
    }
}

enum class Status { untold, valid, invalid };

// The status of RMC and GLL: 'A', from some receivers 'D' (differential), 'V'. An 'A' with more behind it has
// lost the comma to the next field, and nothing of that sentence can be relied on.
Status status_of(std::string_view text) {
    if (text == "A" || text == "D") return Status::valid;
    return text.empty() || text.starts_with('A') ? Status::untold : Status::invalid;
}

// 'E' in the eleventh is East.
char mode_of_rmc(const NmeaFields& fields) {
    const char eleventh = fields.letter(11);
    return fields.last() == 11 && eleventh != 'E' ? eleventh : fields.letter(12);
}

}  // namespace

// What reads a sentence, found by its address; a new sentence is one line here.
struct NmeaEpoch::Reader {
    std::string_view type;
    std::string_view page;  // field 1 of sentences that share an address
    SentenceKind kind;
    std::size_t time_field;  // 0: none that decides which epoch it belongs to
    void (NmeaEpoch::*apply)(const NmeaFields&);
};

const NmeaEpoch::Reader* NmeaEpoch::reader_of(const NmeaFields& fields) {
    static constexpr std::array standard{
        Reader{"GGA", {}, SentenceKind::report, 1, &NmeaEpoch::apply_gga},
        Reader{"RMC", {}, SentenceKind::report, 1, &NmeaEpoch::apply_rmc},
        Reader{"GNS", {}, SentenceKind::report, 1, &NmeaEpoch::apply_gns},
        Reader{"GLL", {}, SentenceKind::report, 5, &NmeaEpoch::apply_gll},
        Reader{"GSA", {}, SentenceKind::detail, 0, &NmeaEpoch::apply_gsa},
        Reader{"GSV", {}, SentenceKind::detail, 0, &NmeaEpoch::apply_gsv},
        Reader{"VTG", {}, SentenceKind::detail, 0, &NmeaEpoch::apply_vtg},
        Reader{"GST", {}, SentenceKind::detail, 1, &NmeaEpoch::apply_gst},
        Reader{"GBS", {}, SentenceKind::detail, 1, &NmeaEpoch::apply_gbs},
        Reader{"ZDA", {}, SentenceKind::detail, 0, &NmeaEpoch::apply_zda},
    };
    static constexpr std::array proprietary{
        Reader{"PUBX", "00", SentenceKind::report, 2, &NmeaEpoch::apply_pubx_00},
        Reader{"PUBX", "04", SentenceKind::detail, 0, &NmeaEpoch::apply_pubx_04},
        Reader{"PGRME", {}, SentenceKind::detail, 0, &NmeaEpoch::apply_pgrme},
        Reader{"PGRMF", {}, SentenceKind::report, 4, &NmeaEpoch::apply_pgrmf},
    };
    const auto reads = [&](const Reader& reader) {
        return reader.type == fields.type() && (reader.page.empty() || reader.page == fields[1]);
    };
    const auto find = [&](const auto& readers) -> const Reader* {
        const auto found = std::ranges::find_if(readers, reads);
        return found == readers.end() ? nullptr : &*found;
    };
    return fields.talker().empty() ? find(proprietary) : find(standard);
}

SentenceKind NmeaEpoch::kind(const NmeaFields& fields) {
    const Reader* reader = reader_of(fields);
    return reader == nullptr ? SentenceKind::unread : reader->kind;
}

std::optional<std::int64_t> NmeaEpoch::time_us(const NmeaFields& fields) {
    const Reader* reader = reader_of(fields);
    if (reader == nullptr || reader->time_field == 0) return std::nullopt;
    return fields.time_of_day_us(reader->time_field);
}

bool NmeaEpoch::has_report(std::string_view type) const {
    return std::find(reports.begin(), reports.end(), type) != reports.end();
}

void NmeaEpoch::apply(const NmeaFields& fields) {
    const Reader* reader = reader_of(fields);
    if (reader == nullptr) return;
    if (reader->kind == SentenceKind::report) {
        if (!has_report(fields.type())) reports.emplace_back(fields.type());
        take(time_of_day_us, time_us(fields));
    }
    (this->*reader->apply)(fields);
}

void NmeaEpoch::forget_satellites() {
    satellites_used.reset();
    listed = {};
    seen.clear();
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

void NmeaEpoch::take_movement(std::optional<double> speed, std::optional<double> course, int rank) {
    if (rank < movement_rank) return;
    speed = within(speed, 0, fastest_mps);
    if (speed) movement_rank = rank;
    take(speed_mps, speed);
    if (!course || *course < 0 || *course > 360) return;
    course_deg = *course == 360 ? 0 : *course;
}

void NmeaEpoch::take_altitude(std::optional<double> told_m) {
    take(altitude_m, within(told_m, lowest_altitude_m, highest_altitude_m));
}

void NmeaEpoch::take_used(std::optional<int> told) {
    told = satellites(told);
    if (told) satellites_used = std::max(satellites_used.value_or(0), *told);
}

void NmeaEpoch::take_accuracy(std::optional<double> told_m, int rank) {
    if (!told_m || *told_m <= 0 || rank < accuracy_rank) return;
    accuracy_m = told_m;
    accuracy_rank = rank;
}

void NmeaEpoch::take_date(std::optional<std::int64_t> told_day, std::optional<std::int64_t> told_time_us) {
    if (!told_day || !told_time_us) return;
    day = told_day;
    day_time_us = *told_time_us;
}

// 1 time, 2-5 position, 6 quality, 7 satellites used, 8 HDOP, 9 altitude, 10 M, 11 geoid separation
void NmeaEpoch::apply_gga(const NmeaFields& fields) {
    const auto quality = fields.count(6);
    const auto place = fields.position(2);
    if (quality == 0) {
        denied = true;
    } else if (!place) {
        return;  // a lost comma shifts the fields: what seems the quality is the count of satellites
    } else if (quality) {
        take_position(place, 3);
        take_grade(grade_of_quality(*quality));
        take_altitude(fields.number(9));
    }
    take_used(fields.count(7));
    take(hdop, dilution(fields.number(8)));
}

// 1 time, 2 status, 3-6 position, 7 knots, 8 course, 9 ddmmyy, 10-11 magnetic variation, 12 mode (2.3), 13
// navigational status (4.1; receivers that do not offer it always send V there). Some SiRF receivers and AIS
// transponders send one field for the variation, and the mode is the eleventh.
void NmeaEpoch::apply_rmc(const NmeaFields& fields) {
    const Status status = status_of(fields[2]);
    if (status == Status::invalid) denied = true;
    // Without a readable position fields are missing or shifted, and the others would not be what they seem.
    const auto place = fields.position(3);
    if (status == Status::valid && place) {
        take_position(place, 2);
        take_grade(fields[2] == "D" ? Grade::dgnss : Grade::autonomous);
        take_movement(scaled(fields.number(7), mps_per_knot), fields.number(8), 3);
    }
    if (status == Status::valid) take_mode(place ? mode_of_rmc(fields) : fields.letter(12));
    take_date(read_date(fields[9]), time_of_day_us);
}

// 1 time, 2-5 position, 6 a mode letter for each system, 7 satellites used, 8 HDOP, 9 altitude, 10 geoid
// separation
void NmeaEpoch::apply_gns(const NmeaFields& fields) {
    if (fields[6].empty()) return;
    const auto place = fields.position(2);
    if (!place && fields[6].find_first_not_of('N') != std::string_view::npos) return;  // shifted, as in GGA
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
        take_position(place, 3);
        take_altitude(fields.number(9));
    }
    take_used(fields.count(7));
    take(hdop, dilution(fields.number(8)));
}

// 1-4 position, 5 time, 6 status, 7 mode (2.3); before 2.0 the sentence ended with the position
void NmeaEpoch::apply_gll(const NmeaFields& fields) {
    const Status status = fields.last() > 5 ? status_of(fields[6]) : Status::valid;
    if (status == Status::invalid) denied = true;
    const auto place = fields.position(1);
    if (status != Status::valid || !place) return;
    take_position(place, 1);
    take_grade(fields[6] == "D" ? Grade::dgnss : Grade::autonomous);
    take_mode(fields.letter(7));
}

// 1 manual/automatic, 2 mode, 3-14 satellites used, 15 PDOP, 16 HDOP, 17 VDOP, 18 system (4.11). One sentence
// a system: one of them with a fix is enough. Navior's receivers list up to 24 satellites, and the dilutions
// behind them.
void NmeaEpoch::apply_gsa(const NmeaFields& fields) {
    const std::size_t more = fields.last() > 20 ? fields.last() - 17 : 0;  // not for a comma too many
    const char mode = fields.letter(2);
    if (mode >= '1' && mode <= '3') dimensions = std::max(dimensions, mode - '0');
    const char system_id = more == 0 ? fields.letter(18) : '\0';
    for (std::size_t index = 3; index <= 14 + more; ++index) {
        const auto number = fields.count(index);
        if (number && *number != 0) listed.add(system_of_used(fields.talker(), system_id, *number), *number);
    }
    if (!hdop) hdop = dilution(fields.number(16 + more));
}

NmeaEpoch::Seen* NmeaEpoch::seen_by(char system) {
    const auto known = std::ranges::find(seen, system, &Seen::system);
    if (known != seen.end()) return &*known;
    if (seen.size() == most_systems) return nullptr;
    Seen& added = seen.emplace_back();
    added.system = system;
    return &added;
}

// 1 sentences, 2 this one, 3 satellites in view, then four fields a satellite, its number first, and a signal
// id (4.11). A talker lists its satellites anew for each of its signals, and not the same ones; some do it in
// one group of sentences and count them all (Quectel LC79D).
void NmeaEpoch::apply_gsv(const NmeaFields& fields) {
    const auto told = satellites(fields.count(3));
    if (!told) return;
    Seen* const entry = seen_by(system_of_talker(fields.talker()));
    if (entry == nullptr) return;
    if (fields.count(2) == 1 || *told != entry->told) {
        entry->told_before = std::max(entry->told_before, entry->told - entry->repeated);
        entry->repeated = 0;
        entry->in_group = {};
    }
    entry->told = *told;
    for (std::size_t index = 4; index + 3 <= fields.last(); index += 4) {
        const auto number = fields.count(index);
        if (!number || *number == 0) continue;
        if (!entry->in_group.add(entry->system, *number)) ++entry->repeated;
        entry->listed.add(entry->system, *number);
    }
}

// 1 course, 2 T, 3 magnetic course, 4 M, 5 knots, 6 N, 7 km/h, 8 K, 9 mode (2.3); before 2.0 without the
// letters
void NmeaEpoch::apply_vtg(const NmeaFields& fields) {
    if (fields.letter(9) == 'N') return;
    const bool lettered = fields.letter(2) == 'T' || fields.last() > 4;
    auto speed = scaled(fields.number(lettered ? 5 : 3), mps_per_knot);
    if (!speed) speed = scaled(fields.number(lettered ? 7 : 4), mps_per_kmh);
    take_movement(speed, fields.number(1), 1);
}

// 1 time, 3 and 4 standard deviations along the axes of the error ellipse, 6 and 7 those of latitude and
// longitude, metres. Both pairs have the same root mean square; some receivers fill one only.
void NmeaEpoch::apply_gst(const NmeaFields& fields) {
    take_accuracy(twice_root_mean_square(fields.number(3), fields.number(4)), 4);
    take_accuracy(twice_root_mean_square(fields.number(6), fields.number(7)), 4);
}

// 1 time, 2 and 3 expected errors of latitude and longitude, metres (one sigma, as receivers fill it)
void NmeaEpoch::apply_gbs(const NmeaFields& fields) {
    take_accuracy(twice_root_mean_square(fields.number(2), fields.number(3)), 1);
}

// 1 time, 2 day, 3 month, 4 year
void NmeaEpoch::apply_zda(const NmeaFields& fields) {
    const auto told_day = fields.count(2);
    const auto month = fields.count(3);
    const auto year = fields.count(4);
    if (!told_day || !month || !year || !is_civil(*year, *month, *told_day)) return;
    if (day && day_time_us == time_of_day_us) return;  // RMC gave the date with this epoch's own time
    take_date(days_from_civil(*year, *month, *told_day), fields.time_of_day_us(1));
}

// 1 "00", 2 time, 3-6 position, 7 altitude over the ellipsoid (not read: it is not over the sea), 8 status, 9
// horizontal accuracy in metres (one sigma), 11 km/h, 12 course, 15 HDOP, 18 satellites used
void NmeaEpoch::apply_pubx_00(const NmeaFields& fields) {
    struct NavigationStatus {
        std::string_view name;
        Grade grade;
        int dimensions;  // 0: not told
    };
    static constexpr std::array known{
        NavigationStatus{"G2", Grade::autonomous, 2}, NavigationStatus{"G3", Grade::autonomous, 3},
        NavigationStatus{"D2", Grade::dgnss, 2},      NavigationStatus{"D3", Grade::dgnss, 3},
        NavigationStatus{"RK", Grade::autonomous, 0},  // satellites and dead reckoning together
        NavigationStatus{"DR", Grade::estimated, 0},
    };
    const auto told = std::ranges::find(known, fields[8], &NavigationStatus::name);
    if (told == known.end()) {  // NF no fix, TT time only
        denied = true;
        return;
    }
    take_position(fields.position(3), 2);
    take_grade(told->grade);
    dimensions = std::max(dimensions, told->dimensions);
    const auto sigma = fields.number(9);
    take_accuracy(scaled(sigma, 2), 3);
    take_movement(scaled(fields.number(11), mps_per_kmh), fields.number(12), 2);
    if (!hdop) hdop = dilution(fields.number(15));
    if (!satellites_used) satellites_used = satellites(fields.count(18));
}

// 1 "04", 2 time, 3 ddmmyy
void NmeaEpoch::apply_pubx_04(const NmeaFields& fields) {
    if (!day) take_date(read_date(fields[3]), fields.time_of_day_us(2));
}

// 1 horizontal position error, 2 M. Garmin's estimate is a median: half of all positions lie within.
void NmeaEpoch::apply_pgrme(const NmeaFields& fields) {
    constexpr double radius_95_over_50 = 2.08;  // of a circular normal distribution
    if (fields.letter(2) == 'M') take_accuracy(scaled(fields.number(1), radius_95_over_50), 2);
}

// 3 ddmmyy, 4 time, 6-9 position, 11 fix (0 none, 1 2D, 2 3D), 12 km/h, 13 course
void NmeaEpoch::apply_pgrmf(const NmeaFields& fields) {
    if (!day) take_date(read_date(fields[3]), time_of_day_us);
    const char fix = fields.letter(11);
    if (fix != '1' && fix != '2') {
        denied = true;
        return;
    }
    take_position(fields.position(6), 1);
    take_grade(Grade::autonomous);
    dimensions = std::max(dimensions, fix == '1' ? 2 : 3);
    take_movement(scaled(fields.number(12), mps_per_kmh), fields.number(13), 2);
}

}  // namespace fieldpost::hal
