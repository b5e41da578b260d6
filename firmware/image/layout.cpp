#include "firmware/image/layout.hpp"

namespace fieldpost::firmware {

// In this order: where the note lies must never change either.
[[gnu::section(".retained.0")]] BootNote boot_note;
[[gnu::section(".retained.1")]] Retained retained;

}  // namespace fieldpost::firmware
