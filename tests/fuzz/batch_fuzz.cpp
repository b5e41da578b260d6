// Batches of a device's journal, in any order. Signed by the device, a batch moves its lane by exactly its
// own operations, once; signed by somebody else or as another message it changes nothing and raises an alarm
// (see HubBench). The place in the chain, which no fuzzer guesses, can be put in. Memory stays bounded,
// whatever the payload unfolds to.
#include "tests/fuzz/heap_bound.hpp"
#include "tests/fuzz/hub_bench.hpp"
#include "tests/fuzz/steps.hpp"

using namespace fieldpost;
using namespace fieldpost::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const HeapBound bound(protobuf_reserve + (64U << 20U));
    HubBench bench;
    Steps steps(data, size);
    while (const auto step = steps.next()) {
        const auto packing = packing_of(step->choice);
        Bytes payload(step->bytes);
        protocol::Batch batch;
        bool joins = false;
        if ((step->choice & 1U) == 0 && batch.ParseFromString(payload)) {
            joins = true;
            bench.join(batch, step->choice & 2U ? 3 : 0);
            swell(batch, step->choice & 128U ? 3'000 : 1);
            payload = batch.SerializeAsString();
        }
        if ((step->choice & 12U) == 12U) {
            protocol::Up up;
            *up.mutable_batch() = seal_bytes<protocol::Batch>(payload, thief_key(), packing);
            bench.receive_forged(up);
            *up.mutable_batch() = seal_bytes<protocol::FeedSegment>(payload, truck_key(), packing);
            bench.receive_forged(up);
        } else {
            const bool unfolds =
                packing == Packing::plain || packing == Packing::zstd || packing == Packing::dictionary;
            bench.receive_batch(seal_bytes<protocol::Batch>(payload, truck_key(), packing), joins && unfolds);
        }
    }
    return 0;
}
