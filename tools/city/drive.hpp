// A recorded drive: what a GNSS receiver in a vehicle would have said, second by second, on the streets of
// the plan.
#pragma once

#include <string>

#include "sync/base/result.hpp"
#include "tools/city/plan.hpp"

namespace fieldpost::city {

inline constexpr int kDriveSeconds = 600;

// NMEA 0183 4.10: GGA, RMC, GSA and GSV each second.
Status write_drive(const Plan& plan, const std::string& path);

}  // namespace fieldpost::city
