// CRC-16/IBM-SDLC (X.25): reflected polynomial 0x1021, begins with 0xFFFF, inverted at the end. Of frames,
// and of what lies in storage.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace fieldpost::firmware {

// Of bytes that come piece by piece.
class Crc16 {
  public:
    constexpr void add(std::span<const std::uint8_t> bytes) {
        for (const std::uint8_t byte : bytes) {
            crc_ = static_cast<std::uint16_t>(crc_ ^ byte);
            for (int bit = 0; bit < 8; ++bit)
                crc_ = static_cast<std::uint16_t>((crc_ & 1) ? (crc_ >> 1) ^ 0x8408 : crc_ >> 1);
        }
    }
    constexpr std::uint16_t value() const { return static_cast<std::uint16_t>(~crc_); }

  private:
    std::uint16_t crc_ = 0xFFFF;
};

constexpr std::uint16_t crc16(std::span<const std::uint8_t> bytes) {
    Crc16 crc;
    crc.add(bytes);
    return crc.value();
}

}  // namespace fieldpost::firmware
