// Nobody looks after the disk: the handler is never called. Settings: none.
#pragma once

#include "hal/storage/storage.hpp"

namespace fieldpost::hal {

Result<std::unique_ptr<Storage>> make_empty_storage(const SettingMap& settings);

}  // namespace fieldpost::hal
