// When the computer has power: the rules, and nothing but the rules.
//
//   off ──(ignition, timer, SOS)──▶ starting ──(first feed)──▶ on ──(reason gone)──▶ hold-up ──▶ off
//             ▲                        │                        │                      │
//             └──── off_ms ────────────┴── never heard of ──────┴── feeds stop         └── done, or deadline
//
// What holds whatever comes in, and tests/unit/firmware/power_properties_test.cpp tries to break:
//   - Without a reason (ignition, a wake's time) power goes off within hold_up_ms.
//   - A computer cannot keep its own power on: a timer that is due in a run without ignition waits for the
//   cut that ends this run and for a rest behind it, and finds a low supply then like any other. The times of
//   wakes are not made longer.
//   - The timer alone keeps a parked vehicle's computer on for half of the time at most.
//   - A deadline that the computer was told is never moved nearer, and before it nothing but its own done
//   cuts power.
//   - A computer that does not answer is reset, and after boot_tries times in a row left alone.
#pragma once

#include <cstdint>

#include "firmware/logic/events.hpp"
#include "firmware/logic/settings.hpp"
#include "firmware/logic/supply.hpp"

namespace fieldpost::firmware {

// The numbers of all four are those of the wire.
enum class PowerState : std::uint8_t { off = 0, starting = 1, on = 2, hold_up = 3 };
enum class StartReason : std::uint8_t { none = 0, ignition = 1, timer = 2, sos = 3, again = 4 };
enum class CutReason : std::uint8_t {
    none = 0,
    done = 1,
    hold_up_over = 2,
    host_watchdog = 3,
    boot_failed = 4
};
enum class HoldUpCause : std::uint8_t {
    none = 0,
    ignition_off = 1,
    supply_low = 2,
    supply_high = 3,
    run_over = 4
};

// A time without ignition for which a wake keeps the computer on.
enum class WakeKind : std::uint8_t { none = 0, timer = 1, sos = 2 };

// Everything the rules remember. Plain bytes, so that it outlives a reset of the supervisor in memory that
// the reset leaves alone; all moments are in milliseconds of one clock, which goes on across such resets.
struct PowerMemory {
    PowerState state = PowerState::off;
    StartReason started_by = StartReason::none;
    CutReason cut_by = CutReason::none;
    HoldUpCause hold_up_cause = HoldUpCause::none;
    WakeKind wake = WakeKind::none;
    bool unwatched = false;
    bool again = false;   // it was cut with a reason to run, so the next run is a start again
    bool fed = false;     // in this run
    bool driven = false;  // the ignition was on in this run
    std::uint32_t failed_runs = 0;
    std::uint32_t run = 0;
    std::uint64_t since_ms = 0;     // of the power-on or the cut
    std::uint64_t fed_by_ms = 0;    // when the next feed is due
    std::uint64_t deadline_ms = 0;  // of the hold-up
    std::uint64_t wake_until_ms = 0;
    std::uint64_t timer_ms = 0;  // when the timer wakes; 0: not set

    bool operator==(const PowerMemory&) const = default;
};

struct PowerInputs {
    bool ignition = false;  // debounced
    SupplyState supply = SupplyState::good;
    bool sos_pressed = false;  // pressed since the last tick
    bool held_off = false;     // no start now, whatever the reason
};

class Power {
  public:
    Power(const Settings& settings, EventSink& events) : settings_(settings), events_(events) {}

    const PowerMemory& memory() const { return m_; }
    // What was remembered before a reset of the supervisor.
    void resume(const PowerMemory& memory) { m_ = memory; }
    // Nothing is remembered, and the computer has power: it is given the time of a start to be heard of.
    void take_over(std::uint64_t now_ms);

    // The computer has no power, whatever is remembered: the boot stage took it.
    void lose_power(std::uint64_t now_ms);

    // Time never goes back. Called every few milliseconds; a late call makes things late, never wrong.
    void tick(std::uint64_t now_ms, const PowerInputs& inputs);

    // Commands of the computer. They are taken when they come and act at once.
    void feed(std::uint64_t now_ms, std::uint32_t pause_ms);
    // False for a run that is over already.
    bool done(std::uint64_t now_ms, std::uint32_t run);
    void set_timer(std::uint64_t now_ms, std::uint32_t after_s);

    bool powered() const { return m_.state != PowerState::off; }
    std::uint32_t hold_up_left_ms(std::uint64_t now_ms) const;

    static constexpr std::uint32_t longest_pause_ms = 600'000;
    static constexpr std::uint32_t longest_timer_s = 31'536'000;  // a year

  private:
    void take_wakes(std::uint64_t now_ms, const PowerInputs& inputs);
    // A timer's wake takes that long at most, hold-up included: parked, power is off as long as it is on.
    bool rested_for_timer(std::uint64_t now_ms) const;
    void begin_wake(WakeKind kind, std::uint64_t now_ms);
    bool has_reason(const PowerInputs& inputs) const;
    HoldUpCause why_not(SupplyState supply) const;
    StartReason start_reason(const PowerInputs& inputs) const;
    void tick_off(std::uint64_t now_ms, const PowerInputs& inputs);
    void tick_powered(std::uint64_t now_ms, const PowerInputs& inputs);
    void watch(std::uint64_t now_ms);
    void tick_hold_up(std::uint64_t now_ms, const PowerInputs& inputs);
    void start(std::uint64_t now_ms, const PowerInputs& inputs);
    void begin_hold_up(std::uint64_t now_ms, HoldUpCause cause);
    void cut(std::uint64_t now_ms, CutReason reason);

    const Settings& settings_;
    EventSink& events_;
    PowerMemory m_;
};

}  // namespace fieldpost::firmware
