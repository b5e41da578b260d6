#include "hal/supervisor/messages.hpp"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <cctype>

#include "hal/supervisor/supervisor.pb.h"

namespace fieldpost::hal {
namespace {

namespace wire = fieldpost::supervisor;

template <class Ours, class Theirs>
Ours known(Theirs value, Ours last) {
    const auto number = static_cast<int>(value);
    return number >= 0 && number <= static_cast<int>(last) ? static_cast<Ours>(number) : Ours{};
}

// "EVENT_POWER_ON" -> "power_on"
std::string short_name(const std::string& name) {
    std::string out = name.substr(name.find('_') + 1);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    return out;
}

}  // namespace

SupervisorState read_state(const wire::State& state, std::int64_t received_us) {
    SupervisorState out;
    out.power = known(state.power(), PowerState::hold_up);
    out.ignition = state.ignition();
    out.supply = known(state.supply(), SupplyLevel::high);
    out.supply_mv = state.supply_mv();
    if (out.power == PowerState::hold_up)
        out.deadline_us = received_us + std::int64_t{state.hold_up_left_ms()} * 1000;
    out.hold_up_cause = known(state.hold_up_cause(), HoldUpCause::run_over);
    out.run = state.run();
    out.started_by = known(state.started_by(), StartReason::again);
    out.cut_by = known(state.cut_by(), CutReason::boot_failed);
    out.failed_runs = state.failed_runs();
    out.unwatched = state.unwatched();
    out.sos_presses = state.sos_presses();
    out.tamper_openings = state.tamper_openings();
    out.tamper = state.tamper();
    out.wake_left_s = state.wake_left_s();
    out.uptime_s = state.uptime_s();
    out.resets = state.resets();
    out.log_next = state.log_next();
    out.version = state.version();
    out.slot = state.slot();
    out.trial = state.trial();
    out.update_waits = state.update_waits();
    out.bad_frames = state.bad_frames();
    out.starts = state.starts();
    out.received_us = received_us;
    return out;
}

SupervisorEvent read_event(const wire::LogEntry& entry) {
    SupervisorEvent out;
    out.number = entry.number();
    out.what = wire::Event_IsValid(entry.event()) ? short_name(wire::Event_Name(entry.event()))
                                                  : std::to_string(static_cast<int>(entry.event()));
    out.argument = entry.argument();
    out.value = entry.value();
    out.uptime_s = entry.uptime_s();
    out.starts = entry.starts();
    return out;
}

SupervisorSettings read_settings(const wire::Settings& settings) {
    SupervisorSettings out;
    const auto& type = *wire::Settings::descriptor();
    for (int i = 0; i < type.field_count(); ++i)
        out[type.field(i)->name()] = settings.GetReflection()->GetUInt32(settings, type.field(i));
    return out;
}

Status put_settings(const SupervisorSettings& changes, wire::Settings& settings) {
    for (const auto& [name, value] : changes) {
        const auto* field = wire::Settings::descriptor()->FindFieldByName(name);
        if (field == nullptr)
            return fail(ErrorCode::invalid_argument, "the supervisor has no setting '" + name + "'");
        settings.GetReflection()->SetUInt32(&settings, field, value);
    }
    return ok();
}

Status read_result(const wire::Report& report) {
    switch (report.result()) {
        case wire::RESULT_OK:
            return ok();
        case wire::RESULT_UNKNOWN_COMMAND:
            return fail(ErrorCode::refused, "the supervisor's firmware is too old for this command");
        case wire::RESULT_STALE:
            return fail(ErrorCode::conflict, "the supervisor has begun another run meanwhile");
        case wire::RESULT_OUT_OF_RANGE:
            return fail(ErrorCode::invalid_argument, "the supervisor takes no such value");
        case wire::RESULT_STORAGE_FAILED:
            return fail(ErrorCode::io, "the supervisor's own memory takes no writes");
        case wire::RESULT_OUT_OF_ORDER:
            return fail(ErrorCode::conflict, "the supervisor lost the thread of the update; begin again");
        case wire::RESULT_TOO_LARGE:
            return fail(ErrorCode::refused, "the file is no firmware, or too large for the supervisor");
        case wire::RESULT_WRONG_BOARD:
            return fail(ErrorCode::refused, "the firmware is for another board");
        case wire::RESULT_OLDER:
            return fail(ErrorCode::refused, "the firmware is older than the one that runs");
        case wire::RESULT_DAMAGED:
            return fail(ErrorCode::refused, "the firmware is damaged: its hash does not hold");
        case wire::RESULT_NOT_SIGNED:
            return fail(ErrorCode::refused, "the firmware is not signed with this supervisor's key");
        case wire::RESULT_TRIAL:
            return fail(ErrorCode::conflict, "the firmware that runs is not confirmed yet");
        default:
            return fail(ErrorCode::refused, "the supervisor refused for a reason this program does not know");
    }
}

}  // namespace fieldpost::hal
