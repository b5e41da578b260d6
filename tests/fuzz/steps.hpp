// An input as a row of steps, each led by a byte that says what is done and two that say how many bytes it
// takes: a small change of the input stays a small change of what happens, and make_corpus can write one by
// hand.
#pragma once

#include <algorithm>
#include <optional>

#include "sync/base/bytes.hpp"

namespace fieldpost::fuzz {

struct Step {
    unsigned choice = 0;
    BytesView bytes;
};

class Steps {
  public:
    Steps(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

    std::optional<Step> next() {
        if (rest_.size() < 3) return std::nullopt;
        const std::size_t length = byte(1) | (byte(2) << 8U);
        Step step{byte(0), rest_.substr(3, length)};
        rest_.remove_prefix(3 + step.bytes.size());
        return step;
    }

    // The bytes of a step, cut at 65535.
    static Bytes encode(unsigned choice, BytesView bytes) {
        const std::size_t length = std::min<std::size_t>(bytes.size(), 0xffff);
        Bytes out{static_cast<char>(choice), static_cast<char>(length & 0xffU),
                  static_cast<char>(length >> 8U)};
        return out.append(bytes.substr(0, length));
    }

  private:
    unsigned byte(std::size_t at) const { return static_cast<unsigned char>(rest_[at]); }

    BytesView rest_;
};

}  // namespace fieldpost::fuzz
