#include "hal/supervisor/frame.hpp"

#include <optional>
#include <utility>

namespace fieldpost::hal {
namespace {

constexpr std::size_t longest_content = 1 + longest_supervisor_message + 2;
constexpr std::size_t longest_raw = longest_content + longest_content / 254 + 1;

Bytes stuff(BytesView content) {
    Bytes out(1, '\0');
    std::size_t group = 0;
    const auto end_group = [&] {
        out[group] = static_cast<char>(out.size() - group);
        group = out.size();
        out += '\0';
    };
    for (const char byte : content) {
        if (byte != '\0') out += byte;
        if (byte == '\0' || out.size() - group == 0xFF) end_group();
    }
    end_group();
    out.pop_back();
    return out;
}

std::optional<Bytes> unstuff(BytesView raw) {
    Bytes out;
    while (!raw.empty()) {
        const std::size_t length = static_cast<unsigned char>(raw.front());
        if (length == 0 || length > raw.size()) return std::nullopt;
        out += raw.substr(1, length - 1);
        raw.remove_prefix(length);
        if (length != 0xFF && !raw.empty()) out += '\0';
    }
    return out;
}

}  // namespace

std::uint16_t supervisor_crc(BytesView bytes) {
    std::uint32_t crc = 0xFFFF;
    for (const char byte : bytes) {
        crc ^= static_cast<unsigned char>(byte);
        for (int bit = 0; bit < 8; ++bit) crc = (crc & 1U) != 0 ? crc >> 1U ^ 0x8408U : crc >> 1U;
    }
    return static_cast<std::uint16_t>(~crc);
}

Bytes write_supervisor_frame(BytesView message) {
    Bytes content(1, static_cast<char>(supervisor_wire_version));
    content += message;
    const std::uint16_t crc = supervisor_crc(content);
    content += static_cast<char>(crc & 0xFFU);
    content += static_cast<char>(crc >> 8U);
    return '\0' + stuff(content) + '\0';
}

void SupervisorFrameReader::feed(BytesView bytes, const Handler& on_message) {
    for (const char byte : bytes) {
        if (byte == '\0') {
            end(on_message);
        } else if (raw_.size() == longest_raw) {
            overlong_ = true;
        } else {
            raw_ += byte;
        }
    }
}

void SupervisorFrameReader::end(const Handler& on_message) {
    const Bytes raw = std::exchange(raw_, {});
    const bool overlong = std::exchange(overlong_, false);
    if (raw.empty()) return;  // the zeros between two frames
    const auto content = overlong ? std::nullopt : unstuff(raw);
    if (content && content->size() >= 3) {
        const BytesView covered = BytesView(*content).substr(0, content->size() - 2);
        const auto low = static_cast<unsigned char>((*content)[content->size() - 2]);
        const auto high = static_cast<unsigned char>(content->back());
        if (supervisor_crc(covered) == (low | high << 8)) {
            other_version_ = static_cast<unsigned char>(covered.front()) != supervisor_wire_version;
            if (!other_version_) return on_message(covered.substr(1));
        }
    }
    ++bad_;
}

}  // namespace fieldpost::hal
