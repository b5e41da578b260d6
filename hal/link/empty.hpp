// No uplink is fitted: the handler is told of none. Settings: none.
#pragma once

#include "hal/link/link.hpp"

namespace fieldpost::hal {

Result<std::unique_ptr<Link>> make_empty_link(const SettingMap& settings, const Clock& clock);

}  // namespace fieldpost::hal
