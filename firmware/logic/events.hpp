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

class EventSink {
  public:
    virtual void note(Event event, std::uint8_t argument, std::uint16_t value) = 0;

  protected:
    ~EventSink() = default;  // never owned through this interface: there is no heap
};

}  // namespace fieldpost::firmware
