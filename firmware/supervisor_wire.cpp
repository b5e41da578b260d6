// The supervisor's end of supervisor.proto.
#include <pb_decode.h>
#include <pb_encode.h>

#include "firmware/supervisor.hpp"
#include "hal/supervisor/supervisor.pb.h"

namespace fieldpost::firmware {

static_assert(fieldpost_supervisor_Report_size <= longest_message);
static_assert(fieldpost_supervisor_Request_size <= longest_message);

struct Supervisor::Answer {
    fieldpost_supervisor_Request request;
    fieldpost_supervisor_Report report;

    void result(fieldpost_supervisor_Result value) { report.result = value; }
    void result(Update::Outcome outcome) {
        report.result = static_cast<fieldpost_supervisor_Result>(outcome);
    }
};

namespace {

// One line a field, so that the two cannot drift apart.
template <class From, class To>
void copy_settings(const From& from, To& to) {
    to.ignition_on_ms = from.ignition_on_ms;
    to.ignition_off_ms = from.ignition_off_ms;
    to.low_mv = from.low_mv;
    to.low_ms = from.low_ms;
    to.resume_mv = from.resume_mv;
    to.crank_mv = from.crank_mv;
    to.crank_ms = from.crank_ms;
    to.high_mv = from.high_mv;
    to.high_ms = from.high_ms;
    to.hold_up_ms = from.hold_up_ms;
    to.off_ms = from.off_ms;
    to.boot_ms = from.boot_ms;
    to.host_watchdog_ms = from.host_watchdog_ms;
    to.boot_tries = from.boot_tries;
    to.healthy_ms = from.healthy_ms;
    to.wake_ms = from.wake_ms;
    to.sos_ms = from.sos_ms;
    to.trial_ms = from.trial_ms;
}

std::uint32_t seconds_left(std::uint64_t at_ms, std::uint64_t now_ms) {
    return at_ms > now_ms ? static_cast<std::uint32_t>((at_ms - now_ms + 999) / 1'000) : 0;
}

}  // namespace

void Supervisor::answer(std::span<const std::uint8_t> message) {
    Answer answer{};
    pb_istream_t in = pb_istream_from_buffer(message.data(), message.size());
    // A whole frame that is no request comes from a program that is not ours: nobody waits for an answer.
    if (!pb_decode(&in, fieldpost_supervisor_Request_fields, &answer.request) || answer.request.id == 0)
        return;
    answer.report.request = answer.request.id;
    obey(answer);
    send(answer);
    // Obeyed when it is answered, for then there is nobody left to answer.
    if (answer.request.which_command == fieldpost_supervisor_Request_done_tag)
        power_.done(now_ms_, answer.request.command.done.run);
}

void Supervisor::obey(Answer& answer) {
    const auto& command = answer.request.command;
    switch (answer.request.which_command) {
        case fieldpost_supervisor_Request_feed_tag:
            return power_.feed(now_ms_, command.feed.pause_ms);
        case fieldpost_supervisor_Request_done_tag:
            if (command.done.run != power_.memory().run)
                answer.result(fieldpost_supervisor_Result_RESULT_STALE);
            return;
        case fieldpost_supervisor_Request_set_wake_tag:
            if (command.set_wake.after_s > Power::longest_timer_s)
                return answer.result(fieldpost_supervisor_Result_RESULT_OUT_OF_RANGE);
            return power_.set_timer(now_ms_, command.set_wake.after_s);
        case fieldpost_supervisor_Request_read_log_tag:
            return read_log(answer);
        case fieldpost_supervisor_Request_write_settings_tag:
            write_settings(answer);
            [[fallthrough]];
        case fieldpost_supervisor_Request_read_settings_tag:
            answer.report.which_body = fieldpost_supervisor_Report_settings_tag;
            return copy_settings(settings_, answer.report.body.settings);
        case fieldpost_supervisor_Request_begin_update_tag:
        case fieldpost_supervisor_Request_update_block_tag:
            return begin_update(answer);
        case fieldpost_supervisor_Request_finish_update_tag:
            return finish_update(answer);
        case fieldpost_supervisor_Request_confirm_update_tag:
            return confirm_update(answer);
        default:
            return answer.result(fieldpost_supervisor_Result_RESULT_UNKNOWN_COMMAND);
    }
}

void Supervisor::write_settings(Answer& answer) {
    Settings wanted;
    copy_settings(answer.request.command.write_settings, wanted);
    if (!in_range(wanted)) return answer.result(fieldpost_supervisor_Result_RESULT_OUT_OF_RANGE);
    if (wanted == settings_) return;
    if (!settings_store_.save(wanted))
        return answer.result(fieldpost_supervisor_Result_RESULT_STORAGE_FAILED);
    settings_ = wanted;
    note(Event::settings_changed, 0, 0);
}

void Supervisor::read_log(Answer& answer) {
    answer.report.which_body = fieldpost_supervisor_Report_log_tag;
    fieldpost_supervisor_LogPage& page = answer.report.body.log;
    LogRecord record;
    std::uint32_t from = answer.request.command.read_log.from;
    while (page.entries_count < sizeof page.entries / sizeof page.entries[0] && log_.find(from, record)) {
        fieldpost_supervisor_LogEntry& entry = page.entries[page.entries_count++];
        entry.number = record.number;
        entry.event = static_cast<fieldpost_supervisor_Event>(record.event);
        entry.argument = record.argument;
        entry.value = record.value;
        entry.uptime_s = record.uptime_s;
        entry.starts = record.starts;
        from = record.number + 1;
    }
}

void Supervisor::begin_update(Answer& answer) {
    answer.report.which_body = fieldpost_supervisor_Report_update_tag;
    if (on_trial() || gave_up()) return answer.result(fieldpost_supervisor_Result_RESULT_TRIAL);
    if (answer.request.which_command == fieldpost_supervisor_Request_begin_update_tag) {
        // One that waits is overwritten: it must not be started half.
        if (update_waits() && !save_boot({slot_, 0, 0, 0}))
            return answer.result(fieldpost_supervisor_Result_RESULT_STORAGE_FAILED);
        answer.result(update_.begin(answer.request.command.begin_update.size));
    } else {
        const auto& block = answer.request.command.update_block;
        answer.result(update_.block(block.offset, {block.data.bytes, block.data.size}));
    }
    answer.report.body.update.next_offset = update_.next_offset();
}

void Supervisor::finish_update(Answer& answer) {
    if (on_trial() || gave_up()) return answer.result(fieldpost_supervisor_Result_RESULT_TRIAL);
    if (update_waits()) return;  // asked again: the answer was lost
    ImageHeader header;
    Update::Outcome outcome = update_.finish(parts_.board, parts_.version, parts_.crypto, header);
    if (outcome == Update::Outcome::ok && !save_boot({static_cast<std::uint8_t>(1 - slot_), 1, 0, 0}))
        outcome = Update::Outcome::storage_failed;
    answer.result(outcome);
    if (outcome == Update::Outcome::ok) {
        note(Event::update_ready, 0, static_cast<std::uint16_t>(header.version));
    } else if (refusal_pace_.may_note(now_ms_)) {
        note(Event::update_refused, static_cast<std::uint8_t>(outcome), 0);
    }
}

void Supervisor::confirm_update(Answer& answer) {
    if (gave_up()) return answer.result(fieldpost_supervisor_Result_RESULT_TRIAL);  // too late
    if (!on_trial()) return;                                                        // confirmed already
    if (!save_boot({slot_, 0, 0, 0})) return answer.result(fieldpost_supervisor_Result_RESULT_STORAGE_FAILED);
    note(Event::update_confirmed, 0, static_cast<std::uint16_t>(parts_.version));
}

void Supervisor::report() {
    reported_ = shown();
    reported_ms_ = now_ms_;
    Answer answer{};
    send(answer);
}

void Supervisor::send(Answer& answer) {
    const PowerMemory& power = power_.memory();
    fieldpost_supervisor_State& state = answer.report.state;
    answer.report.has_state = true;
    state.power = static_cast<fieldpost_supervisor_Power>(power.state);
    state.ignition = contacts_.ignition();
    state.supply = static_cast<fieldpost_supervisor_Supply>(contacts_.supply());
    state.supply_mv = contacts_.supply_mv();
    state.hold_up_left_ms = power_.hold_up_left_ms(now_ms_);
    state.hold_up_cause = static_cast<fieldpost_supervisor_HoldUpCause>(power.hold_up_cause);
    state.run = power.run;
    state.started_by = static_cast<fieldpost_supervisor_StartReason>(power.started_by);
    state.cut_by = static_cast<fieldpost_supervisor_CutReason>(power.cut_by);
    state.failed_runs = power.failed_runs;
    state.unwatched = power.unwatched;
    state.sos_presses = contacts_.sos_presses();
    state.tamper = contacts_.tamper();
    state.tamper_openings = contacts_.tamper_openings();
    state.wake_left_s = seconds_left(power.timer_ms, now_ms_);
    state.uptime_s = static_cast<std::uint32_t>(now_ms_ / 1'000);
    state.resets = resets_;
    state.log_next = log_.next_number();
    state.version = parts_.version;
    state.slot = slot_;
    state.trial = on_trial();
    state.update_waits = update_waits();
    state.bad_frames = reader_.bad_frames();
    state.starts = starts_;

    std::array<std::uint8_t, fieldpost_supervisor_Report_size> message;
    pb_ostream_t out = pb_ostream_from_buffer(message.data(), message.size());
    if (!pb_encode(&out, fieldpost_supervisor_Report_fields, &answer.report)) return;
    std::array<std::uint8_t, longest_frame> frame;
    const std::size_t length = write_frame(std::span(message).first(out.bytes_written), frame);
    if (power_.powered()) parts_.sender.send(std::span(frame).first(length));
}

}  // namespace fieldpost::firmware
