// The port to an STM32G0B1RE, on ST's Nucleo board. README.md lists pins and parts; registers are named as in
// the reference manual RM0444.
#include "firmware/image/port.hpp"

#include <array>
#include <cstring>

namespace fieldpost::firmware::port {
namespace {

constexpr std::uint32_t clock_hz = 64'000'000;
constexpr std::uint32_t baud = 115'200;
constexpr std::uint32_t tick_ms = 10;

volatile std::uint32_t& word(std::uintptr_t address) {
    return *reinterpret_cast<volatile std::uint32_t*>(address);
}
void set(std::uintptr_t address, std::uint32_t bits) {
    word(address) = word(address) | bits;
}
void wait_for(std::uintptr_t address, std::uint32_t bit) {
    while ((word(address) & bit) == 0) {
    }
}

constexpr std::uintptr_t rcc_cr = 0x40021000, rcc_cfgr = 0x40021008, rcc_pllcfgr = 0x4002100C,
                         rcc_iopenr = 0x40021034, rcc_apbenr1 = 0x4002103C, rcc_apbenr2 = 0x40021040;
constexpr std::uintptr_t flash_acr = 0x40022000, flash_keyr = 0x40022008, flash_sr = 0x40022010,
                         flash_cr = 0x40022014, flash_eccr = 0x40022018, flash_ecc2r = 0x4002201C;
constexpr std::uintptr_t iwdg_kr = 0x40003000, iwdg_pr = 0x40003004, iwdg_rlr = 0x40003008,
                         iwdg_sr = 0x4000300C;
constexpr std::uintptr_t gpio_a = 0x50000000, gpio_b = 0x50000400, gpio_c = 0x50000800;
constexpr std::uintptr_t moder = 0x00, pupdr = 0x0C, idr = 0x10, bsrr = 0x18, afrl = 0x20;
constexpr std::uintptr_t usart2 = 0x40004400;
constexpr std::uintptr_t usart_cr1 = usart2, usart_cr3 = usart2 + 0x08, usart_brr = usart2 + 0x0C,
                         usart_isr = usart2 + 0x1C, usart_icr = usart2 + 0x20, usart_rdr = usart2 + 0x24,
                         usart_tdr = usart2 + 0x28;
constexpr std::uintptr_t adc_isr = 0x40012400, adc_cr = 0x40012408, adc_cfgr2 = 0x40012410,
                         adc_smpr = 0x40012414, adc_chselr = 0x40012428, adc_dr = 0x40012440;
constexpr std::uintptr_t systick_csr = 0xE000E010, systick_rvr = 0xE000E014, systick_cvr = 0xE000E018,
                         nvic_iser = 0xE000E100, scb_aircr = 0xE000ED0C;

// Pins. Port A: 0 supply (ADC), 2 and 3 serial line, 5 power lamp. Port B: the rest. Port C: 13 SOS.
constexpr unsigned supply_pin = 0, transmit_pin = 2, receive_pin = 3, power_lamp = 5;
constexpr unsigned ignition_pin = 0, tamper_pin = 1, power_pin = 2, fault_lamp = 10, sos_lamp = 11;
constexpr unsigned sos_pin = 13;
// 100 kOhm over 10 kOhm at the ADC: 3300 mV there are 36300 mV in the vehicle.
constexpr std::uint32_t full_scale_mv = 36'300;
constexpr std::uint32_t adc_steps = 4'095;

enum class Mode : std::uint32_t { input = 0, output = 1, alternate = 2 };
void set_mode(std::uintptr_t port, unsigned pin, Mode mode) {
    word(port + moder) = (word(port + moder) & ~(3U << pin * 2)) | static_cast<std::uint32_t>(mode)
                                                                       << pin * 2;
}
void pull_up(std::uintptr_t port, unsigned pin) {
    word(port + pupdr) = (word(port + pupdr) & ~(3U << pin * 2)) | 1U << pin * 2;
}
void drive(std::uintptr_t port, unsigned pin, bool on) {
    word(port + bsrr) = 1U << (on ? pin : pin + 16);
}
bool level(std::uintptr_t port, unsigned pin) {
    return (word(port + idr) >> pin & 1U) != 0;
}

// A double word whose programming or erasing a power cut has torn has an error correction code that does not
// hold. Reading it is a non-maskable interrupt, which comes here: such a place is one that cannot be read,
// and not a reset that ends at the same place again.
volatile bool reading_flash = false;
volatile bool flash_failed = false;

// False if there is such a place among them.
template <class Use>
bool use_flash(Use use) {
    flash_failed = false;
    reading_flash = true;
    __asm volatile("" ::: "memory");
    const bool good = use();
    __asm volatile("dsb\nisb" ::: "memory");
    reading_flash = false;
    return good && !flash_failed;
}

// Part of the chip's flash: pages of 2 KB, programmed by double words. Bank 2 begins at page 128.
class Flash final : public Storage {
  public:
    constexpr Flash(std::uint32_t first_page, std::uint32_t pages) : first_(first_page), pages_(pages) {}

    std::uint32_t page_size() const override { return 2'048; }
    std::uint32_t pages() const override { return pages_; }

    bool read(std::uint32_t offset, std::span<std::uint8_t> out) override {
        return use_flash([&] {
            std::memcpy(out.data(), reinterpret_cast<const void*>(address(offset)), out.size());
            return true;
        });
    }

    bool program(std::uint32_t offset, std::span<const std::uint8_t> bytes) override {
        unlock();
        word(flash_cr) = pg;
        for (std::size_t done = 0; done + program_unit <= bytes.size(); done += program_unit) {
            std::array<std::uint32_t, 2> pair;
            std::memcpy(pair.data(), bytes.data() + done, sizeof pair);
            const std::uintptr_t at = address(offset + static_cast<std::uint32_t>(done));
            word(at) = pair[0];
            word(at + 4) = pair[1];
            finish();
        }
        word(flash_cr) = lock;
        return use_flash([&] {
            return std::memcmp(reinterpret_cast<const void*>(address(offset)), bytes.data(), bytes.size()) ==
                   0;
        });
    }

    bool erase(std::uint32_t page) override {
        const std::uint32_t whole = first_ + page;
        const std::uint32_t bank = whole >= 128 ? bker : 0;
        unlock();
        word(flash_cr) = per | bank | (whole % 128) << 3;
        set(flash_cr, strt);
        finish();
        word(flash_cr) = lock;
        return true;
    }

  private:
    static constexpr std::uint32_t pg = 1, per = 2, bker = 1U << 13, strt = 1U << 16, lock = 1U << 31;
    static constexpr std::uint32_t busy = 7U << 16;   // both banks, and the configuration
    static constexpr std::uint32_t errors = 0xC3FAU;  // cleared by writing them

    std::uintptr_t address(std::uint32_t offset) const { return 0x08000000 + first_ * 2'048 + offset; }
    static void finish() {
        while ((word(flash_sr) & busy) != 0) {
        }
    }
    static void unlock() {
        finish();
        word(flash_sr) = errors | 1U;
        if ((word(flash_cr) & lock) == 0) return;
        word(flash_keyr) = 0x45670123;
        word(flash_keyr) = 0xCDEF89AB;
    }

    std::uint32_t first_;
    std::uint32_t pages_;
};

// Behind the boot stage's 64 KB: storage of 16 KB, and a slot in each bank, of which the RAM takes 64 KB.
constinit Flash storage_flash(32, 8);
constinit Flash slot_flashes[] = {Flash(64, 32), Flash(128, 32)};

struct Ring {
    std::array<std::uint8_t, 512> bytes;
    volatile std::uint32_t written;
    volatile std::uint32_t taken;
};
constinit Ring received{};
volatile std::uint32_t ticks = 0;
std::uint32_t ticks_told = 0;

// 16 MHz times 8 through 2.
void run_from_pll() {
    constexpr std::uint32_t pll_on = 1U << 24, pll_ready = 1U << 25, pllr_enable = 1U << 28,
                            pllr_half = 1U << 29;
    constexpr std::uint32_t source_hsi16 = 2, times_eight = 8U << 8, use_pll = 2, wait_states = 2;
    if ((word(rcc_cfgr) & 7U) == use_pll) return;  // the boot stage did
    word(flash_acr) = (word(flash_acr) & ~7U) | wait_states;
    word(rcc_pllcfgr) = source_hsi16 | times_eight | pllr_half | pllr_enable;
    set(rcc_cr, pll_on);
    wait_for(rcc_cr, pll_ready);
    word(rcc_cfgr) = (word(rcc_cfgr) & ~7U) | use_pll;
    while ((word(rcc_cfgr) >> 3 & 7U) != use_pll) {
    }
}

void start_watchdog() {
    constexpr std::uint32_t lsi_hz = 32'000, divider = 64, divider_code = 4;
    word(iwdg_kr) = 0xCCCC;
    word(iwdg_kr) = 0x5555;
    word(iwdg_pr) = divider_code;
    word(iwdg_rlr) = lsi_hz / divider * watchdog_ms / 1'000;
    while (word(iwdg_sr) != 0) {
    }
    feed_watchdog();
}

void start_adc() {
    constexpr std::uint32_t enable = 1, regulator = 1U << 28, calibrate = 1U << 31, ready = 1;
    constexpr std::uint32_t clock_quarter = 2U << 30, slowest = 7;
    set(rcc_apbenr2, 1U << 20);
    word(adc_cr) = regulator;
    for (std::uint32_t wait = 0; wait < 2'000; ++wait) __asm volatile("nop");  // 20 microseconds and more
    word(adc_cfgr2) = clock_quarter;
    word(adc_smpr) = slowest;
    set(adc_cr, calibrate);
    while ((word(adc_cr) & calibrate) != 0) {
    }
    word(adc_isr) = ready;
    set(adc_cr, enable);
    wait_for(adc_isr, ready);
    word(adc_chselr) = 1U << supply_pin;
}

std::uint32_t read_supply_mv() {
    constexpr std::uint32_t start_one = 4, ended = 4;
    set(adc_cr, start_one);
    wait_for(adc_isr, ended);
    return word(adc_dr) * full_scale_mv / adc_steps;
}

}  // namespace

void begin(bool power) {
    set(rcc_iopenr, 7);
    drive(gpio_b, power_pin, power);
    set_mode(gpio_b, power_pin, Mode::output);
    start_watchdog();
    run_from_pll();
}

void set_power(bool on) {
    drive(gpio_b, power_pin, on);
}

void feed_watchdog() {
    word(iwdg_kr) = 0xAAAA;
}

Storage& storage() {
    return storage_flash;
}

Storage& slot(std::uint8_t number) {
    return slot_flashes[number == 1 ? 1 : 0];
}

void reset() {
    word(scb_aircr) = 0x05FA0004;
    for (;;) {
    }
}

void start() {
    constexpr std::uint32_t enable = 1, receive = 4, transmit = 8, received_interrupt = 1U << 5,
                            fifo = 1U << 29;
    set_mode(gpio_a, power_lamp, Mode::output);
    set_mode(gpio_b, fault_lamp, Mode::output);
    set_mode(gpio_b, sos_lamp, Mode::output);
    for (const unsigned pin : {ignition_pin, tamper_pin}) {
        set_mode(gpio_b, pin, Mode::input);
        pull_up(gpio_b, pin);
    }
    set_mode(gpio_c, sos_pin, Mode::input);
    pull_up(gpio_c, sos_pin);
    start_adc();

    set(rcc_apbenr1, 1U << 17);
    word(gpio_a + afrl) = (word(gpio_a + afrl) & ~0xFF00U) | 0x1100U;  // USART2 on both
    set_mode(gpio_a, transmit_pin, Mode::alternate);
    set_mode(gpio_a, receive_pin, Mode::alternate);
    word(usart_brr) = clock_hz / baud;
    word(usart_cr3) = 1U << 12;  // a byte that is lost to an overrun is lost to the frame's checksum
    word(usart_cr1) = fifo | received_interrupt | receive | transmit | enable;
    word(nvic_iser) = 1U << FIELDPOST_SERIAL_INTERRUPT;
    word(systick_rvr) = clock_hz / 1'000 * tick_ms - 1;
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
    constexpr std::uint32_t has_room = 1U << 7;
    for (const std::uint8_t byte : bytes) {
        wait_for(usart_isr, has_room);
        word(usart_tdr) = byte;
    }
}

// Ignition and tamper switch pull their pins low through an optocoupler and to ground; the button does too.
RawInputs read_inputs() {
    return {!level(gpio_b, ignition_pin), !level(gpio_c, sos_pin), level(gpio_b, tamper_pin),
            read_supply_mv()};
}

void show(const Lights& lights) {
    drive(gpio_a, power_lamp, lights.power);
    drive(gpio_b, fault_lamp, lights.fault);
    drive(gpio_b, sos_lamp, lights.sos);
}

// Of anything else than flash that is read as storage, the watchdog makes a clean start: also of flash with
// the boot stage's own program. RAM comes with its parity check off (README.md).
void nmi_interrupt() {
    constexpr std::uint32_t two_bits_wrong = 1U << 31;
    bool known = false;
    for (const std::uintptr_t bank : {flash_eccr, flash_ecc2r}) {
        if ((word(bank) & two_bits_wrong) == 0) continue;
        set(bank, two_bits_wrong);  // cleared by writing it
        known = reading_flash;
    }
    if (!known) {
        for (;;) {
        }
    }
    flash_failed = true;
}

void tick_interrupt() {
    ticks = ticks + 1;
}

void serial_interrupt() {
    constexpr std::uint32_t has_byte = 1U << 5, errors = 0xF;
    while ((word(usart_isr) & has_byte) != 0) {
        const auto byte = static_cast<std::uint8_t>(word(usart_rdr));
        const std::uint32_t written = received.written;
        if (written - received.taken == received.bytes.size()) continue;  // lost; the frame's checksum tells
        received.bytes[written % received.bytes.size()] = byte;
        received.written = written + 1;
    }
    word(usart_icr) = errors;
}

}  // namespace fieldpost::firmware::port
