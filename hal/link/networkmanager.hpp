// Uplinks as NetworkManager knows them, and through ModemManager what ails a modem; both over the system's
// D-Bus.
//
// Uplinks are NetworkManager's Ethernet, Wi-Fi and modem devices, and modems that only ModemManager sees. One
// is up when NetworkManager has activated it; that of its primary connection comes first. NetworkManager's
// own word on metering counts, also where it only guesses; where it has none, an uplink is metered as its
// kind usually is.
//
// A NetworkManager that is not there, or goes away, is "broken"; it is looked for as it comes back, and every
// 10 s. A modem that cannot work (no SIM, locked, failed) is told in the status; without ModemManager nothing
// is.
//
// Settings:
//   kinds, metered, unmetered, ignore  see known_kinds.hpp; they overrule NetworkManager
//   depot  names of the connections (NetworkManager's "id", most often the SSID) that are the depot's Wi-Fi,
//   with
//          ';' between them
//   bus    address of the bus; default empty, the system's
#pragma once

#include "hal/link/link.hpp"

namespace fieldpost::hal {

Result<std::unique_ptr<Link>> make_networkmanager_link(const SettingMap& settings, const Clock& clock);

}  // namespace fieldpost::hal
