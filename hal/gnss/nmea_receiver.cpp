#include "hal/gnss/nmea_receiver.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace fieldpost::hal {
namespace {

constexpr std::int64_t second_us = 1'000'000;
constexpr std::int64_t day_us = 86'400 * second_us;
constexpr std::int64_t rollover_us = 1024 * (7 * day_us);
constexpr std::int64_t details_hold_us = 15 * second_us;  // GSA and GSV come every 1 to 10 s
constexpr std::int64_t reference_holds_us = day_us / 2;   // beyond it the nearest day is a guess
constexpr std::size_t most_leading = 128;                 // four systems in view on three signals each
constexpr std::size_t most_systems = 16;

// One moment, though one sentence rounds it and another does not (Magellan: 120824.758 and 120824.76). No
// receiver tells more than a hundred epochs a second.
bool is_same_moment(std::int64_t a_us, std::int64_t b_us) {
    return std::llabs(a_us - b_us) < 10'000;
}

// The moment with this time of day that lies nearest to `near_us`.
std::int64_t nearest_day(std::int64_t time_of_day_us, std::int64_t near_us) {
    std::int64_t utc = near_us / day_us * day_us + time_of_day_us;
    if (utc - near_us > day_us / 2) utc -= day_us;
    if (near_us - utc > day_us / 2) utc += day_us;
    return utc;
}

// Radius for 95 of 100 positions at HDOP 1, when the receiver gives no estimate of its own: about twice the
// user range error that each technique leaves in open and built-up streets. Dead reckoning has no such bound.
std::optional<double> metres_per_hdop(Grade grade) {
    switch (grade) {
        case Grade::unknown:
        case Grade::autonomous:
            return 10.0;
        case Grade::dgnss:
            return 4.0;
        case Grade::rtk_float:
            return 1.0;
        case Grade::rtk_fixed:
            return 0.05;
        case Grade::estimated:
            return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace

NmeaReceiver::NmeaReceiver(std::int64_t date_floor_us, Handler on_fix)
    : on_fix_(std::move(on_fix)), date_floor_us_(date_floor_us) {}

void NmeaReceiver::feed(std::string_view bytes, std::int64_t now_us) {
    feed(bytes, now_us, now_us);
}

void NmeaReceiver::feed(std::string_view bytes, std::int64_t first_us, std::int64_t last_us) {
    tick(first_us);
    framer_.feed(bytes, [&](std::string_view text) {
        if (take_sentence(text, first_us)) last_sentence_us_ = last_us;
    });
    if (!bytes.empty()) last_byte_us_ = last_us;
}

void NmeaReceiver::tick(std::int64_t now_us) {
    const auto deadline = deadline_us();
    if (deadline && now_us >= *deadline) tell();
}

std::optional<std::int64_t> NmeaReceiver::deadline_us() const {
    if (told_ || !epoch_.has_report()) return std::nullopt;
    return std::min(last_byte_us_ + quiet_us, last_sentence_us_ + chatter_us);
}

void NmeaReceiver::finish() {
    tell();
    framer_.reset();
    epoch_ = {};
    told_ = false;
    leading_.clear();
    dimensions_ = 0;
    altitude_solved_at_us_.reset();
    seen_.clear();
}

bool NmeaReceiver::take_sentence(std::string_view text, std::int64_t now_us) {
    const NmeaFields fields(text);
    switch (NmeaEpoch::kind(fields)) {
        case SentenceKind::unread:
            return false;
        case SentenceKind::report:
            take_report(fields, now_us);
            return true;
        case SentenceKind::detail:
            if (!told_ && !speaks_of_another(fields)) {
                epoch_.apply(fields);
            } else if (leading_.size() < most_leading) {
                leading_.emplace_back(text);
            }
            return true;
    }
    return false;
}

void NmeaReceiver::take_report(const NmeaFields& fields, std::int64_t now_us) {
    if (begins_epoch(fields)) {
        disown_denial(fields);
        tell();
        epoch_ = {};
    } else if (told_ && epoch_.has_report(fields.type())) {
        epoch_.forget_satellites();  // its clock stands still, but the satellites move on
    }
    if (!epoch_.has_report()) epoch_received_us_ = now_us;
    for (const std::string& text : leading_) epoch_.apply(NmeaFields(text));
    leading_.clear();
    epoch_.apply(fields);
    told_ = false;
}

// Where GSA leads a burst and no pause tells it from the burst before, the one that denies the next moment
// has been taken for the last good moment's.
void NmeaReceiver::disown_denial(const NmeaFields& next) {
    if (epoch_.dimensions != 1 || epoch_.denied || !epoch_.position) return;
    NmeaEpoch following;
    following.apply(next);
    if (following.denied) epoch_.dimensions = 0;
}

bool NmeaReceiver::speaks_of_another(const NmeaFields& fields) const {
    const auto time = NmeaEpoch::time_us(fields);
    return time && epoch_.time_of_day_us && !is_same_moment(*time, *epoch_.time_of_day_us);
}

bool NmeaReceiver::begins_epoch(const NmeaFields& fields) const {
    if (!epoch_.has_report()) return false;
    const auto time = NmeaEpoch::time_us(fields);
    if (time && epoch_.time_of_day_us) {
        if (*time == *epoch_.time_of_day_us) return false;
        return !is_same_moment(*time, *epoch_.time_of_day_us) || epoch_.has_report(fields.type());
    }
    // A receiver that just woke up tells no time: then the same sentence again is the next epoch.
    return told_ || epoch_.has_report(fields.type());
}

void NmeaReceiver::tell() {
    if (told_ || !epoch_.has_report()) return;
    told_ = true;
    Fix fix = judge();
    jumps_.judge(fix);
    on_fix_(fix);
}

Fix NmeaReceiver::judge() {
    Fix fix;
    fix.received_us = epoch_received_us_;
    fix.time_of_day_us = epoch_.time_of_day_us;
    advance_hold_clock();
    judge_dimensions();
    fix.type = judge_type();
    if (fix.type != FixType::none) {
        fix.position = epoch_.position;
        fix.speed_mps = epoch_.speed_mps;
        fix.course_deg = epoch_.course_deg;
        fix.hdop = epoch_.hdop;
        if (is_solid()) fix.altitude_m = epoch_.altitude_m;
        fix.accuracy_m = epoch_.accuracy_m;
        const auto scale = metres_per_hdop(epoch_.grade);
        if (!fix.accuracy_m && fix.hdop && *fix.hdop > 0 && scale) fix.accuracy_m = *fix.hdop * *scale;
    }
    // GGA counts to 12 at most in receivers before 4.0.
    fix.satellites_used = epoch_.satellites_used;
    const int listed = epoch_.listed.count();
    if (listed > fix.satellites_used.value_or(0)) fix.satellites_used = listed;
    count_seen(fix);
    date(fix);
    return fix;
}

void NmeaReceiver::advance_hold_clock() {
    std::int64_t passed = epoch_received_us_ - judged_received_us_;
    if (epoch_.time_of_day_us && judged_time_us_) {
        const std::int64_t told = (*epoch_.time_of_day_us - *judged_time_us_ + day_us) % day_us;
        if (told < day_us / 2) passed = std::max(passed, told);
    }
    hold_clock_us_ += std::max<std::int64_t>(passed, 0);
    judged_received_us_ = epoch_received_us_;
    judged_time_us_ = epoch_.time_of_day_us;
}

void NmeaReceiver::judge_dimensions() {
    if (epoch_.denied || epoch_.dimensions == 1 || !epoch_.position) {
        dimensions_ = 0;
        altitude_solved_at_us_.reset();
        return;
    }
    if (epoch_.dimensions != 0) {
        dimensions_ = epoch_.dimensions;
        dimensions_at_us_ = hold_clock_us_;
    } else if (hold_clock_us_ - dimensions_at_us_ > details_hold_us) {
        dimensions_ = 0;
    }
    // Of three satellites the altitude is only assumed. No satellites at all are a count that is not filled.
    const int used = std::max(epoch_.satellites_used.value_or(0), epoch_.listed.count());
    if (epoch_.altitude_m && (used == 0 || used > 3)) altitude_solved_at_us_ = hold_clock_us_;
}

bool NmeaReceiver::is_solid() const {
    if (dimensions_ != 0) return dimensions_ == 3;
    return altitude_solved_at_us_ && hold_clock_us_ - *altitude_solved_at_us_ <= details_hold_us;
}

FixType NmeaReceiver::judge_type() const {
    if (epoch_.denied || epoch_.dimensions == 1 || !epoch_.position) return FixType::none;
    switch (epoch_.grade) {
        case Grade::estimated:
            return FixType::estimated;
        case Grade::rtk_float:
        case Grade::rtk_fixed:
            return FixType::rtk;
        case Grade::dgnss:
            return FixType::dgnss;
        case Grade::unknown:
        case Grade::autonomous:
            break;
    }
    return is_solid() ? FixType::fix_3d : FixType::fix_2d;
}

void NmeaReceiver::date(Fix& fix) {
    if (!fix.time_of_day_us) return;
    const bool measured = fix.type != FixType::none && fix.type != FixType::estimated;
    std::optional<std::int64_t> utc;
    bool vouched = measured;
    if (epoch_.day) {
        utc = nearest_day(*fix.time_of_day_us, *epoch_.day * day_us + epoch_.day_time_us);
    } else if (reference_utc_us_ && fix.received_us - reference_at_us_ < reference_holds_us) {
        utc = nearest_day(*fix.time_of_day_us, *reference_utc_us_ + (fix.received_us - reference_at_us_));
        vouched = reference_vouched_;
    }
    if (!utc || *utc < 0) return;
    if (*utc < date_floor_us_) {
        if (!measured) return;
        for (int turn = 0; turn < 2 && *utc < date_floor_us_; ++turn) *utc += rollover_us;
        if (*utc < date_floor_us_) return;
    }
    fix.utc_us = utc;
    fix.utc_valid = measured && vouched;
    reference_utc_us_ = utc;
    reference_vouched_ = vouched;
    reference_at_us_ = fix.received_us;
}

void NmeaReceiver::count_seen(Fix& fix) {
    for (const NmeaEpoch::Seen& told : epoch_.seen) {
        const auto known =
            std::find_if(seen_.begin(), seen_.end(), [&](const Seen& s) { return s.system == told.system; });
        const Seen entry{told.system, told.satellites(), hold_clock_us_};
        if (known == seen_.end()) {
            if (seen_.size() == most_systems) continue;
            seen_.push_back(entry);
        } else {
            *known = entry;
        }
    }
    std::erase_if(seen_, [&](const Seen& s) { return hold_clock_us_ - s.at_us > details_hold_us; });
    if (seen_.empty()) return;
    int total = 0;
    for (const Seen& entry : seen_) total += entry.satellites;
    fix.satellites_seen = std::min(total, static_cast<int>(SatelliteSet::most));
}

}  // namespace fieldpost::hal
