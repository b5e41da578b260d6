// Opens a serial port for raw bytes.
#pragma once

#include <cstdint>
#include <string>

#include "hal/fd.hpp"
#include "sync/base/result.hpp"

namespace fieldpost::hal {

bool is_serial_baud(std::int64_t baud);

enum class SerialUse { read, read_and_write };

// Non-blocking, raw, 8 data bits, no parity, no flow control, modem lines ignored; other programs are kept
// from opening it meanwhile (ModemManager likes to probe ports). not_found, refused (permission, or another
// program has it), invalid_argument (no terminal, or a rate it does not have), io.
Result<Fd> open_serial_port(const std::string& path, std::int64_t baud, SerialUse use = SerialUse::read);

// True while `path` still leads to the device that `port` has open. False when the device was unplugged, also
// where the kernel tells the reader nothing of it, and when another one has taken its name.
bool is_open_at(int port, const std::string& path);

}  // namespace fieldpost::hal
