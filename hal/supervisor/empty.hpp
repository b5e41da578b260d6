// No supervisor is fitted: the handler is never called, feeds go nowhere, commands fail with unavailable.
// Settings: none.
#pragma once

#include "hal/supervisor/supervisor.hpp"

namespace fieldpost::hal {

Result<std::unique_ptr<Supervisor>> make_empty_supervisor(const SettingMap& settings, const Clock& clock);

}  // namespace fieldpost::hal
