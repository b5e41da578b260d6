// A light in a file: each time it is switched a line is added, "lit" or "dark". For desks and tests.
//
// Settings:
//   path  the file; default empty: the light is nowhere to be seen
#pragma once

#include "hal/indicator/indicator.hpp"

namespace fieldpost::hal {

Result<std::unique_ptr<Indicator>> make_sim_indicator(const SettingMap& settings, const Clock& clock);

}  // namespace fieldpost::hal
