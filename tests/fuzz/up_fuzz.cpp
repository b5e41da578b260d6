// What a device sends besides batches: hello, requests for feeds, manifests and blocks, and attachments; from
// raw bytes, on the device's topic and on others, and with its lists as long as a message allows. It changes
// nothing in the journal at the hub, is answered with little, and never with what the device may not see; a
// hello that another signed is not answered at all (see HubBench).
#include "tests/fuzz/heap_bound.hpp"
#include "tests/fuzz/hub_bench.hpp"
#include "tests/fuzz/steps.hpp"

using namespace fieldpost;
using namespace fieldpost::fuzz;

namespace {

// Something that has been applied, for a hello to ask about.
void apply_some(HubBench& bench) {
    protocol::Batch batch;
    batch.set_protocol(protocol::version);
    batch.set_device("truck-1");
    batch.set_epoch(journal_epoch);
    batch.set_lane(protocol::WORK);
    batch.set_first_seq(1);
    batch.set_hash_before(protocol::chain_start("truck-1", journal_epoch, protocol::WORK));
    for (int i = 0; i < 20; ++i) batch.add_entries()->set_operation(i % 7 == 3 ? "bad" : "note");
    bench.receive_batch(seal_bytes<protocol::Batch>(batch.SerializeAsString(), truck_key(), Packing::plain));
}

// As it came, or of our device and protocol, and with lists that are as long as they may be.
Bytes hello_of(const Step& step) {
    protocol::Hello hello;
    if (!hello.ParseFromArray(step.bytes.data(), static_cast<int>(step.bytes.size())))
        return Bytes(step.bytes);
    if (step.choice & 8U) {
        hello.set_device("truck-1");
        hello.set_protocol(protocol::version);
    }
    swell(hello, step.choice & 128U ? 1'000'000 : 1);
    return hello.SerializeAsString();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const HeapBound bound(protobuf_reserve + (64U << 20U));
    HubBench bench;
    apply_some(bench);
    Steps steps(data, size);
    while (const auto step = steps.next()) {
        protocol::Up up;
        switch (step->choice & 7U) {
            case 0:
                if (!up.ParseFromArray(step->bytes.data(), static_cast<int>(step->bytes.size()))) break;
                up.clear_batch();
                swell(up, std::size_t{1} << (step->choice >> 3U));
                must_reencode(up);
                bench.receive(up);
                break;
            case 1:
                bench.receive(protocol::topic::up("truck-1"), step->bytes);
                break;
            case 2:
                bench.receive(protocol::topic::up("truck-2"), step->bytes);
                break;
            case 3:
                bench.receive(step->bytes, step->bytes);
                break;
            case 4:
            case 5:
                bench.receive_hello(
                    seal_bytes<protocol::Hello>(hello_of(*step), truck_key(), packing_of(step->choice)));
                break;
            case 6:
                *up.mutable_hello() =
                    seal_bytes<protocol::Hello>(hello_of(*step), thief_key(), packing_of(step->choice));
                if (up.ByteSizeLong() <= protocol::max_message_bytes) bench.receive_forged(up);
                break;
            default:  // of a device that is not registered
                *up.mutable_hello() =
                    seal_bytes<protocol::Hello>(hello_of(*step), thief_key(), packing_of(step->choice));
                bench.receive(protocol::topic::up("truck-2"), up.SerializeAsString());
        }
    }
    return 0;
}
