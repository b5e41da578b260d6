// RAUC's service over the system's D-Bus: A/B slots, bundles that RAUC itself checks (signature, board,
// size), and a boot loader that falls back from a system that was never marked good.
//
// Settings:
//   bus  address of the bus; default empty, the system's
#pragma once

#include "hal/installer/installer.hpp"

namespace fieldpost::hal {

Result<std::unique_ptr<Installer>> make_rauc_installer(const SettingMap& settings);

}  // namespace fieldpost::hal
