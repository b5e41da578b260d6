// From raw pins and volts to what the rules work with: steady contacts, presses, and what the supply means.
#pragma once

#include <cstdint>

#include "firmware/logic/debounce.hpp"
#include "firmware/logic/events.hpp"
#include "firmware/logic/power.hpp"
#include "firmware/logic/settings.hpp"
#include "firmware/logic/supply.hpp"

namespace fieldpost::firmware {

// As a port reads it, at one moment.
struct RawInputs {
    bool ignition = false;
    bool sos = false;     // pressed
    bool tamper = false;  // open
    std::uint32_t supply_mv = 0;
};

// What outlives a reset of the supervisor: the vehicle does not notice one.
struct ContactMemory {
    SupplyState supply = SupplyState::good;
    bool ignition = false;
    bool tamper = false;
    bool sos = false;  // a button that is held all the time is one press
    std::uint32_t sos_presses = 0;
    std::uint32_t tamper_openings = 0;
};

class Contacts {
  public:
    Contacts(const Settings& settings, EventSink& events) : settings_(settings), events_(events) {}

    void read(const RawInputs& raw, std::uint64_t now_ms);
    // What the rules want to know of this reading.
    PowerInputs inputs() const { return {ignition_.on(), supply_.state(), sos_pressed_}; }

    bool ignition() const { return ignition_.on(); }
    SupplyState supply() const { return supply_.state(); }
    std::uint32_t supply_mv() const { return supply_mv_; }
    bool tamper() const { return tamper_.on(); }
    std::uint32_t sos_presses() const { return sos_presses_; }
    std::uint32_t tamper_openings() const { return tamper_openings_; }

    ContactMemory memory() const;
    // What was known before a reset of the supervisor.
    void resume(const ContactMemory& memory);

  private:
    std::uint32_t ignition_off_ms(std::uint64_t now_ms) const;

    const Settings& settings_;
    EventSink& events_;
    Debounce ignition_;
    Debounce sos_;
    Debounce tamper_;
    Supply supply_;
    EventPace sos_pace_;
    EventPace tamper_pace_;
    bool tamper_noted_ = false;  // the level that the log tells
    bool sos_pressed_ = false;
    bool dipped_ = false;
    std::uint64_t dip_ms_ = 0;  // when a dip was seen last
    std::uint32_t supply_mv_ = 0;
    std::uint32_t sos_presses_ = 0;
    std::uint32_t tamper_openings_ = 0;
};

}  // namespace fieldpost::firmware
