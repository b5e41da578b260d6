// Manifests and blocks, for a device that has no city and is offered one. A manifest that the hub signed is
// fetched only when its numbers add up, and a block written only when it is what that manifest says, once,
// and if it was asked for; a manifest that somebody else signed begins nothing. Blocks unfold within their
// bound, whatever they claim.
#include "tests/fuzz/device_bench.hpp"
#include "tests/fuzz/heap_bound.hpp"
#include "tests/fuzz/steps.hpp"

using namespace fieldpost;
using namespace fieldpost::fuzz;

namespace {

// What the true snapshot holds at this block. Short blocks: what matters happens between them.
constexpr std::uint32_t true_block_bytes = 100;
Bytes content(std::uint32_t block) {
    return Bytes(true_block_bytes, static_cast<char>('a' + block % 26));
}

void offer(DeviceBench& bench, std::uint64_t generation) {
    auto reply = bench.sound_reply();
    reply.set_snapshot_generation(generation);
    bench.receive(down_of<protocol::HelloReply>(reply.SerializeAsString(), hub_key()));
}

// As the fuzzer made it, or with what a fuzzer does not find put right: sizes that add up, and true hashes.
void send_manifest(DeviceBench& bench, unsigned choice, BytesView bytes) {
    const auto packing = packing_of(choice);
    protocol::Manifest manifest;
    if ((choice & 8U) == 0 && manifest.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) &&
        manifest.blocks_size() > 0) {
        swell(manifest, choice & 128U ? 50 : 1);
        manifest.set_kind("snapshot");
        manifest.set_block_bytes(true_block_bytes);
        manifest.set_bytes(static_cast<std::uint64_t>(manifest.blocks_size()) * true_block_bytes);
        for (int i = 0; i < manifest.blocks_size(); ++i) {
            manifest.mutable_blocks(i)->set_sha256(sha256(content(static_cast<std::uint32_t>(i))));
        }
    }
    const Bytes payload = manifest.blocks_size() > 0 ? manifest.SerializeAsString() : Bytes(bytes);
    bench.receive_forged(down_of<protocol::Manifest>(payload, thief_key(), packing));
    bench.receive(down_of<protocol::Manifest>(payload, hub_key(), packing));
}

void send_block(DeviceBench& bench, unsigned choice, BytesView bytes) {
    protocol::Down down;
    auto& block = *down.mutable_block();
    if (!block.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
    if (choice & 8U) block.set_packed(compress(content(block.block())));
    bench.receive(down);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const HeapBound bound(protobuf_reserve + (64U << 20U));
    DeviceBench bench(DeviceBench::City::none);
    Steps steps(data, size);
    while (const auto step = steps.next()) {
        const auto number = step->bytes.empty() ? 7U : static_cast<unsigned char>(step->bytes[0]);
        switch (step->choice & 7U) {
            case 0:
                offer(bench, number);
                break;
            case 1:
                send_manifest(bench, step->choice, step->bytes);
                break;
            case 2:
                bench.end_prepare(number & 15U, number >> 4U);
                break;
            case 3:
            case 4:
                send_block(bench, step->choice, step->bytes);
                break;
            case 5:
                bench.end_write();
                break;
            case 6:
                bench.end_artifact((step->choice & 8U) == 0);
                break;
            default:
                if (step->choice & 8U) {
                    bench.reconnect();
                } else {
                    bench.tick(step->choice & 16U ? 60'000 : 3'000);
                }
        }
    }
    return 0;
}
