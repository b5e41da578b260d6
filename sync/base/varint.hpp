// Whole numbers in as few bytes as they need, seven bits in each, the lowest first.
#pragma once

#include <cstdint>
#include <optional>

#include "sync/base/bytes.hpp"

namespace fieldpost {

inline void append_varint(Bytes& out, std::uint64_t value) {
    for (; value > 0x7f; value >>= 7U) out.push_back(static_cast<char>(value | 0x80U));
    out.push_back(static_cast<char>(value));
}

// Small numbers of either sign become small ones: 0, -1, 1, -2, …
constexpr std::uint64_t zigzag(std::int64_t value) {
    return (static_cast<std::uint64_t>(value) << 1U) ^ static_cast<std::uint64_t>(value >> 63U);
}
constexpr std::int64_t unzigzag(std::uint64_t value) {
    return static_cast<std::int64_t>(value >> 1U) ^ -static_cast<std::int64_t>(value & 1U);
}

// Takes numbers from the front of bytes that are not trusted: once something was missing, bad() stays true
// and every number is 0.
class VarintReader {
  public:
    explicit VarintReader(BytesView from) : at_(from.data()), end_(from.data() + from.size()) {}

    std::uint64_t take() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64 && at_ != end_; shift += 7) {
            const auto byte = static_cast<unsigned char>(*at_++);
            value |= std::uint64_t{byte & 0x7fU} << shift;
            if (byte < 0x80) return value;
        }
        bad_ = true;
        return 0;
    }
    std::int64_t take_signed() { return unzigzag(take()); }
    BytesView take_bytes(std::size_t size) {
        if (size > static_cast<std::size_t>(end_ - at_)) bad_ = true;
        if (bad_) return {};
        const BytesView bytes(at_, size);
        at_ += size;
        return bytes;
    }
    // So many numbers if each of them is one byte, which then is the number; else nullopt, and nothing is
    // taken.
    std::optional<BytesView> take_small(std::size_t count) {
        if (bad_ || count > static_cast<std::size_t>(end_ - at_)) return std::nullopt;
        unsigned all = 0;
        for (const char byte : BytesView(at_, count)) all |= static_cast<unsigned char>(byte);
        if (all > 0x7f) return std::nullopt;
        return take_bytes(count);
    }
    BytesView rest() const { return {at_, static_cast<std::size_t>(end_ - at_)}; }
    bool bad() const { return bad_; }

  private:
    const char* at_;
    const char* end_;
    bool bad_ = false;
};

}  // namespace fieldpost
