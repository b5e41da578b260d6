// Frames on the serial line: 0x00, COBS(version, message, CRC-16 of both, low byte first), 0x00.
// hal/supervisor/README.md is the contract; the computer's end has a codec of its own, and a test sets the
// two against each other.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace fieldpost::firmware {

inline constexpr std::uint8_t wire_version = 1;
inline constexpr std::size_t longest_message = 352;
inline constexpr std::size_t longest_content = 1 + longest_message + 2;
// COBS adds a byte for each 254 begun; and the zeros around it.
inline constexpr std::size_t longest_frame = longest_content + longest_content / 254 + 1 + 2;

// The whole frame in `out`; its length, or 0 for a message that is too long.
std::size_t write_frame(std::span<const std::uint8_t> message, std::span<std::uint8_t, longest_frame> out);

// Takes bytes as they come. Whatever came before, the first whole frame after a 0x00 is found.
class FrameReader {
  public:
    // True when this byte ended a good frame of our version: message() is valid until the next call.
    bool take(std::uint8_t byte);
    std::span<const std::uint8_t> message() const { return {bytes_.data() + 1, length_ - 3}; }

    // Damaged, too long, or of another version.
    std::uint32_t bad_frames() const { return bad_; }

  private:
    void put(std::uint8_t byte);
    bool end();

    std::array<std::uint8_t, longest_content> bytes_{};
    std::size_t length_ = 0;
    std::uint8_t left_ = 0;  // bytes of the COBS group that still come
    bool begun_ = false;
    bool zero_due_ = false;  // the group that ends stands for a zero, unless the frame ends with it
    bool overlong_ = false;
    bool finished_ = false;  // message() is there: begin anew with the next byte
    std::uint32_t bad_ = 0;
};

}  // namespace fieldpost::firmware
