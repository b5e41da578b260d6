// A supervisor on a serial port, speaking supervisor.proto (README.md), or behind a Unix socket, as QEMU
// gives one.
//
// The port may be missing at the start, vanish and come back: while it is gone the driver is "broken" with
// the reason, and tries again after 250 ms, then twice as long each time, up to retry_max_ms. A line that is
// open but silent is "broken" too after silence_ms: a supervisor speaks every five seconds.
//
// Settings:
//   path          the port, best a link that udev keeps, such as /dev/supervisor; or a socket
//   baud          as for gnss; default 115200; nothing to a socket
//   silence_ms    50 to 3600000, default 15000
//   retry_max_ms  1 to 60000, default 5000
#pragma once

#include "hal/supervisor/supervisor.hpp"

namespace fieldpost::hal {

Result<std::unique_ptr<Supervisor>> make_serial_supervisor(const SettingMap& settings, const Clock& clock);

}  // namespace fieldpost::hal
