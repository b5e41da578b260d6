// [supervisor.settings] of a board file and of the device's configuration: what the supervisor itself is to
// be set to, by the names in supervisor.proto. What is left out stays as the supervisor has it.
#pragma once

#include "hal/supervisor/supervisor.hpp"

namespace fieldpost {
class ConfigTable;
}

namespace fieldpost::hal {

// A misspelt name or a value that is no number is told by the configuration's finish(). What a value may be
// is the supervisor's to say, which takes all of them or none.
SupervisorSettings read_supervisor_settings(const ConfigTable& table);

}  // namespace fieldpost::hal
