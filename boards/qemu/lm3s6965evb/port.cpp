// The port to Stellaris LM3S6965, as QEMU's lm3s6965evb has it. README.md lists pins and parts; registers are
// named as in the data sheet.
#include "firmware/image/port.hpp"

#include <array>

namespace fieldpost::firmware::port {
namespace {

constexpr std::uint32_t clock_khz = 12'500;  // after reset
constexpr std::uint32_t tick_ms = 10;

volatile std::uint32_t& word(std::uintptr_t address) {
    return *reinterpret_cast<volatile std::uint32_t*>(address);
}

// System control
constexpr std::uintptr_t rcgc0 = 0x400FE100, rcgc1 = 0x400FE104, rcgc2 = 0x400FE108;
// Watchdog
constexpr std::uintptr_t wdt_load = 0x40000000, wdt_ctl = 0x40000008, wdt_icr = 0x4000000C,
                         wdt_lock = 0x40000C00;
// GPIO: all eight pins at once lie at offset 0x3FC
constexpr std::uintptr_t gpio_d = 0x40007000, gpio_f = 0x40025000;
constexpr std::uintptr_t gpio_data = 0x3FC, gpio_dir = 0x400, gpio_den = 0x51C;
constexpr std::uint32_t power_pin = 1, power_lamp = 2, fault_lamp = 4, sos_lamp = 8;  // D0 to D3
constexpr std::uint32_t ignition_pin = 1, sos_pin = 4, tamper_pin = 8;                // F0, F2, F3
// UART 0
constexpr std::uintptr_t uart = 0x4000C000;
constexpr std::uintptr_t uart_dr = uart, uart_fr = uart + 0x18, uart_ibrd = uart + 0x24,
                         uart_fbrd = uart + 0x28, uart_lcrh = uart + 0x2C, uart_ctl = uart + 0x30,
                         uart_im = uart + 0x38, uart_icr = uart + 0x44;
// I2C 0, master
constexpr std::uintptr_t i2c_msa = 0x40020000, i2c_mcs = 0x40020004, i2c_mdr = 0x40020008,
                         i2c_mtpr = 0x4002000C, i2c_mcr = 0x40020020;
// Core
constexpr std::uintptr_t systick_csr = 0xE000E010, systick_rvr = 0xE000E014, systick_cvr = 0xE000E018,
                         nvic_iser = 0xE000E100, scb_aircr = 0xE000ED0C;
// QEMU's ADC cannot be driven, so a test writes the millivolts here; 0 is what RAM holds when nobody has.
constexpr std::uintptr_t supply_reading = 0x2000FFF0;
constexpr std::uint32_t supply_unless_told_mv = 12'600;

// An AT24C512: 64 KB, written in pages of 128 bytes. To our storage a page is 256.
class Eeprom final : public Storage {
  public:
    explicit constexpr Eeprom(std::uint32_t address) : address_(address) {}

    std::uint32_t page_size() const override { return 256; }
    std::uint32_t pages() const override { return 256; }

    bool read(std::uint32_t offset, std::span<std::uint8_t> out) override {
        if (out.empty()) return true;
        if (!select(offset) || !step(stop)) return false;
        // A transfer of its own, for the controller knows no repeated start here; the EEPROM remembers the
        // place.
        word(i2c_msa) = address_ << 1 | 1;
        for (std::size_t i = 0; i < out.size(); ++i) {
            const std::uint32_t first = i == 0 ? start : 0;
            const std::uint32_t last = i + 1 == out.size() ? stop : acknowledge;
            if (!step(run | first | last)) return false;
            out[i] = static_cast<std::uint8_t>(word(i2c_mdr));
        }
        return true;
    }

    bool program(std::uint32_t offset, std::span<const std::uint8_t> bytes) override {
        while (!bytes.empty()) {
            const std::uint32_t room = write_page - offset % write_page;
            const std::size_t length = bytes.size() < room ? bytes.size() : room;
            if (!write(offset, bytes.first(length))) return false;
            offset += static_cast<std::uint32_t>(length);
            bytes = bytes.subspan(length);
        }
        return true;
    }

    bool erase(std::uint32_t page) override {
        std::array<std::uint8_t, write_page> blank;
        blank.fill(0xFF);
        const std::uint32_t offset = page * page_size();
        return write(offset, blank) && write(offset + write_page, blank);
    }

  private:
    static constexpr std::uint32_t write_page = 128;
    static constexpr std::uint32_t run = 1, start = 2, stop = 4, acknowledge = 8;  // written to MCS
    static constexpr std::uint32_t busy = 1, error = 2, arbitration_lost = 16;     // read from MCS

    static bool step(std::uint32_t command) {
        word(i2c_mcs) = command;
        while ((word(i2c_mcs) & busy) != 0) {
        }
        return (word(i2c_mcs) & (error | arbitration_lost)) == 0;
    }

    // While it writes inside, some five milliseconds, it answers to nothing.
    bool select(std::uint32_t offset) const {
        for (int tries = 0; tries < 1'000; ++tries) {
            word(i2c_msa) = address_ << 1;
            word(i2c_mdr) = offset >> 8;
            if (step(run | start)) {
                word(i2c_mdr) = offset & 0xFF;
                return step(run);
            }
        }
        return false;
    }

    bool write(std::uint32_t offset, std::span<const std::uint8_t> bytes) const {
        if (!select(offset)) return false;
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            word(i2c_mdr) = bytes[i];
            if (!step(run | (i + 1 == bytes.size() ? stop : 0))) return false;
        }
        return true;
    }

    std::uint32_t address_;
};

constinit Eeprom storage_eeprom(0x50);
constinit Eeprom slot_eeproms[] = {Eeprom(0x51), Eeprom(0x52)};

// Filled by the interrupt, emptied by the program.
struct Ring {
    std::array<std::uint8_t, 512> bytes;
    volatile std::uint32_t written;
    volatile std::uint32_t taken;
};
constinit Ring received{};
volatile std::uint32_t ticks = 0;
std::uint32_t ticks_told = 0;

}  // namespace

void begin(bool power) {
    word(rcgc0) = 1U << 3;            // watchdog
    word(rcgc1) = 1U << 12 | 1U;      // I2C 0, UART 0
    word(rcgc2) = 1U << 5 | 1U << 3;  // GPIO F, D
    word(gpio_d + gpio_data) = power ? power_pin : 0;
    word(gpio_d + gpio_dir) = power_pin | power_lamp | fault_lamp | sos_lamp;
    word(gpio_d + gpio_den) = power_pin | power_lamp | fault_lamp | sos_lamp;
    word(gpio_f + gpio_dir) = 0;
    word(gpio_f + gpio_den) = ignition_pin | sos_pin | tamper_pin;
    feed_watchdog();
    word(wdt_ctl) = 3;  // interrupt at the first time-out, reset at the second
    word(i2c_mcr) = 1U << 4;
    word(i2c_mtpr) = 6;  // 100 kHz
}

void set_power(bool on) {
    const std::uint32_t pins = word(gpio_d + gpio_data);
    word(gpio_d + gpio_data) = on ? pins | power_pin : pins & ~power_pin;
}

void feed_watchdog() {
    word(wdt_lock) = 0x1ACCE551;
    word(wdt_icr) = 1;
    word(wdt_load) = clock_khz * watchdog_ms / 2;
}

Storage& storage() {
    return storage_eeprom;
}

Storage& slot(std::uint8_t number) {
    return slot_eeproms[number == 1 ? 1 : 0];
}

void reset() {
    word(scb_aircr) = 0x05FA0004;
    for (;;) {
    }
}

void start() {
    word(uart_ctl) = 0;
    word(uart_ibrd) = 6;  // 115200 baud
    word(uart_fbrd) = 50;
    word(uart_lcrh) = 0x70;  // 8 bits, FIFOs
    word(uart_im) = 0x50;    // received, receive time-out
    word(uart_ctl) = 0x301;
    word(nvic_iser) = 1U << FIELDPOST_SERIAL_INTERRUPT;
    word(systick_rvr) = clock_khz * tick_ms - 1;
    word(systick_cvr) = 0;
    word(systick_csr) = 7;
}

void wait() {
    __asm volatile("wfi");
}

std::uint32_t elapsed_ms() {
    const std::uint32_t now = ticks;
    const std::uint32_t elapsed = now - ticks_told;
    ticks_told = now;
    return elapsed * tick_ms;
}

bool read_byte(std::uint8_t& byte) {
    const std::uint32_t taken = received.taken;
    if (taken == received.written) return false;
    byte = received.bytes[taken % received.bytes.size()];
    received.taken = taken + 1;
    return true;
}

void write(std::span<const std::uint8_t> bytes) {
    for (const std::uint8_t byte : bytes) {
        while ((word(uart_fr) & 0x20) != 0) {
        }
        word(uart_dr) = byte;
    }
}

RawInputs read_inputs() {
    const std::uint32_t pins = word(gpio_f + gpio_data);
    const std::uint32_t told_mv = word(supply_reading);
    return {(pins & ignition_pin) != 0, (pins & sos_pin) != 0, (pins & tamper_pin) != 0,
            told_mv == 0 ? supply_unless_told_mv : told_mv};
}

void show(const Lights& lights) {
    const std::uint32_t lamps =
        (lights.power ? power_lamp : 0) | (lights.fault ? fault_lamp : 0) | (lights.sos ? sos_lamp : 0);
    word(gpio_d + gpio_data) = (word(gpio_d + gpio_data) & power_pin) | lamps;
}

void tick_interrupt() {
    ticks = ticks + 1;
}

void serial_interrupt() {
    while ((word(uart_fr) & 0x10) == 0) {
        const auto byte = static_cast<std::uint8_t>(word(uart_dr));
        const std::uint32_t written = received.written;
        if (written - received.taken == received.bytes.size()) continue;  // lost; the frame's checksum tells
        received.bytes[written % received.bytes.size()] = byte;
        received.written = written + 1;
    }
    word(uart_icr) = 0x7F0;
}

}  // namespace fieldpost::firmware::port
