// Frames on the line to the supervisor; README.md says what they look like.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include "sync/base/bytes.hpp"

namespace fieldpost::hal {

inline constexpr unsigned char supervisor_wire_version = 1;
inline constexpr std::size_t longest_supervisor_message = 352;

// CRC-16/IBM-SDLC.
std::uint16_t supervisor_crc(BytesView bytes);

// The whole frame, zeros around it included. The message must not be longer than longest_supervisor_message.
Bytes write_supervisor_frame(BytesView message);

// Finds the frames in bytes as they come, in any pieces and after any noise.
class SupervisorFrameReader {
  public:
    using Handler = std::function<void(BytesView message)>;

    void feed(BytesView bytes, const Handler& on_message);

    std::uint64_t bad_frames() const { return bad_; }
    // A whole frame of another version came last: the two ends do not understand each other.
    bool other_version() const { return other_version_; }

  private:
    void end(const Handler& on_message);

    Bytes raw_;  // of the frame that has begun; bounded
    bool overlong_ = false;
    bool other_version_ = false;
    std::uint64_t bad_ = 0;
};

}  // namespace fieldpost::hal
