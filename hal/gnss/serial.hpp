// A receiver on a serial port (UART, USB serial, or the CDC-ACM port that most USB receivers offer), speaking
// NMEA 0183.
//
// The port may be missing at the start, vanish and come back at any time. While it is gone the driver is
// "broken" with the reason, and tries again after 250 ms, then twice as long each time, up to retry_max_ms.
// The pause shrinks to its start only when a receiver has spoken again. A port that is open but silent is
// "broken" too after silence_ms.
//
// Settings:
//   path          the port, best a link that udev keeps for the receiver, such as /dev/gnss
//   baud          4800, 9600 (default), 19200, 38400, 57600, 115200, 230400, 460800 or 921600; 8 data bits,
//   no parity silence_ms    50 to 3600000, default 5000 retry_max_ms  1 to 60000, default 5000 date_floor UTC
//   in microseconds since 1970 that has certainly passed (see NmeaReceiver); default 0, none
#pragma once

#include "hal/gnss/gnss.hpp"

namespace fieldpost::hal {

Result<std::unique_ptr<Gnss>> make_serial_gnss(const SettingMap& settings, const Clock& clock);

}  // namespace fieldpost::hal
