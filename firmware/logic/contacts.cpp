#include "firmware/logic/contacts.hpp"

namespace fieldpost::firmware {
namespace {
constexpr std::uint32_t button_ms = 50;
}

// Many vehicles take the ignition line away while the starter turns: in a dip, and shortly after it, an "off"
// has to last longer. A stuttering supply cannot put it off for ever.
std::uint32_t Contacts::ignition_off_ms(std::uint64_t now_ms) const {
    const bool lately = dipped_ && now_ms - dip_ms_ < settings_.ignition_off_ms;
    return settings_.ignition_off_ms + (lately ? settings_.crank_ms : 0);
}

void Contacts::read(const RawInputs& raw, std::uint64_t now_ms) {
    supply_mv_ = raw.supply_mv;
    if (supply_.read(raw.supply_mv, now_ms, settings_)) {
        const std::uint32_t shown = raw.supply_mv < 0xFFFF ? raw.supply_mv : 0xFFFF;
        events_.note(Event::supply, static_cast<std::uint8_t>(supply_.state()),
                     static_cast<std::uint16_t>(shown));
    }
    if (supply_.state() == SupplyState::cranking) {
        dipped_ = true;
        dip_ms_ = now_ms;
    }
    if (ignition_.read(raw.ignition, now_ms, settings_.ignition_on_ms, ignition_off_ms(now_ms)))
        events_.note(Event::ignition, ignition_.on() ? 1 : 0, 0);
    sos_pressed_ = sos_.read(raw.sos, now_ms, button_ms, button_ms) && sos_.on();
    if (sos_pressed_) {
        ++sos_presses_;
        if (sos_pace_.may_note(now_ms)) events_.note(Event::sos, 0, 0);
    }
    if (tamper_.read(raw.tamper, now_ms, button_ms, button_ms) && tamper_.on()) ++tamper_openings_;
    if (tamper_.on() != tamper_noted_ && tamper_pace_.may_note(now_ms)) {
        tamper_noted_ = tamper_.on();
        events_.note(Event::tamper, tamper_.on() ? 1 : 0, 0);
    }
}

ContactMemory Contacts::memory() const {
    return {supply_.state(), ignition_.on(), tamper_.on(), sos_.on(), sos_presses_, tamper_openings_};
}

void Contacts::resume(const ContactMemory& memory) {
    supply_.assume(memory.supply);
    ignition_.assume(memory.ignition);
    tamper_.assume(memory.tamper);
    tamper_noted_ = memory.tamper;
    sos_.assume(memory.sos);
    sos_presses_ = memory.sos_presses;
    tamper_openings_ = memory.tamper_openings;
}

}  // namespace fieldpost::firmware
