#include "daemon/device/record/recorder.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "sync/base/crypto.hpp"
#include "sync/base/time.hpp"

namespace fieldpost::device {

namespace {

constexpr std::size_t max_text = 10'000;  // bytes of one note
constexpr std::size_t max_values = 200;
constexpr std::array<std::string_view, 5> severities = {"", "info", "minor", "major", "critical"};
constexpr std::array<std::string_view, 4> visit_results = {"passed", "failed", "partial", "no_access"};

protocol::FixType to_wire(hal::FixType fix) {
    switch (fix) {
        case hal::FixType::none:
            return protocol::FIX_NONE;
        case hal::FixType::fix_2d:
            return protocol::FIX_2D;
        case hal::FixType::fix_3d:
            return protocol::FIX_3D;
        case hal::FixType::dgnss:
            return protocol::FIX_DGNSS;
        case hal::FixType::rtk:
            return protocol::FIX_RTK;
        case hal::FixType::estimated:
            return protocol::FIX_ESTIMATED;
    }
    return protocol::FIX_NONE;
}

protocol::TimeQuality to_wire(hal::TimeQuality quality) {
    switch (quality) {
        case hal::TimeQuality::none:
            return protocol::TIME_NONE;
        case hal::TimeQuality::build_floor:
            return protocol::TIME_BUILD_FLOOR;
        case hal::TimeQuality::rtc:
            return protocol::TIME_RTC;
        case hal::TimeQuality::ntp:
            return protocol::TIME_NTP;
        case hal::TimeQuality::gnss:
            return protocol::TIME_GNSS;
    }
    return protocol::TIME_NONE;
}

Bytes uuid_bytes(std::string_view text) {
    std::string hex;
    std::ranges::copy_if(text, std::back_inserter(hex), [](char c) { return c != '-'; });
    return from_hex(hex).value_or(Bytes());
}

std::int32_t e7(double degrees) {
    return static_cast<std::int32_t>(std::lround(degrees * 1e7));
}

Status check_text(std::string_view what, std::string_view text) {
    if (text.size() > max_text) {
        return fail(ErrorCode::invalid_argument, std::string(what) + " is too long: at most 10,000 bytes");
    }
    return ok();
}

Status check_id(std::string_view what, std::string_view id) {
    if (!id.empty() && !is_uuid(id)) {
        return fail(ErrorCode::invalid_argument, std::string(what) + " must be a UUID");
    }
    return ok();
}

}  // namespace

bool is_uuid(std::string_view text) {
    if (text.size() != 36) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        const bool hex = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
        if (dash ? text[i] != '-' : !hex) return false;
    }
    return true;
}

void Recorder::fix(const hal::Fix& fix) {
    {
        const std::lock_guard lock(mutex_);
        fix_ = fix;
    }
    if (fix.utc_valid && fix.utc_us) clock_.offer_gnss_time(*fix.utc_us, fix.received_us);
}

hal::Fix Recorder::fix_now() const {
    const std::lock_guard lock(mutex_);
    return hal::at_time(fix_, clock_.boottime_us());
}

protocol::TimeStamp Recorder::time_now() const {
    const hal::TimeReading now = clock_.now();
    protocol::TimeStamp stamp;
    stamp.set_utc_us(now.utc_us);
    stamp.set_quality(to_wire(now.quality));
    stamp.set_boot_id(uuid_bytes(clock_.boot_id()));
    stamp.set_boottime_us(now.boottime_us);
    return stamp;
}

protocol::GnssStamp Recorder::place_now() const {
    const hal::Fix fix = fix_now();
    protocol::GnssStamp stamp;
    stamp.set_fix(to_wire(fix.type));
    if (fix.position) {
        stamp.mutable_position()->set_lat_e7(e7(fix.position->latitude));
        stamp.mutable_position()->set_lon_e7(e7(fix.position->longitude));
        stamp.set_age_ms(static_cast<std::uint32_t>(fix.age_us(clock_.boottime_us()) / 1000));
        stamp.set_hdop(static_cast<float>(fix.hdop.value_or(0)));
        stamp.set_accuracy_m(static_cast<float>(fix.accuracy_m.value_or(0)));
    }
    stamp.set_satellites(static_cast<std::uint32_t>(fix.satellites_used.value_or(0)));
    return stamp;
}

protocol::Operation Recorder::stamped(std::string id, std::string visit, records::RecordId property) const {
    protocol::Operation operation;
    operation.set_id(id.empty() ? random_uuid() : std::move(id));
    operation.set_visit_id(std::move(visit));
    operation.set_property(static_cast<std::uint64_t>(property));
    *operation.mutable_time() = time_now();
    *operation.mutable_gnss() = place_now();
    return operation;
}

void Recorder::start_visit(NewVisit visit, Journal::Saved saved) {
    Status sound = check_id("the visit's id", visit.id);
    if (sound) sound = check_text("the purpose", visit.purpose);
    if (sound && visit.property == 0) {
        sound = fail(ErrorCode::invalid_argument, "a visit needs a property: give its id in \"property\"");
    }
    if (!sound) return saved(sound.error());
    auto operation = stamped(visit.id, {}, visit.property);
    operation.set_visit_id(operation.id());
    operation.mutable_visit_started()->set_purpose(visit.purpose);
    journal_.append(protocol::WORK, std::move(operation), std::move(saved));
}

void Recorder::observe(NewObservation observation, Journal::Saved saved) {
    Status sound = check_id("the observation's id", observation.id);
    if (sound) sound = check_id("the visit's id", observation.visit);
    if (sound) sound = check_text("the note", observation.note);
    if (sound && (observation.kind.empty() || observation.kind.size() > 64)) {
        sound = fail(ErrorCode::invalid_argument,
                     "an observation needs a \"kind\", such as note, condition or hazard");
    }
    if (sound && observation.note.empty() && observation.values.empty()) {
        sound = fail(ErrorCode::invalid_argument, "an observation needs a \"note\" or \"values\"");
    }
    if (sound && std::ranges::find(severities, observation.severity) == severities.end()) {
        sound = fail(ErrorCode::invalid_argument, "\"severity\" is one of info, minor, major, critical");
    }
    if (sound && observation.values.size() > max_values) {
        sound = fail(ErrorCode::invalid_argument, "at most 200 values in one observation");
    }
    if (!sound) return saved(sound.error());
    auto operation = stamped(std::move(observation.id), std::move(observation.visit), observation.property);
    auto& made = *operation.mutable_observation_made();
    made.set_kind(std::move(observation.kind));
    made.set_note(std::move(observation.note));
    made.set_severity(std::move(observation.severity));
    for (auto& [name, value] : observation.values) {
        auto& added = *made.add_values();
        added.set_name(std::move(name));
        added.set_value(std::move(value));
    }
    journal_.append(protocol::WORK, std::move(operation), std::move(saved));
}

void Recorder::finish_visit(VisitEnd end, Journal::Saved saved) {
    Status sound = check_text("the note", end.note);
    if (sound && std::ranges::find(visit_results, end.result) == visit_results.end()) {
        sound = fail(ErrorCode::invalid_argument, "\"result\" is one of passed, failed, partial, no_access");
    }
    if (!sound) return saved(sound.error());
    // One end per visit: its id follows from the visit's, so a repeated request finds it.
    const std::string hex = to_hex(sha256("finish " + end.visit)).substr(0, 32);
    std::string id = hex;
    for (const std::size_t dash : {8U, 13U, 18U, 23U}) id.insert(dash, 1, '-');
    auto operation = stamped(id, end.visit, end.property);
    operation.mutable_visit_finished()->set_result(end.result);
    operation.mutable_visit_finished()->set_note(end.note);
    journal_.append(protocol::WORK, std::move(operation),
                    [this, id, saved = std::move(saved)](Result<Recorded> recorded) {
                        if (!recorded && recorded.error().code == ErrorCode::conflict) {
                            return saved(finished_before(id, recorded.error()));
                        }
                        saved(std::move(recorded));
                    });
}

Error Recorder::finished_before(const std::string& id, const Error& refused) {
    const auto first = journal_.by_id(id);
    if (!first || !*first || !(*first)->operation.has_visit_finished()) return refused;
    const auto& operation = (*first)->operation;
    std::string stands = "\"" + operation.visit_finished().result() + "\"";
    if (!operation.visit_finished().note().empty()) {
        stands += ", with the note \"" + operation.visit_finished().note() + "\"";
    }
    return fail(ErrorCode::conflict, "this visit was finished at " +
                                         format_rfc3339(operation.time().utc_us()) + " as " + stands +
                                         ": that stands. Record what has changed as an observation");
}

}  // namespace fieldpost::device
