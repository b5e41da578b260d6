// A recorded drive: reads a file of NMEA 0183 sentences (anything else in it is skipped) and delivers its
// fixes at the pace of its own time stamps, through the same parser that reads a serial port.
//
// Settings:
//   path   the recording; must exist when the driver is made
//   rate   1 = as fast as it was driven (default), 10 = ten times as fast; 0.01 to 1000000
//   loop   true: begins again at its end; false (default): then reports "broken" and one fix of type none
//   time   "absent" (default): fixes carry no UTC, since a recording does not know the present; "recorded":
//   its own
#pragma once

#include "hal/gnss/gnss.hpp"

namespace fieldpost::hal {

Result<std::unique_ptr<Gnss>> make_replay_gnss(const SettingMap& settings, const Clock& clock);

}  // namespace fieldpost::hal
