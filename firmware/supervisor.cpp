#include "firmware/supervisor.hpp"

namespace fieldpost::firmware {
namespace {

constexpr std::uint32_t report_every_ms = 5'000;
constexpr std::uint32_t steady_ms = 60'000;
constexpr std::uint32_t roll_back_again_ms = 60'000;
// A firmware that never gives the computer power is never confirmed either, and no time of the computer's
// ends its trial. A vehicle that stands over a long weekend keeps its update.
constexpr std::uint32_t longest_trial_ms = 4 * 86'400'000;
constexpr std::uint8_t started_cold = 0;
constexpr std::uint8_t started_asked = 1;
constexpr std::uint8_t started_by_watchdog = 2;

std::uint16_t low_half(std::uint32_t value) {
    return static_cast<std::uint16_t>(value);
}

}  // namespace

Supervisor::Supervisor(const SupervisorParts& parts)
    : parts_(parts),
      settings_region_(parts.storage, StorageMap::settings_page, 2),
      boot_region_(parts.storage, StorageMap::boot_page, 2),
      log_region_(parts.storage, StorageMap::log_page, parts.storage.pages() - StorageMap::log_page),
      settings_store_(settings_region_),
      boot_store_(boot_region_),
      log_(log_region_),
      slot_(parts.slot),
      contacts_(settings_, *this),
      power_(settings_, *this),
      update_(parts.spare_slot, parts.largest_image) {
    start();
}

void Supervisor::start() {
    // What an older firmware stored, or damage, must not bring a threshold that no one may set.
    if (const auto stored = settings_store_.load(); stored && in_range(*stored)) settings_ = *stored;
    boot_ = boot_store_.load().value_or(BootRecord{slot_, 0, 0, 0});
    log_.open();
    starts_ = log_.starts();
    retained_sequence_ = parts_.retained.last_sequence();
    if (const auto state = parts_.retained.load()) {
        resume(*state);
    } else {
        if (parts_.powered) take_over();
        if (++starts_ == 0) ++starts_;  // 0 is "not told" on the wire
        note(Event::supervisor_started, started_cold, low_half(parts_.version));
    }
    if (boot_.rolled_back != 0) {
        note(Event::update_rolled_back, 0, low_half(parts_.version));
        BootRecord told = boot_;
        told.rolled_back = 0;
        save_boot(told);
    }
}

void Supervisor::resume(const RetainedState& state) {
    now_ms_ = state.now_ms;
    begun_ms_ = now_ms_;
    trial_ms_ = on_trial() ? state.trial_ms : 0;
    trial_up_ms_ = on_trial() ? state.trial_up_ms : 0;
    resets_ = state.resets + 1;
    may_reset_ = !state.asked;
    starts_ = state.starts;  // the log may not have taken it
    contacts_.resume(state.contacts);
    power_.resume(state.power);
    if (!parts_.powered) power_.lose_power(now_ms_);
    note(Event::supervisor_started, state.asked ? started_asked : started_by_watchdog,
         low_half(parts_.version));
}

// The ignition is believed to be on until its contact has said otherwise for long enough: a hold-up for want
// of a first reading would be a false alarm.
void Supervisor::take_over() {
    contacts_.resume({.ignition = true});
    power_.take_over(now_ms_);
}

void Supervisor::retain(bool asked) {
    RetainedState state;
    state.power = power_.memory();
    state.now_ms = now_ms_;
    // What is left of one trial must not count in the next, which may begin with the next start.
    state.trial_ms = on_trial() ? trial_ms_ : 0;
    state.trial_up_ms = on_trial() ? trial_up_ms_ : 0;
    state.contacts = contacts_.memory();
    state.asked = asked;
    state.resets = resets_;
    state.starts = starts_;
    parts_.retained.save(state, ++retained_sequence_);
}

Outputs Supervisor::tick(std::uint32_t elapsed_ms, const RawInputs& raw) {
    now_ms_ += elapsed_ms;
    contacts_.read(raw, now_ms_);
    const bool was_powered = power_.powered();
    PowerInputs inputs = contacts_.inputs();
    inputs.held_off = parts_.reset_loop && !worked_since(begun_ms_);
    power_.tick(now_ms_, inputs);
    if (on_trial()) {
        const CutReason cut = power_.memory().cut_by;
        const bool failed = was_powered && !power_.powered() &&
                            (cut == CutReason::host_watchdog || cut == CutReason::boot_failed);
        tick_trial(elapsed_ms);
        if (failed) roll_back();
    }
    const bool rested = now_ms_ - power_.memory().since_ms >= settings_.off_ms / 2;
    if (power_.powered()) may_reset_ = true;
    const bool reset = update_waits() && may_reset_ && !power_.powered() && rested;
    retain(reset);
    if (power_.powered() && (shown() != reported_ || now_ms_ - reported_ms_ >= report_every_ms)) report();
    return {power_.powered(), lights_at(now_ms_, power_.memory(), contacts_.supply(), contacts_.tamper()),
            reset, steady()};
}

bool Supervisor::worked_since(std::uint64_t since_ms) const {
    return now_ms_ - since_ms >= steady_ms;
}

// What hangs may do so only with the computer on.
bool Supervisor::steady() const {
    if (!parts_.reset_loop) return worked_since(begun_ms_);
    return power_.powered() && worked_since(begun_ms_) && worked_since(power_.memory().since_ms);
}

void Supervisor::tick_trial(std::uint32_t elapsed_ms) {
    trial_up_ms_ += elapsed_ms;
    if (power_.powered()) trial_ms_ += elapsed_ms;
    if (trial_ms_ >= settings_.trial_ms || trial_up_ms_ >= longest_trial_ms) roll_back();
}

// The firmware before this one runs again from the next time on that the computer's power is off. A storage
// that fails wears, and what it takes is time: it is not tried at every tick.
void Supervisor::roll_back() {
    if (!on_trial() || now_ms_ < roll_back_from_ms_) return;
    if (save_boot(give_up_slot(boot_)))
        may_reset_ = true;
    else
        roll_back_from_ms_ = now_ms_ + roll_back_again_ms;
}

bool Supervisor::save_boot(const BootRecord& record) {
    if (!boot_store_.save(record)) return false;
    boot_ = record;
    return true;
}

void Supervisor::note(Event event, std::uint8_t argument, std::uint16_t value) {
    // A log that cannot be written is no reason to stop: power comes first.
    log_.append(event, argument, value, static_cast<std::uint32_t>(now_ms_ / 1'000), starts_);
}

Supervisor::Shown Supervisor::shown() const {
    const PowerMemory& power = power_.memory();
    return {power.state,
            power.hold_up_cause,
            contacts_.supply(),
            contacts_.ignition(),
            power.unwatched,
            contacts_.tamper(),
            on_trial(),
            update_waits(),
            power.run,
            contacts_.sos_presses(),
            contacts_.tamper_openings()};
}

void Supervisor::receive(std::uint8_t byte) {
    if (reader_.take(byte)) answer(reader_.message());
}

}  // namespace fieldpost::firmware
