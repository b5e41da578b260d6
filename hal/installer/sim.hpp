// An installer that takes its time and changes nothing, with two slots, for desks and tests.
//
// Settings:
//   duration_ms  of an installation, 1 to 3600000, default 1000
//   fails        true: each ends with a failure; default false
#pragma once

#include "hal/installer/installer.hpp"

namespace fieldpost::hal {

Result<std::unique_ptr<Installer>> make_sim_installer(const SettingMap& settings);

}  // namespace fieldpost::hal
