// What the supervisor remembers, and whom its rules tell of it.
#pragma once

#include <cstdint>

namespace fieldpost::firmware {

// The numbers are those of the wire (Event in supervisor.proto) and of the log in storage: never reused.
enum class Event : std::uint8_t {
    none = 0,
    supervisor_started = 1,
    power_on = 2,
    power_cut = 3,
    hold_up = 4,
    hold_up_taken_back = 5,
    ignition = 6,
    supply = 7,
    sos = 8,
    tamper = 9,
    unwatched = 10,
    settings_changed = 11,
    update_ready = 12,
    update_refused = 13,
    update_confirmed = 14,
    update_rolled_back = 15,
    wake_skipped = 16,
};

// Once in so long for a kind of event that comes as fast as a loose contact or a program that asks again and
// again: the log is for weeks, and its storage wears. Counters in the state tell the rest.
class EventPace {
  public:
    // True if one may be noted now; that one counts as noted.
    bool may_note(std::uint64_t now_ms) {
        if (noted_ && now_ms - noted_ms_ < pace_ms) return false;
        noted_ = true;
        noted_ms_ = now_ms;
        return true;
    }

  private:
    static constexpr std::uint32_t pace_ms = 5'000;
    bool noted_ = false;
    std::uint64_t noted_ms_ = 0;
};

class EventSink {
  public:
    virtual void note(Event event, std::uint8_t argument, std::uint16_t value) = 0;

  protected:
    ~EventSink() = default;  // never owned through this interface: there is no heap
};

}  // namespace fieldpost::firmware
