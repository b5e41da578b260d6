// What a board gives the supervisor: one port.cpp in boards/<vendor>/<board>/ for each. Boot stage and
// supervisor are linked with it alike; the lines below "supervisor only" are not called by the boot stage.
#pragma once

#include <cstdint>
#include <span>

#include "firmware/logic/contacts.hpp"
#include "firmware/logic/lights.hpp"
#include "firmware/logic/storage.hpp"

namespace fieldpost::firmware::port {

// The first thing after start-up code, in both. Puts the computer's power to `power` before anything that
// takes time, and starts the hardware watchdog.
void begin(bool power);

void set_power(bool on);

// The watchdog resets the chip when this is not called for watchdog_ms.
void feed_watchdog();
inline constexpr std::uint32_t watchdog_ms = 4'000;

// Settings, boot record and log; StorageMap::least_pages or more.
Storage& storage();
// 0 or 1. Each holds a whole firmware file.
Storage& slot(std::uint8_t number);

// Called by start-up code's vector table at a non-maskable interrupt, in both programs. A port that has no
// use for it leaves it out: it is then a fault, of which the watchdog makes a clean start.
extern "C" void nmi_interrupt();

// Restarts the chip; retained memory keeps its bytes.
[[noreturn]] void reset();

// --- supervisor only ---

// Starts tick and serial line.
void start();
// Sleeps until a tick or a byte has come.
void wait();
// Milliseconds since the last call; ticks are 10 ms.
std::uint32_t elapsed_ms();
bool read_byte(std::uint8_t& byte);
void write(std::span<const std::uint8_t> bytes);
RawInputs read_inputs();
void show(const Lights& lights);

// Called by start-up code's vector table.
extern "C" void tick_interrupt();
extern "C" void serial_interrupt();

}  // namespace fieldpost::firmware::port
