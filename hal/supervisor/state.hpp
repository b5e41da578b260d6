// What the supervisor, the microcontroller that owns the computer's power, says of the vehicle and of itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fieldpost::hal {

// The computer's own power. `off` is seen only in the moment between a done and the cut.
enum class PowerState { off, starting, on, hold_up };
// What the vehicle's voltage means. `cranking` is a dip that is ridden through; in `low` the battery is to be
// spared.
enum class SupplyLevel { good, cranking, low, high };
// Why this run began. `again`: a run before it was reset or done while the ignition stayed on.
enum class StartReason { unknown, ignition, timer, sos, again };
// How the run before it ended; `unknown` when the supervisor had no power in between or was itself in
// trouble.
enum class CutReason { unknown, done, hold_up_over, host_watchdog, boot_failed };
// Why the computer is asked to finish. `run_over`: the time of a wake by timer or SOS is out.
enum class HoldUpCause { none, ignition_off, supply_low, supply_high, run_over };

// As API, metrics and health records write them: "off", "hold_up", "good", "host_watchdog", …
std::string_view to_string(PowerState state);
std::string_view to_string(SupplyLevel level);
std::string_view to_string(StartReason reason);
std::string_view to_string(CutReason reason);
std::string_view to_string(HoldUpCause cause);

struct SupervisorState {
    PowerState power = PowerState::starting;
    bool ignition = false;
    SupplyLevel supply = SupplyLevel::good;
    std::uint32_t supply_mv = 0;  // at the vehicle's side

    // In `hold_up`: when power is cut unless done comes first, CLOCK_BOOTTIME in microseconds. It is never
    // moved nearer but by the way of a frame (milliseconds), and goes away when the reason does before done.
    std::optional<std::int64_t> deadline_us;
    HoldUpCause hold_up_cause = HoldUpCause::none;

    std::uint32_t run = 0;  // number of this power-on since the supervisor got power
    StartReason started_by = StartReason::unknown;
    CutReason cut_by = CutReason::unknown;
    std::uint32_t failed_runs = 0;  // in a row
    bool unwatched = false;         // too many of them: it no longer resets the computer

    // Counted since the supervisor got power: one that is higher than in the state before is news.
    std::uint32_t sos_presses = 0;
    std::uint32_t tamper_openings = 0;
    bool tamper = false;  // the case is open now

    std::uint32_t wake_left_s = 0;  // until the timer wakes; 0: not set
    // How often the supervisor has got power, modulo 65536: with another number all those counts begin anew.
    // 0: it does not tell.
    std::uint32_t starts = 0;
    std::uint32_t uptime_s = 0;  // of the supervisor
    std::uint32_t resets = 0;    // of the supervisor alone
    std::uint32_t log_next = 0;  // number of its next log entry

    std::uint32_t version = 0;  // of its firmware: major, minor, patch, a byte each
    std::uint32_t slot = 0;
    bool trial = false;         // the firmware waits for confirm_update()
    bool update_waits = false;  // another one starts when power is next off
    std::uint32_t bad_frames = 0;

    std::int64_t received_us = 0;  // CLOCK_BOOTTIME

    bool operator==(const SupervisorState&) const = default;
};

// One entry of the supervisor's own log.
struct SupervisorEvent {
    std::uint32_t number = 0;
    std::string what;  // "power_on", "supply", …: names of Event in supervisor.proto, in lower case
    std::uint32_t argument = 0;  // what it means is said there
    std::uint32_t value = 0;
    std::uint32_t uptime_s = 0;
    std::uint32_t starts = 0;

    bool operator==(const SupervisorEvent&) const = default;
};

}  // namespace fieldpost::hal
