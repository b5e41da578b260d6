#include "sync/engine/field_records.hpp"

#include "sync/base/time.hpp"

namespace fieldpost::engine {

namespace {

constexpr std::int64_t micros = 1'000'000;

}  // namespace

records::RecordId observation_record(std::string_view observation) {
    return records::record_id(records::OBSERVATION, field_source, observation);
}

records::RecordId visit_record(std::string_view visit) {
    return records::record_id(records::VISIT, field_source, visit);
}

std::string fix_name(protocol::FixType fix) {
    switch (fix) {
        case protocol::FIX_2D:
            return "2d";
        case protocol::FIX_3D:
            return "3d";
        case protocol::FIX_DGNSS:
            return "dgnss";
        case protocol::FIX_RTK:
            return "rtk";
        case protocol::FIX_ESTIMATED:
            return "estimated";
        default:
            return "none";
    }
}

std::string time_quality_name(protocol::TimeQuality quality) {
    switch (quality) {
        case protocol::TIME_BUILD_FLOOR:
            return "build_floor";
        case protocol::TIME_RTC:
            return "rtc";
        case protocol::TIME_NTP:
            return "ntp";
        case protocol::TIME_GNSS:
            return "gnss";
        default:
            return "none";
    }
}

void apply_to_visit(const std::string& device, const protocol::Operation& operation, const TrueTime& when,
                    records::Visit& visit) {
    visit.set_visit_id(operation.visit_id());
    visit.set_device(device);
    const std::int64_t at = when.utc_us / micros;
    if (operation.has_visit_started()) {
        visit.set_purpose(operation.visit_started().purpose());
        visit.set_started_at(at);
        if (operation.gnss().has_position()) *visit.mutable_position() = operation.gnss().position();
    }
    if (operation.has_visit_finished()) {
        visit.set_finished_at(at);
        visit.set_result(operation.visit_finished().result());
        visit.set_note(operation.visit_finished().note());
    }
}

bool contradicts(const protocol::Operation& operation, const records::Visit& before,
                 const records::Visit& after) {
    if (before.device() != after.device()) return true;
    const bool said = operation.has_visit_started() ? before.started_at() != 0 : before.finished_at() != 0;
    return said && before.SerializeAsString() != after.SerializeAsString();
}

void to_observation(const std::string& device, const protocol::Operation& operation, const TrueTime& when,
                    records::Observation& out) {
    out.set_observation_id(operation.id());
    out.set_visit_id(operation.visit_id());
    const bool corrects = operation.has_observation_corrected();
    const auto& made = corrects ? operation.observation_corrected().made() : operation.observation_made();
    out.set_kind(made.kind());
    out.set_note(made.note());
    out.set_severity(made.severity());
    *out.mutable_values() = made.values();
    *out.mutable_attachments() = made.attachments();
    if (corrects) {
        out.set_corrects(operation.observation_corrected().observation());
        out.set_correction_reason(operation.observation_corrected().reason());
    }
    out.set_device(device);
    out.set_fix(fix_name(operation.gnss().fix()));
    out.set_accuracy_m(operation.gnss().accuracy_m());
    if (operation.gnss().has_position()) *out.mutable_position() = operation.gnss().position();
    restamp(operation.time(), when, out);
}

void restamp(const protocol::TimeStamp& stamp, const TrueTime& when, records::Observation& observation) {
    observation.set_recorded_at(when.utc_us / micros);
    observation.set_time_quality(time_quality_name(when.quality));
    if (when == TrueTime{stamp.utc_us(), stamp.quality()}) return;
    observation.set_clock_showed(format_rfc3339(stamp.utc_us()) + ", " + time_quality_name(stamp.quality()));
}

}  // namespace fieldpost::engine
