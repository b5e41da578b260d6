// No light is fitted. Settings: none.
#pragma once

#include "hal/indicator/indicator.hpp"

namespace fieldpost::hal {

Result<std::unique_ptr<Indicator>> make_empty_indicator(const SettingMap& settings, const Clock& clock);

}  // namespace fieldpost::hal
