// One uplink that is always up, of the kind that the configuration says: for a vehicle whose only way out is
// known, and as long as nothing on it can tell.
//
// Settings:
//   kind     unknown (default), wifi_depot, wifi, ethernet, lte, satellite
//   metered  true: somebody pays by the byte; default true for lte and satellite, else false
//   name     what it is called; default "uplink"
#pragma once

#include "hal/link/link.hpp"

namespace fieldpost::hal {

Result<std::unique_ptr<Link>> make_static_link(const SettingMap& settings, const Clock& clock);

}  // namespace fieldpost::hal
