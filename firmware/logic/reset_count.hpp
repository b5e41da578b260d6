// How often in a row the chip was reset before its firmware had worked for a minute. Kept as one word of
// memory that a reset leaves alone, noise after a power-on; the boot stage counts, the firmware clears.
#pragma once

#include <cstdint>

namespace fieldpost::firmware {

inline constexpr std::uint32_t reset_count_mark = 0x52530000;  // the upper half of a word that counts
// The longest hold-up (settings.cpp) by the watchdog's time (port.hpp): so long a computer that was asked to
// finish before the first of them has its time.
inline constexpr std::uint32_t most_resets_in_a_row = 150;

// The word after one more reset.
constexpr std::uint32_t count_reset(std::uint32_t word) {
    const std::uint32_t before = (word & 0xFFFF0000) == reset_count_mark ? word & 0xFFFF : 0;
    return reset_count_mark | (before < 0xFFFF ? before + 1 : before);
}

// A supervisor that gets nowhere ends no hold-up, sees no low supply and resets no computer.
constexpr bool is_reset_loop(std::uint32_t word) {
    return (word & 0xFFFF0000) == reset_count_mark && (word & 0xFFFF) > most_resets_in_a_row;
}

}  // namespace fieldpost::firmware
