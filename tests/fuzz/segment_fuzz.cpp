// Feed segments and heads, in any order, between commits that end well or not. Signed by the hub, whatever
// they hold, a device applies only what joins its cursor (DeviceBench says how that is checked); signed by
// somebody else, or as another type of message, they change nothing. What waits to be applied stays within
// the heap's bound.
#include "tests/fuzz/device_bench.hpp"
#include "tests/fuzz/heap_bound.hpp"
#include "tests/fuzz/steps.hpp"

using namespace fieldpost;
using namespace fieldpost::fuzz;

namespace {

// Signed and sent: on the feed's topic, on the head's, or as an answer.
void send(DeviceBench& bench, unsigned choice, BytesView payload) {
    const auto packing = packing_of(choice);
    switch (choice & 3U) {
        case 0:
            bench.receive(protocol::topic::feed(general),
                          seal_bytes<protocol::FeedSegment>(payload, hub_key(), packing).SerializeAsString());
            break;
        case 1:
            bench.receive(down_of<protocol::FeedSegment>(payload, hub_key(), packing));
            break;
        case 2:
            bench.receive(protocol::topic::feed_head(fire),
                          seal_bytes<protocol::FeedHead>(payload, hub_key(), packing).SerializeAsString());
            break;
        default: {
            const auto segment = seal_bytes<protocol::FeedSegment>(payload, thief_key(), packing);
            bench.receive_forged(protocol::topic::feed(general), segment.SerializeAsString());
            // The hub did sign this, but not as a segment.
            const auto other = seal_bytes<protocol::FeedHead>(payload, hub_key(), packing);
            bench.receive_forged(protocol::topic::feed(general), other.SerializeAsString());
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const HeapBound bound(protobuf_reserve + (64U << 20U));
    DeviceBench bench(DeviceBench::City::mounted);
    Steps steps(data, size);
    while (const auto step = steps.next()) {
        switch ((step->choice >> 2U) & 3U) {
            case 0:
            case 1:
                send(bench, step->choice, step->bytes);
                break;
            case 2:
                bench.end_city_write((step->choice & 2U) == 0);
                break;
            default:
                if (step->choice & 1U) {
                    bench.reconnect();
                } else {
                    bench.tick(step->choice & 2U ? 60'000 : 3'000);
                }
        }
    }
    return 0;
}
