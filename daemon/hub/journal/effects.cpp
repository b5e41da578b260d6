#include "daemon/hub/journal/effects.hpp"

namespace fieldpost::hub {

namespace {

constexpr std::int64_t micros = 1'000'000;

}  // namespace

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

void apply_to_visit(const std::string& device, const protocol::Operation& operation, records::Visit& visit) {
    visit.set_visit_id(operation.visit_id());
    visit.set_device(device);
    const std::int64_t at = operation.time().utc_us() / micros;
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

records::Observation to_observation(const std::string& device, const protocol::Operation& operation) {
    const auto& made = operation.observation_made();
    records::Observation out;
    out.set_observation_id(operation.id());
    out.set_visit_id(operation.visit_id());
    out.set_kind(made.kind());
    out.set_note(made.note());
    out.set_severity(made.severity());
    *out.mutable_values() = made.values();
    out.set_device(device);
    out.set_recorded_at(operation.time().utc_us() / micros);
    out.set_time_quality(time_quality_name(operation.time().quality()));
    out.set_fix(fix_name(operation.gnss().fix()));
    out.set_accuracy_m(operation.gnss().accuracy_m());
    if (operation.gnss().has_position()) *out.mutable_position() = operation.gnss().position();
    return out;
}

}  // namespace fieldpost::hub
