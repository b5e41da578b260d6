// Attachments' way up, at the device: any states of them, in any order, between losses and reconnects. What
// is sent is the attachment's own bytes; no more is on its way than may be; each byte that was sent counts as
// arrived or as lost, once; and an attachment is told of once, when the hub has it or refuses it.
#include "sync/protocol/codec.hpp"
#include "tests/fuzz/heap_bound.hpp"
#include "tests/fuzz/sealing.hpp"
#include "tests/fuzz/steps.hpp"
#include "tests/unit/engine/memory_blobs.hpp"

using namespace fieldpost;
using namespace fieldpost::fuzz;

namespace {

constexpr engine::BlobLimits limits{.at_once = 3, .window_bytes = 20'000};

class Bench {
  public:
    Bench() {
        for (const std::size_t bytes : {1U, 700U, 40'000U}) blobs_.add(bytes);
        blobs_.add(300, true);
    }

    void resume() {
        sender_.resume(now_);
        on_its_way_ = 0;
    }
    void pause() {
        sender_.pause();
        on_its_way_ = 0;
    }
    void add(std::size_t bytes, bool thumbnail) {
        if (blobs_.order.size() >= 100) return;
        blobs_.add(bytes, thumbnail);
        sender_.added();
    }
    void lose(unsigned which) { blobs_.unreadable.insert(name(which)); }
    void wait(engine::Millis time) {
        now_ += time;
        if (sender_.stalled(now_)) count_off(sender_.ask_again(now_));
        check();
    }

    void send(bool thumbnails, std::size_t bytes) {
        const auto sent = sender_.next(now_, thumbnails, bytes);
        if (sent) {
            must(sent->payload.size() <= bytes, "a message is no larger than it may be");
            on_its_way_ += sent->payload.size();
            check(protocol::parse<protocol::Up>(sent->payload, "message").value(), thumbnails);
        }
        check();
    }

    void hear(protocol::BlobState state) {
        if (state.sha256().size() < 2) {
            state.set_sha256(
                name(state.sha256().empty() ? 0U : static_cast<unsigned char>(state.sha256()[0])));
        }
        engine::Actions actions;
        const auto receipt = sender_.state(now_, state, actions);
        must(receipt.confirmed == 0 || receipt.sent_at <= now_, "what arrived was sent");
        count_off(receipt.confirmed + receipt.lost);
        must(actions.size() <= 1, "a state is of one attachment");
        for (const auto& action : actions) {
            const auto* note = std::get_if<engine::NoteBlob>(&action);
            must(note != nullptr && note->sha256 == state.sha256() && blobs_.blobs.contains(note->sha256) &&
                     note->complete == state.complete() && (note->complete || !note->problem.empty()),
                 "an attachment is noted as the hub says");
            must(!blobs_.done.contains(note->sha256), "an attachment is noted once");
        }
        blobs_.carry_out(actions);
        check();
    }

  private:
    Bytes name(unsigned number) const { return blobs_.order[number % blobs_.order.size()]; }

    void count_off(std::size_t bytes) {
        must(bytes <= on_its_way_, "what arrives or is lost was on its way");
        on_its_way_ -= bytes;
    }

    void check(const protocol::Up& up, bool thumbnail) const {
        const auto& sha256 = up.has_blob_offer() ? up.blob_offer().sha256() : up.blob_chunk().sha256();
        const auto known = blobs_.blobs.find(sha256);
        must(
            known != blobs_.blobs.end() && known->second.second == thumbnail && !blobs_.done.contains(sha256),
            "what waits is sent, and nothing else");
        const Bytes& content = known->second.first;
        if (up.has_blob_offer()) {
            must(up.blob_offer().bytes() == content.size(), "an attachment is offered as it is");
            return;
        }
        const auto& chunk = up.blob_chunk();
        must(!chunk.content().empty() && chunk.offset() < content.size() &&
                 content.compare(chunk.offset(), chunk.content().size(), chunk.content()) == 0,
             "an attachment is sent as it is");
    }

    void check() const {
        must(sender_.outstanding() == on_its_way_, "all that was sent is accounted for");
        must(on_its_way_ < limits.window_bytes + protocol::max_message_bytes,
             "what is on its way is bounded");
        must(sender_.sending() <= 2 * limits.at_once, "only some are sent at a time");
    }

    engine::testing::MemoryBlobs blobs_;
    engine::BlobSender sender_{"truck-1", blobs_, limits};
    engine::Millis now_ = 0;
    std::size_t on_its_way_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const HeapBound bound(protobuf_reserve + (32U << 20U));
    Bench bench;
    bench.resume();
    Steps steps(data, size);
    while (const auto step = steps.next()) {
        const bool option = (step->choice & 8U) != 0;
        const auto number = step->bytes.empty() ? 0U : static_cast<unsigned char>(step->bytes[0]);
        protocol::BlobState state;
        switch (step->choice & 7U) {
            case 0:
            case 1:
                for (unsigned i = 0; i <= step->choice >> 4U; ++i) bench.send(option, number * 64U);
                break;
            case 2:
            case 3:
                if (state.ParseFromArray(step->bytes.data(), static_cast<int>(step->bytes.size())))
                    bench.hear(state);
                break;
            case 4:
                bench.wait(option ? 700'000 : number * 100);
                break;
            case 5:
                bench.add(1 + number * 80U, option);
                break;
            case 6:
                bench.lose(number);
                break;
            default:
                if (option) bench.pause();
                bench.resume();
        }
    }
    return 0;
}
