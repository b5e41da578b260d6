// From reset to main() on any Cortex-M: the vector table, and RAM as C++ expects it.
#include <cstdint>
#include <cstring>

#include "firmware/image/port.hpp"

extern "C" {
extern std::uint8_t data_load[], data_begin[], data_end[], bss_begin[], bss_end[], stack_top[];
using Initializer = void (*)();
extern const Initializer initializers_begin[], initializers_end[];

int main();

[[noreturn]] void reset_handler() {
    std::memcpy(data_begin, data_load, static_cast<std::size_t>(data_end - data_begin));
    std::memset(bss_begin, 0, static_cast<std::size_t>(bss_end - bss_begin));
    for (const Initializer* one = initializers_begin; one != initializers_end; ++one) (*one)();
    main();
    for (;;) {
    }
}

// A fault, or an interrupt that nobody asked for: the watchdog makes a clean start of it.
[[noreturn]] void fault_handler() {
    for (;;) {
    }
}

[[gnu::weak]] void nmi_interrupt() {
    fault_handler();
}

[[noreturn]] void __cxa_pure_virtual() {
    fault_handler();
}
}

namespace {

using Handler = void (*)();
constexpr int core_exceptions = 16;

struct VectorTable {
    const std::uint8_t* stack;
    Handler handlers[core_exceptions - 1 + FIELDPOST_INTERRUPTS];
};

constexpr VectorTable make_vectors() {
    VectorTable table{};
    table.stack = stack_top;
    for (Handler& handler : table.handlers) handler = fault_handler;
    table.handlers[0] = reset_handler;
    table.handlers[1] = nmi_interrupt;
#ifdef FIELDPOST_SUPERVISOR  // the boot stage works without interrupts
    table.handlers[14] = fieldpost::firmware::port::tick_interrupt;
    table.handlers[core_exceptions - 1 + FIELDPOST_SERIAL_INTERRUPT] =
        fieldpost::firmware::port::serial_interrupt;
#endif
    return table;
}

[[gnu::section(".vectors"), gnu::used]] constinit const VectorTable vectors = make_vectors();

}  // namespace
