// CRC-16/IBM-SDLC (X.25): reflected polynomial 0x1021, begins with 0xFFFF, inverted at the end. Of frames,
// and of what lies in storage.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace fieldpost::firmware {

constexpr std::uint16_t crc16(std::span<const std::uint8_t> bytes) {
    std::uint16_t crc = 0xFFFF;
    for (const std::uint8_t byte : bytes) {
        crc = static_cast<std::uint16_t>(crc ^ byte);
        for (int bit = 0; bit < 8; ++bit)
            crc = static_cast<std::uint16_t>((crc & 1) ? (crc >> 1) ^ 0x8408 : crc >> 1);
    }
    return static_cast<std::uint16_t>(~crc);
}

}  // namespace fieldpost::firmware
