// What the sentences about one moment said, gathered but not yet judged.
//
// Read: GGA RMC GNS GLL, u-blox's PUBX,00 and Garmin's PGRMF (reports: they carry a position and say whether
// it holds), GSA GSV VTG GST GBS ZDA, u-blox's PUBX,04 and Garmin's PGRME (details). Field numbers are those
// of NMEA 0183 4.11 and of the makers' manuals; older sentences end earlier, and what they lack stays absent.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hal/gnss/nmea_fields.hpp"
#include "hal/gnss/satellites.hpp"

namespace fieldpost::hal {

// How the receiver says it found the position. Where sentences differ the later name here wins: the better
// technique, but over all of them `estimated`.
enum class Grade { unknown, autonomous, dgnss, rtk_float, rtk_fixed, estimated };

enum class SentenceKind { unread, report, detail };

struct NmeaEpoch {
    // What the address stands for; `unread` sentences are not for apply().
    static SentenceKind kind(const NmeaFields& fields);
    // The time of day that a sentence speaks of; nullopt where none is told, and for those that tell the
    // date, which are read whenever they come.
    static std::optional<std::int64_t> time_us(const NmeaFields& fields);

    void apply(const NmeaFields& fields);

    // Before the same moment is told anew.
    void forget_satellites();

    bool has_report() const { return !reports.empty(); }
    bool has_report(std::string_view type) const;

    std::vector<std::string> reports;  // their types, in order of arrival, each once

    std::optional<std::int64_t> time_of_day_us;
    // A date, as days since 1970, and the time of day that it was told with (ZDA may belong to another
    // second).
    std::optional<std::int64_t> day;
    std::int64_t day_time_us = 0;

    bool denied = false;  // a sentence says that there is no valid position
    Grade grade = Grade::unknown;
    int dimensions = 0;  // GSA: 1 no fix, 2, 3; 0 not told
    std::optional<Position> position;
    int position_rank = 0;  // GGA and GNS over RMC over GLL

    std::optional<double> altitude_m;
    std::optional<double> speed_mps;
    std::optional<double> course_deg;
    std::optional<double> hdop;
    std::optional<double> accuracy_m;  // the receiver's own estimate, 95 %
    int movement_rank = 0;             // RMC over PUBX and PGRMF over VTG, which may lead the next epoch
    int accuracy_rank = 0;             // GST over PUBX over PGRME over GBS
    std::optional<int> satellites_used;
    SatelliteSet listed;  // GSA

    struct Seen {
        char system = 'N';    // system_of_talker
        int told_before = 0;  // by the groups of sentences before the last
        int told = 0;         // by the last group
        int repeated = 0;     // listed in it once more: some receivers count signals
        SatelliteSet in_group;
        SatelliteSet listed;

        int satellites() const { return std::max({told_before, told - repeated, listed.count()}); }
    };
    std::vector<Seen> seen;  // GSV, one entry a system

  private:
    void apply_gga(const NmeaFields& fields);
    void apply_rmc(const NmeaFields& fields);
    void apply_gns(const NmeaFields& fields);
    void apply_gll(const NmeaFields& fields);
    void apply_gsa(const NmeaFields& fields);
    void apply_gsv(const NmeaFields& fields);
    void apply_vtg(const NmeaFields& fields);
    void apply_gst(const NmeaFields& fields);
    void apply_zda(const NmeaFields& fields);
    void apply_gbs(const NmeaFields& fields);
    void apply_pubx_00(const NmeaFields& fields);
    void apply_pubx_04(const NmeaFields& fields);
    void apply_pgrme(const NmeaFields& fields);
    void apply_pgrmf(const NmeaFields& fields);

    void take_position(const std::optional<Position>& told, int rank);
    void take_grade(Grade told);
    void take_mode(char mode);
    void take_movement(std::optional<double> told_mps, std::optional<double> told_deg, int rank);
    // The highest count counts: some sentences tell only the satellites of their talker's system.
    void take_used(std::optional<int> told);
    void take_altitude(std::optional<double> told_m);
    void take_accuracy(std::optional<double> told_m, int rank);
    void take_date(std::optional<std::int64_t> told_day, std::optional<std::int64_t> told_time_us);
    Seen* seen_by(char system);

    struct Reader;
    static const Reader* reader_of(const NmeaFields& fields);
};

}  // namespace fieldpost::hal
