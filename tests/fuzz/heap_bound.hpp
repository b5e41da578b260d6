// A bound on the memory that one input may take at any moment, whatever it is made of. libFuzzer's own limits
// see a single allocation, or the whole process with its corpus; this sees the sum that one run holds.
#pragma once

#include <cstddef>

namespace fieldpost::fuzz {

// A text inside a message may claim any length: protobuf 3.21 (kSafeStringSize in parse_context.h) reserves
// up to this much for it before it sees that the bytes are not there. Once, and untouched: the message is
// refused at that.
inline constexpr std::size_t protobuf_reserve = 50'000'000;

// While it lives, an allocation that brings what was allocated since its start beyond `bytes` ends the
// program, with the stack of who asked for it. One at a time.
class HeapBound {
  public:
    explicit HeapBound(std::size_t bytes);
    ~HeapBound();
    HeapBound(const HeapBound&) = delete;
    HeapBound& operator=(const HeapBound&) = delete;
};

}  // namespace fieldpost::fuzz
