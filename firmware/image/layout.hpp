// Where things lie that the linker scripts place: what boot stage and supervisor hand each other.
#pragma once

#include <cstdint>

#include "firmware/logic/image.hpp"
#include "firmware/logic/retained.hpp"

namespace fieldpost::firmware {

// What boot stage and firmware tell each other. Its form never changes, but that it may grow to 16 bytes: the
// boot stage in a chip is older than most firmware that it starts. Noise after a power-on.
struct BootNote {
    std::uint32_t slot;    // that runs, by the boot stage
    std::uint32_t power;   // power_is_on while the computer has power; the boot stage may take it
    std::uint32_t resets;  // reset_count.hpp
};
static_assert(sizeof(BootNote) <= 16);
inline constexpr std::uint32_t power_is_on = 0x50573A31;

// Section .retained: the same address in both programs, and no start-up code touches it.
extern Retained retained;
extern BootNote boot_note;

// Section .image of the boot stage, where the supervisor's own program begins: a firmware file's header, then
// its body.
extern "C" {
extern std::uint8_t image_begin[];  // from the linker script
extern std::uint8_t image_end[];
}
inline std::uint32_t image_room() {
    return static_cast<std::uint32_t>(image_end - image_begin);
}
inline const ImageHeader& running_image() {
    return *reinterpret_cast<const ImageHeader*>(image_begin);
}

}  // namespace fieldpost::firmware
