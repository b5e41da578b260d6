// Raw bytes on every topic that a device listens to, unsigned, and repeated until they are as large as a
// message may be: the device goes on keeping what DeviceBench checks, and no message of a mebibyte takes more
// than the heap's bound.
#include "tests/fuzz/device_bench.hpp"
#include "tests/fuzz/heap_bound.hpp"
#include "tests/fuzz/steps.hpp"

using namespace fieldpost;
using namespace fieldpost::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const HeapBound bound(protobuf_reserve + (64U << 20U));
    DeviceBench bench(DeviceBench::City::mounted);
    Steps steps(data, size);
    while (const auto step = steps.next()) {
        const unsigned topic = step->choice & 7U;
        const std::size_t times = std::size_t{1} << (step->choice >> 3U);  // to 2^31, cut below
        if (step->bytes.empty() || times == 1) {
            bench.receive_raw(topic, step->bytes);
            continue;
        }
        // Protobuf's messages are rows of fields: what is repeated as bytes is often repeated as a field.
        Bytes large;
        const std::size_t most = protocol::max_message_bytes / step->bytes.size() + 1;
        for (std::size_t i = 0; i < std::min(times, most); ++i) large.append(step->bytes);
        bench.receive_raw(topic, large);
        bench.tick(1'000);
    }
    return 0;
}
