#include "firmware/wire/frame.hpp"

#include "firmware/logic/crc.hpp"

namespace fieldpost::firmware {
namespace {

// Writes COBS as bytes come: each group is led by its length, which is known when it ends.
class CobsWriter {
  public:
    explicit CobsWriter(std::span<std::uint8_t, longest_frame> out) : out_(out) { out_[0] = 0; }

    void put(std::uint8_t byte) {
        if (byte == 0) return end_group();
        out_[next_++] = byte;
        if (next_ - group_ == 0xFF) end_group();
    }
    std::size_t finish() {
        end_group();
        out_[group_] = 0;  // the place of the next group's length is that of the zero that ends the frame
        return next_;
    }

  private:
    void end_group() {
        out_[group_] = static_cast<std::uint8_t>(next_ - group_);
        group_ = next_++;
    }

    std::span<std::uint8_t, longest_frame> out_;
    std::size_t group_ = 1;
    std::size_t next_ = 2;
};

}  // namespace

std::size_t write_frame(std::span<const std::uint8_t> message, std::span<std::uint8_t, longest_frame> out) {
    if (message.size() > longest_message) return 0;
    std::array<std::uint8_t, 1 + longest_message> content;
    content[0] = wire_version;
    std::size_t length = 1;
    for (const std::uint8_t byte : message) content[length++] = byte;
    const std::uint16_t crc = crc16(std::span(content).first(length));
    CobsWriter writer(out);
    for (std::size_t i = 0; i < length; ++i) writer.put(content[i]);
    writer.put(static_cast<std::uint8_t>(crc));
    writer.put(static_cast<std::uint8_t>(crc >> 8));
    return writer.finish();
}

void FrameReader::put(std::uint8_t byte) {
    if (length_ == bytes_.size())
        overlong_ = true;
    else
        bytes_[length_++] = byte;
}

bool FrameReader::take(std::uint8_t byte) {
    if (finished_) {
        finished_ = false;
        length_ = 0;
    }
    if (byte == 0) return end();
    if (left_ > 0) {
        put(byte);
        --left_;
        return false;
    }
    if (zero_due_) put(0);
    begun_ = true;
    left_ = static_cast<std::uint8_t>(byte - 1);
    zero_due_ = byte != 0xFF;
    return false;
}

bool FrameReader::end() {
    const bool empty = !begun_;
    const bool whole = left_ == 0 && !overlong_ && length_ >= 3;
    begun_ = zero_due_ = overlong_ = false;
    left_ = 0;
    if (empty) return false;  // the zeros between two frames
    if (whole) {
        const std::size_t covered = length_ - 2;
        const unsigned crc = bytes_[covered] | static_cast<unsigned>(bytes_[covered + 1]) << 8;
        if (bytes_[0] == wire_version && crc == crc16(std::span(bytes_).first(covered))) {
            finished_ = true;
            return true;
        }
    }
    ++bad_;
    length_ = 0;
    return false;
}

}  // namespace fieldpost::firmware
