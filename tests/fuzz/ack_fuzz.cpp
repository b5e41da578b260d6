// What a hub says of the journal and of attachments: acknowledgements, answers to a hello, states of
// attachments. Signed by it, whatever they claim, the journal notes results only of operations that the hub
// has proved to hold by their chain hash, nothing recorded is lost, and an epoch is opened rather than work
// sent into a chain that differs; signed by somebody else, they change nothing (see DeviceBench). Hashes and
// numbers, which no fuzzer guesses, are put in.
#include "tests/fuzz/device_bench.hpp"
#include "tests/fuzz/heap_bound.hpp"
#include "tests/fuzz/steps.hpp"

using namespace fieldpost;
using namespace fieldpost::fuzz;

namespace {

constexpr unsigned proven = 16;
constexpr unsigned swollen = 32;
constexpr unsigned forged = 64;
constexpr unsigned in_columns = 128;

void prove(DeviceBench& bench, protocol::LanePosition& position, const protocol::HelloReply& sound) {
    if (position.epoch() == 0) position.set_epoch(sound.lanes(0).epoch());
    if (position.hash().empty()) position.set_hash(bench.our_hash(position.lane(), position.seq()));
}

void prove(DeviceBench& bench, protocol::Ack& ack) {
    prove(bench, *ack.mutable_applied(), bench.sound_reply());
}

void prove(DeviceBench& bench, protocol::HelloReply& reply) {
    const auto sound = bench.sound_reply();
    for (auto& lane : *reply.mutable_lanes()) prove(bench, lane, sound);
    if (reply.number() == 0) reply.set_number(sound.number());
    if (reply.hub_generation() == 0) reply.set_hub_generation(sound.hub_generation());
}

void prove(DeviceBench& bench, protocol::BlobState& state) {
    if (state.sha256().size() < 2) {
        state.set_sha256(
            bench.attachment(state.sha256().empty() ? 0U : static_cast<unsigned char>(state.sha256()[0])));
    }
    if (state.hub_generation() == 0) state.set_hub_generation(bench.engine().hub().generation);
}

template <class M>
void send(DeviceBench& bench, const Step& step) {
    M message;
    if (!message.ParseFromArray(step.bytes.data(), static_cast<int>(step.bytes.size()))) return;
    if (step.choice & proven) prove(bench, message);
    swell(message, step.choice & swollen ? 1000 : 1);
    const Bytes payload = message.SerializeAsString();
    if (step.choice & forged) bench.receive_forged(down_of<M>(payload, thief_key()));
    bench.receive(
        down_of<M>(payload, hub_key(), step.choice & in_columns ? Packing::dictionary : Packing::plain));
}

unsigned first_byte(const Step& step) {
    return step.bytes.empty() ? 0U : static_cast<unsigned char>(step.bytes[0]);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const HeapBound bound(protobuf_reserve + (64U << 20U));
    DeviceBench bench(DeviceBench::City::mounted);
    Steps steps(data, size);
    while (const auto step = steps.next()) {
        const bool option = (step->choice & 16U) != 0;
        protocol::Down down;
        switch (step->choice & 15U) {
            case 0:
            case 1:
                send<protocol::Ack>(bench, *step);
                break;
            case 2:
                send<protocol::HelloReply>(bench, *step);
                break;
            case 3:
                send<protocol::BlobState>(bench, *step);
                break;
            case 4:
                bench.record(protocol::WORK, step->bytes);
                break;
            case 5:
                bench.record(option ? protocol::URGENT : protocol::TELEMETRY, step->bytes);
                break;
            case 6:
                bench.tick(option ? 15'000 : 3'000);
                break;
            case 7:
                bench.end_epoch();
                break;
            case 8:
                bench.reconnect();
                break;
            case 9:
                bench.receive_raw(step->choice >> 4U, step->bytes);
                break;
            case 10:
                bench.attach(1 + first_byte(*step) * 80, option);
                break;
            case 11:
                bench.make_room();
                break;
            case 12:
                bench.end_city_write(!option);
                break;
            case 13:
                bench.turn_disk();
                break;
            case 14:
                bench.set_rights(first_byte(*step));
                break;
            default:
                down.mutable_resend_plain();
                bench.receive(down);
        }
    }
    return 0;
}
