// A supervisor that follows a script, for desks and tests. It cannot cut anybody's power: after done, or at
// the deadline, its state is `off` and stays so.
//
// Settings:
//   script      steps, as sim_script.hpp says; default none: the ignition is on
//   hold_up_ms  1 to 600000, default 120000
//   report_ms   between two states without news, 10 to 3600000, default 5000
#pragma once

#include "hal/supervisor/supervisor.hpp"

namespace fieldpost::hal {

Result<std::unique_ptr<Supervisor>> make_sim_supervisor(const SettingMap& settings, const Clock& clock);

}  // namespace fieldpost::hal
