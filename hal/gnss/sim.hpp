// A receiver that says what a script tells it, for desks and tests. Its fixes carry no UTC.
//
// Settings:
//   script       steps separated by blanks, "latitude,longitude" in degrees or "none"; default "none"
//   interval_ms  between steps, 10 to 3600000, default 1000; after the last step it begins again
//   fix          the type of fixes with a position: 2d, 3d (default), dgnss, rtk, estimated
//   accuracy_m   0.01 to 10000, default 5
#pragma once

#include "hal/gnss/gnss.hpp"

namespace fieldpost::hal {

Result<std::unique_ptr<Gnss>> make_sim_gnss(const SettingMap& settings, const Clock& clock);

}  // namespace fieldpost::hal
