// Nothing here installs updates. Settings: none.
#pragma once

#include "hal/installer/installer.hpp"

namespace fieldpost::hal {

Result<std::unique_ptr<Installer>> make_empty_installer(const SettingMap& settings);

}  // namespace fieldpost::hal
