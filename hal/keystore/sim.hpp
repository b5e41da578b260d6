// A key that is made of a word, the same each time, for desks and tests. Whoever knows the word can sign as
// this machine.
//
// Settings:
//   seed  any word; must be given
#pragma once

#include "hal/keystore/keystore.hpp"

namespace fieldpost::hal {

Result<std::unique_ptr<Keystore>> make_sim_keystore(const SettingMap& settings);

}  // namespace fieldpost::hal
