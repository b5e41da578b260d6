// Uplinks that come and go as a script says, for desks and tests.
//
// Settings, one of script and path:
//   script  the steps, with ';' between them; link_script.hpp says how they are written
//   path    a file of such steps, one a line; read when the driver is made
//   rate    1 = in the script's own time (default), 60 = a minute of it in a second; 0.01 to 1000000
//   loop    true: begins again with its last step, whose time is then the length of a round; false (default):
//           stays as it was last
#pragma once

#include "hal/link/link.hpp"

namespace fieldpost::hal {

Result<std::unique_ptr<Link>> make_sim_link(const SettingMap& settings, const Clock& clock);

}  // namespace fieldpost::hal
