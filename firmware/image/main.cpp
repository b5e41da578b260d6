// The supervisor's program: carries readings and bytes between the port and the rules.
#include "firmware/image/layout.hpp"
#include "firmware/image/port.hpp"
#include "firmware/image/sodium_crypto.hpp"
#include "firmware/supervisor.hpp"

namespace fieldpost::firmware {
namespace {

class SerialSender final : public FrameSender {
  public:
    void send(std::span<const std::uint8_t> frame) override { port::write(frame); }
};

[[noreturn]] void run() {
    port::begin(boot_note.power == power_is_on);
    SerialSender sender;
    SodiumCrypto crypto;
    const std::uint8_t slot = boot_note.slot == 1 ? 1 : 0;
    static Supervisor supervisor({port::storage(), port::slot(static_cast<std::uint8_t>(1 - slot)), crypto,
                                  sender, retained, FIELDPOST_BOARD, running_image().version, slot});
    port::start();
    for (;;) {
        port::feed_watchdog();
        std::uint8_t byte = 0;
        while (port::read_byte(byte)) supervisor.receive(byte);
        const Outputs outputs = supervisor.tick(port::elapsed_ms(), port::read_inputs());
        port::set_power(outputs.power);
        boot_note.power = outputs.power ? power_is_on : 0;
        port::show(outputs.lights);
        if (outputs.reset) port::reset();
        port::wait();
    }
}

}  // namespace
}  // namespace fieldpost::firmware

int main() {
    fieldpost::firmware::run();
}
