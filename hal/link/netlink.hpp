// Uplinks as the kernel knows them: its interfaces, their carrier, addresses and default routes, told by
// netlink as they change. For boards without NetworkManager.
//
// An uplink is an interface with hardware behind it, or one that the setting `kinds` names: bridges, tunnels
// and containers' interfaces are none. It is up when it has carrier, an address that reaches beyond the
// cable, and a default route; the lowest metric of these is the system's preference. Its kind is what sysfs
// says: wifi (wireless), lte (modems, ppp), ethernet. Which Wi-Fi is the depot's and which cable leads to a
// satellite, only the setting can tell.
//
// Settings:
//   kinds, metered, unmetered, ignore  see known_kinds.hpp
//   sysfs                              default /sys/class/net
#pragma once

#include "hal/link/link.hpp"

namespace fieldpost::hal {

Result<std::unique_ptr<Link>> make_netlink_link(const SettingMap& settings, const Clock& clock);

}  // namespace fieldpost::hal
