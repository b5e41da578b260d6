// A disk that ages as its settings say, for desks and tests.
//
// Settings:
//   total_mb      1 to 1000000000, default 16000
//   free_mb       0 to total_mb, default 8000; at the start
//   fill_mb       that are gone with each step, 0 to 1000000, default 0; it never grows empty again
//   wear_percent  0 to 110, default 0
//   read_only     true: from the step after the first on; default false
//   interval_ms   between steps, 10 to 3600000, default 1000
#pragma once

#include "hal/storage/storage.hpp"

namespace fieldpost::hal {

Result<std::unique_ptr<Storage>> make_sim_storage(const SettingMap& settings);

}  // namespace fieldpost::hal
