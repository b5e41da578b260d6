#include "firmware/logic/power.hpp"

namespace fieldpost::firmware {
namespace {

bool spares_battery(SupplyState supply) {
    return supply == SupplyState::low || supply == SupplyState::high;
}

template <class T>
std::uint8_t number(T value) {
    return static_cast<std::uint8_t>(value);
}

}  // namespace

void Power::tick(std::uint64_t now_ms, const PowerInputs& inputs) {
    take_wakes(now_ms, inputs);
    switch (m_.state) {
        case PowerState::off:
            return tick_off(now_ms, inputs);
        case PowerState::starting:
        case PowerState::on:
            return tick_powered(now_ms, inputs);
        case PowerState::hold_up:
            return tick_hold_up(now_ms, inputs);
    }
    m_.state = PowerState::off;  // a value that nobody wrote: memory is damaged
}

void Power::take_over(std::uint64_t now_ms) {
    m_ = {};
    m_.state = PowerState::starting;
    m_.run = 1;
    m_.since_ms = now_ms;
    m_.fed_by_ms = now_ms + settings_.boot_ms;
}

void Power::lose_power(std::uint64_t now_ms) {
    if (powered()) cut(now_ms, CutReason::none);
}

void Power::take_wakes(std::uint64_t now_ms, const PowerInputs& inputs) {
    if (m_.wake != WakeKind::none && now_ms >= m_.wake_until_ms) m_.wake = WakeKind::none;
    // A computer that sets its timer again and again would never let a parked vehicle's battery go.
    const bool waits = powered() ? !inputs.ignition : !rested_for_timer(now_ms);
    if (m_.timer_ms != 0 && now_ms >= m_.timer_ms && !waits) {
        m_.timer_ms = 0;
        if (spares_battery(inputs.supply)) {
            events_.note(Event::wake_skipped, 0, 0);
        } else if (m_.wake == WakeKind::none) {
            begin_wake(WakeKind::timer, now_ms);
        }
    }
    if (inputs.sos_pressed) begin_wake(WakeKind::sos, now_ms);
}

bool Power::rested_for_timer(std::uint64_t now_ms) const {
    return m_.run == 0 || now_ms - m_.since_ms >= settings_.wake_ms + settings_.hold_up_ms;
}

void Power::begin_wake(WakeKind kind, std::uint64_t now_ms) {
    m_.wake = kind;
    m_.wake_until_ms = now_ms + (kind == WakeKind::sos ? settings_.sos_ms : settings_.wake_ms);
}

// Who calls for help gets it from an empty battery too: the time of a call ends by itself.
bool Power::has_reason(const PowerInputs& inputs) const {
    if (m_.wake == WakeKind::sos) return true;
    return !spares_battery(inputs.supply) && (inputs.ignition || m_.wake == WakeKind::timer);
}

// A run that a wake began may have become a drive, whose end is the ignition's.
HoldUpCause Power::why_not(SupplyState supply) const {
    if (supply == SupplyState::low) return HoldUpCause::supply_low;
    if (supply == SupplyState::high) return HoldUpCause::supply_high;
    return m_.driven ? HoldUpCause::ignition_off : HoldUpCause::run_over;
}

StartReason Power::start_reason(const PowerInputs& inputs) const {
    if (m_.again) return StartReason::again;
    if (m_.wake == WakeKind::sos) return StartReason::sos;
    if (inputs.ignition) return StartReason::ignition;
    return StartReason::timer;
}

void Power::tick_off(std::uint64_t now_ms, const PowerInputs& inputs) {
    if (!has_reason(inputs)) {
        // Whatever failed, somebody has switched off since: the next start is counted anew.
        m_.again = false;
        m_.failed_runs = 0;
        return;
    }
    const bool rested = m_.run == 0 || now_ms - m_.since_ms >= settings_.off_ms;
    // No computer is started into a starter motor's dip; a long dip is a low supply, so this wait ends.
    if (rested && !inputs.held_off && inputs.supply != SupplyState::cranking) start(now_ms, inputs);
}

void Power::tick_powered(std::uint64_t now_ms, const PowerInputs& inputs) {
    if (inputs.ignition) m_.driven = true;
    if (!has_reason(inputs)) return begin_hold_up(now_ms, why_not(inputs.supply));
    if (!m_.unwatched) watch(now_ms);
}

void Power::watch(std::uint64_t now_ms) {
    if (now_ms < m_.fed_by_ms) return;
    ++m_.failed_runs;
    if (m_.failed_runs >= settings_.boot_tries) {
        // Resetting has not helped. A long check of the disk, or somebody at work on it, may.
        m_.unwatched = true;
        events_.note(Event::unwatched, number(m_.failed_runs), 0);
        return;
    }
    m_.again = true;
    cut(now_ms, m_.fed ? CutReason::host_watchdog : CutReason::boot_failed);
}

// The host watchdog rests: a computer that hangs now is cut at the deadline, and one that is busy is not
// disturbed.
void Power::tick_hold_up(std::uint64_t now_ms, const PowerInputs& inputs) {
    if (now_ms >= m_.deadline_ms) return cut(now_ms, CutReason::hold_up_over);
    if (!has_reason(inputs)) return;
    m_.state = m_.fed ? PowerState::on : PowerState::starting;
    m_.hold_up_cause = HoldUpCause::none;
    // A pause that was granted before the hold-up still holds.
    const std::uint64_t due_ms = now_ms + (m_.fed ? settings_.host_watchdog_ms : settings_.boot_ms);
    if (m_.fed_by_ms < due_ms) m_.fed_by_ms = due_ms;
    events_.note(Event::hold_up_taken_back, 0, 0);
}

void Power::start(std::uint64_t now_ms, const PowerInputs& inputs) {
    const StartReason reason = start_reason(inputs);
    m_.state = PowerState::starting;
    m_.started_by = reason;
    m_.again = false;
    m_.fed = false;
    m_.driven = inputs.ignition;
    ++m_.run;
    m_.since_ms = now_ms;
    m_.fed_by_ms = now_ms + settings_.boot_ms;
    events_.note(Event::power_on, number(reason), static_cast<std::uint16_t>(m_.run));
}

void Power::begin_hold_up(std::uint64_t now_ms, HoldUpCause cause) {
    m_.state = PowerState::hold_up;
    m_.hold_up_cause = cause;
    m_.deadline_ms = now_ms + settings_.hold_up_ms;
    m_.unwatched = false;
    m_.failed_runs = 0;
    events_.note(Event::hold_up, number(cause), 0);
}

void Power::cut(std::uint64_t now_ms, CutReason reason) {
    m_.state = PowerState::off;
    m_.cut_by = reason;
    m_.hold_up_cause = HoldUpCause::none;
    m_.unwatched = false;
    m_.since_ms = now_ms;
    events_.note(Event::power_cut, number(reason), static_cast<std::uint16_t>(m_.run));
}

void Power::feed(std::uint64_t now_ms, std::uint32_t pause_ms) {
    if (!powered()) return;
    m_.fed = true;
    m_.unwatched = false;
    // Only a word tells health: one that greets, asks for a long pause and hangs has failed.
    if (now_ms - m_.since_ms >= settings_.healthy_ms) m_.failed_runs = 0;
    if (m_.state == PowerState::starting) m_.state = PowerState::on;
    const std::uint32_t pause = pause_ms < longest_pause_ms ? pause_ms : longest_pause_ms;
    m_.fed_by_ms = now_ms + (pause > settings_.host_watchdog_ms ? pause : settings_.host_watchdog_ms);
}

bool Power::done(std::uint64_t now_ms, std::uint32_t run) {
    if (!powered() || run != m_.run) return false;
    // A call for help that came while this was on its way starts the computer again.
    if (m_.wake != WakeKind::sos) m_.wake = WakeKind::none;
    m_.failed_runs = 0;
    m_.again = true;  // with the ignition on it starts again
    cut(now_ms, CutReason::done);
    return true;
}

void Power::set_timer(std::uint64_t now_ms, std::uint32_t after_s) {
    m_.timer_ms = after_s == 0 ? 0 : now_ms + std::uint64_t{after_s} * 1'000;
}

std::uint32_t Power::hold_up_left_ms(std::uint64_t now_ms) const {
    if (m_.state != PowerState::hold_up || now_ms >= m_.deadline_ms) return 0;
    return static_cast<std::uint32_t>(m_.deadline_ms - now_ms);
}

}  // namespace fieldpost::firmware
