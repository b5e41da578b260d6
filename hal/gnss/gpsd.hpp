// A receiver that gpsd on this machine looks after, read through libgps: for receivers that speak no NMEA, or
// that another program uses too.
//
// gpsd may be missing at the start, end and come back at any time: then the driver is "broken" with the
// reason, and tries again after 250 ms, then twice as long each time, up to retry_max_ms. A gpsd that tells
// of no receiver is "broken" too after silence_ms.
//
// Settings:
//   port          of gpsd on the loopback, 1 to 65535, default 2947. Only there: to connect must not take
//   long silence_ms    50 to 3600000, default 5000 retry_max_ms  1 to 60000, default 5000
#pragma once

#include "hal/gnss/gnss.hpp"

namespace fieldpost::hal {

Result<std::unique_ptr<Gnss>> make_gpsd_gnss(const SettingMap& settings, const Clock& clock);

}  // namespace fieldpost::hal
