// Where things lie that the linker scripts place: what boot stage and supervisor hand each other.
#pragma once

#include <cstdint>

#include "firmware/logic/image.hpp"
#include "firmware/logic/retained.hpp"

namespace fieldpost::firmware {

// Left by the boot stage for the firmware that it starts.
struct BootNote {
    std::uint8_t slot;
};

// Section .retained: the same address in both programs, and no start-up code touches it.
extern Retained retained;
extern BootNote boot_note;

// Section .image of the boot stage, where the supervisor's own program begins: a firmware file's header, then
// its body.
extern "C" {
extern std::uint8_t image_begin[];  // from the linker script
extern std::uint8_t image_end[];
}
inline const ImageHeader& running_image() {
    return *reinterpret_cast<const ImageHeader*>(image_begin);
}

}  // namespace fieldpost::firmware
