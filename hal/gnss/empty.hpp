// No receiver is fitted: the handler is never called. Settings: none.
#pragma once

#include "hal/gnss/gnss.hpp"

namespace fieldpost::hal {

Result<std::unique_ptr<Gnss>> make_empty_gnss(const SettingMap& settings, const Clock& clock);

}  // namespace fieldpost::hal
