// The boot stage: keeps the computer's power as it was (but of a supervisor that is reset without end), finds
// the slot that is to run, checks its signature, copies it into RAM and starts it. What was checked is what
// runs: the check is repeated on the copy's bytes.
#include <cstring>

#include "firmware/image/layout.hpp"
#include "firmware/image/port.hpp"
#include "firmware/image/sodium_crypto.hpp"
#include "firmware/logic/kept.hpp"
#include "firmware/logic/reset_count.hpp"
#include "firmware/supervisor.hpp"

namespace fieldpost::firmware {
namespace {

// RAM in which the program will run, seen as the slot that is checked.
class LoadedImage final : public Storage {
  public:
    std::uint32_t page_size() const override { return image_room(); }
    std::uint32_t pages() const override { return 1; }
    bool read(std::uint32_t offset, std::span<std::uint8_t> out) override {
        std::memcpy(out.data(), image_begin + offset, out.size());
        return true;
    }
    bool program(std::uint32_t, std::span<const std::uint8_t>) override { return false; }
    bool erase(std::uint32_t) override { return false; }
};

bool load(Storage& slot) {
    if (!slot.read(0, {image_begin, sizeof(ImageHeader)})) return false;
    const std::uint32_t size = running_image().body_size;
    if (size > image_room() - sizeof(ImageHeader)) return false;
    for (std::uint32_t done = 0; done < size;) {
        port::feed_watchdog();
        const std::uint32_t length = size - done < 256 ? size - done : 256;
        const std::uint32_t offset = sizeof(ImageHeader) + done;
        if (!slot.read(offset, {image_begin + offset, length})) return false;
        done += length;
    }
    return true;
}

bool load_and_check_once(std::uint8_t slot) {
    if (!load(port::slot(slot))) return false;
    LoadedImage image;
    SodiumCrypto crypto;
    ImageHeader header;
    return check_image(image, FIELDPOST_BOARD, crypto, header) == ImageVerdict::good;
}

// To give up a slot is for good: one bad reading is no reason.
bool load_and_check(std::uint8_t slot) {
    constexpr int most_tries = 3;
    for (int tries = 0; tries < most_tries; ++tries) {
        if (load_and_check_once(slot)) return true;
    }
    return false;
}

[[noreturn]] void start_image() {
    // The body begins with a vector table: stack pointer, reset handler.
    const auto table = reinterpret_cast<std::uintptr_t>(image_begin) + sizeof(ImageHeader);
    auto& vector_table_offset = *reinterpret_cast<volatile std::uint32_t*>(0xE000ED08);
    vector_table_offset = static_cast<std::uint32_t>(table);
    const auto* const vectors = reinterpret_cast<const std::uint32_t*>(table);
    __asm volatile(
        "msr msp, %0\n"
        "dsb\n"
        "bx %1\n"
        :
        : "r"(vectors[0]), "r"(vectors[1])
        : "memory");
    __builtin_unreachable();
}

[[noreturn]] void run() {
    boot_note.resets = count_reset(boot_note.resets);
    if (is_reset_loop(boot_note.resets)) boot_note.power = 0;
    port::begin(boot_note.power == power_is_on);
    Region region(port::storage(), StorageMap::boot_page, 2);
    Kept<BootRecord> store(region);
    const BootRecord stored = store.load().value_or(BootRecord{});
    const BootChoice choice = choose_slot(stored);
    // A storage that takes no writes must not keep a good firmware from running.
    if (choice.record != stored) store.save(choice.record);
    boot_note.slot = choice.slot;
    if (load_and_check(choice.slot)) start_image();

    const auto other = static_cast<std::uint8_t>(1 - choice.slot);
    boot_note.slot = other;
    if (load_and_check(other)) {
        store.save(give_up_slot(choice.record));
        start_image();
    }
    // Nothing may run. Without rules the computer has no power. The watchdog makes a new try of it: what
    // cannot be read now may be then, or a service tool has written a slot anew.
    boot_note.power = 0;
    port::set_power(false);
    for (;;) {
    }
}

}  // namespace
}  // namespace fieldpost::firmware

int main() {
    fieldpost::firmware::run();
}
