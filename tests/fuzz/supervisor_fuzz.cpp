// Any bytes on the line to the supervisor, read by both ends: they survive, agree on every message, keep to
// their bounds, and after whatever came the next whole frame is read.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "firmware/wire/frame.hpp"
#include "hal/supervisor/frame.hpp"
#include "tests/fuzz/heap_bound.hpp"
#include "tests/fuzz/promise.hpp"

using namespace fieldpost;

namespace {

std::vector<Bytes> firmware_reads(BytesView bytes) {
    firmware::FrameReader reader;
    std::vector<Bytes> messages;
    for (const char byte : bytes) {
        if (!reader.take(static_cast<std::uint8_t>(byte))) continue;
        messages.emplace_back(reader.message().begin(), reader.message().end());
        fuzz::must(messages.back().size() <= firmware::longest_message, "a message is within its bound");
    }
    return messages;
}

std::vector<Bytes> computer_reads(BytesView bytes) {
    hal::SupervisorFrameReader reader;
    std::vector<Bytes> messages;
    reader.feed(bytes, [&](BytesView message) { messages.emplace_back(message); });
    return messages;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const fuzz::HeapBound bound(1U << 20U);
    const BytesView input(reinterpret_cast<const char*>(data), size);
    fuzz::must(firmware_reads(input) == computer_reads(input), "both ends read the same");

    // The same bytes as a message, behind themselves as noise: a fuzzer would seldom find a checksum.
    const BytesView message = input.substr(0, firmware::longest_message);
    const Bytes framed = hal::write_supervisor_frame(message);
    const Bytes all = Bytes(input) + framed;
    const auto read = firmware_reads(all);
    fuzz::must(!read.empty() && read.back() == message, "the frame after the noise is read");
    fuzz::must(read == computer_reads(all), "both ends read the same after noise");
    return 0;
}
