// No key: nothing can be signed. Settings: none.
#pragma once

#include "hal/keystore/keystore.hpp"

namespace fieldpost::hal {

Result<std::unique_ptr<Keystore>> make_empty_keystore(const SettingMap& settings);

}  // namespace fieldpost::hal
