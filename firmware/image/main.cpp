// The supervisor's program: carries readings and bytes between the port and the rules.
#include "firmware/image/layout.hpp"
#include "firmware/image/port.hpp"
#include "firmware/image/sodium_crypto.hpp"
#include "firmware/logic/reset_count.hpp"
#include "firmware/supervisor.hpp"

namespace fieldpost::firmware {
namespace {

class SerialSender final : public FrameSender {
  public:
    void send(std::span<const std::uint8_t> frame) override { port::write(frame); }
};

// A computer that talks without a pause must not keep the rules from their turn. True if bytes may be left.
bool take_bytes(Supervisor& supervisor) {
    constexpr int most_bytes = 64;
    for (int taken = 0; taken < most_bytes; ++taken) {
        std::uint8_t byte = 0;
        if (!port::read_byte(byte)) return false;
        supervisor.receive(byte);
    }
    return true;
}

[[noreturn]] void run() {
    const bool powered = boot_note.power == power_is_on;
    port::begin(powered);
    SerialSender sender;
    SodiumCrypto crypto;
    const std::uint8_t slot = boot_note.slot == 1 ? 1 : 0;
    static Supervisor supervisor({port::storage(), port::slot(static_cast<std::uint8_t>(1 - slot)), crypto,
                                  sender, retained, FIELDPOST_BOARD, running_image().version, slot, powered,
                                  is_reset_loop(boot_note.resets), image_room()});
    port::start();
    for (;;) {
        port::feed_watchdog();
        const bool bytes_left = take_bytes(supervisor);
        const Outputs outputs = supervisor.tick(port::elapsed_ms(), port::read_inputs());
        port::set_power(outputs.power);
        boot_note.power = outputs.power ? power_is_on : 0;
        if (outputs.steady) boot_note.resets = 0;
        port::show(outputs.lights);
        if (outputs.reset) port::reset();
        if (!bytes_left) port::wait();
    }
}

}  // namespace
}  // namespace fieldpost::firmware

int main() {
    fieldpost::firmware::run();
}
