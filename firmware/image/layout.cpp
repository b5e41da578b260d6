#include "firmware/image/layout.hpp"

namespace fieldpost::firmware {

// In this order, each of a fixed size: the boot stage in a chip is older than the firmware that it starts.
[[gnu::section(".retained.0")]] BootNote boot_note;
[[gnu::section(".retained.1")]] Retained retained;

}  // namespace fieldpost::firmware
