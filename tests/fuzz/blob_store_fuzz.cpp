// Attachments as devices send them, at the hub: offers and chunks of two devices in any order, damaged or
// not, between restarts. An attachment is complete only when all its bytes are on disk and have its hash, and
// for the device alone that sent them; what a device is told never goes beyond what came; and of what is not
// complete only so much is kept.
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <set>

#include "daemon/hub/blobs/blob_store.hpp"
#include "sync/base/crypto.hpp"
#include "sync/engine/blobs.hpp"
#include "tests/fuzz/heap_bound.hpp"
#include "tests/fuzz/promise.hpp"
#include "tests/fuzz/quiet.hpp"
#include "tests/fuzz/steps.hpp"
#include "tests/unit/engine/memory_blobs.hpp"

using namespace fieldpost;
using namespace fieldpost::fuzz;

namespace {

namespace fs = std::filesystem;

hub::BlobStoreLimits limits() {
    hub::BlobStoreLimits out;
    out.keep_free = 0;
    out.partials = 3;
    out.sync_every = 1000;
    out.hash_at_once = 2000;
    out.damaged = 2;
    out.most_damaged.bytes = 10'000;
    return out;
}

// In memory where the system has such a place: the store syncs.
fs::path make_folder() {
    std::string folder = fs::exists("/dev/shm") ? "/dev/shm" : fs::temp_directory_path().string();
    folder += "/fieldpost-fuzz-XXXXXX";
    must(::mkdtemp(folder.data()) != nullptr, "there is room for a folder");
    return folder;
}

class Bench {
  public:
    explicit Bench(fs::path folder) : folder_(std::move(folder)) { start(); }
    ~Bench() { fs::remove_all(folder_); }
    Bench(const Bench&) = delete;
    Bench& operator=(const Bench&) = delete;

    // As after a kill: what was offered is forgotten, files stay.
    void start() {
        store_.reset();
        store_ = hub::BlobStore::open(folder_, limits()).value();
    }
    void remove_old(std::int64_t now_unix_s) { store_->remove_old(now_unix_s); }

    static const Bytes& content(unsigned number) {
        static const std::array contents{
            engine::testing::content_of(1, 1), engine::testing::content_of(2, 1500),
            engine::testing::content_of(3, 9000), engine::testing::content_of(4, 300'000), Bytes("so small")};
        return contents[number % contents.size()];
    }

    void offer(bool second, const protocol::BlobOffer& offer) {
        const bool delivered = delivered_[second].contains(offer.sha256());
        const auto state = store_->blob_offered(device(second), offer, delivered);
        check(second, state, offer.sha256());
        must(state->complete() || !delivered || !store_->find(offer.sha256()),
             "what a device has delivered is not asked for");
    }
    void chunk(bool second, const protocol::BlobChunk& chunk) {
        if (!chunk.content().empty()) sent_[second].insert(chunk.sha256());
        const bool delivered = delivered_[second].contains(chunk.sha256());
        check(second, store_->blob_chunk(device(second), chunk, delivered), chunk.sha256());
    }

    void check_folder() const {
        std::uintmax_t damaged = 0;
        std::map<fs::path, std::size_t> partials;
        for (const auto& entry : fs::recursive_directory_iterator(folder_)) {
            if (!entry.is_regular_file()) continue;
            const fs::path parent = entry.path().parent_path();
            if (parent == folder_ / "damaged") damaged += entry.file_size();
            if (parent.parent_path() == folder_ / "partial") {
                must(++partials[parent] <= limits().partials, "of a device only so many are begun");
            }
        }
        // The last one is kept whatever its size is.
        must(damaged <= limits().most_damaged.bytes + 300'000, "what came damaged is bounded");
    }

  private:
    static const engine::RegisteredDevice& device(bool second) {
        static const engine::RegisteredDevice first_one{"truck-1", {}, "fire", {}, 1};
        static const engine::RegisteredDevice second_one{"truck-2", {}, "fire", {}, 1};
        return second ? second_one : first_one;
    }

    void check(bool second, const Result<protocol::BlobState>& state, const Bytes& hash) {
        must(state.has_value(), "the disk answers");
        must(!state->complete() || sent_[second].contains(hash), "only who sent it is told that it is there");
        if (state->complete()) delivered_[second].insert(hash);
        must(state->sha256() == hash, "a state is of the attachment that was asked about");
        must(state->have() <= state->received() && state->received() <= engine::max_blob_bytes,
             "what is on disk came");
        must(!state->complete() || (state->problem().empty() && state->have() == state->received()),
             "what is complete is whole");
        const auto found = store_->find(hash);
        must(found.has_value() || !state->complete(), "what is complete is there");
        if (!found) return;
        std::ifstream file(found->file, std::ios::binary);
        const Bytes bytes(std::istreambuf_iterator<char>(file), {});
        must(bytes.size() == found->bytes && sha256(bytes) == hash, "what is whole has its hash");
    }

    const fs::path folder_;
    std::unique_ptr<hub::BlobStore> store_;
    // Of each device, by hash.
    std::array<std::set<Bytes>, 2> sent_;
    std::array<std::set<Bytes>, 2> delivered_;
};

// Bytes: which attachment, where in it in units of 16 bytes (two), how many of these units (two).
protocol::BlobChunk chunk_of(BytesView bytes, bool damaged) {
    const auto byte = [&](std::size_t at) {
        return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0U;
    };
    const Bytes& content = Bench::content(byte(0));
    const std::size_t offset = std::min<std::size_t>((byte(1) | byte(2) << 8U) * 16U, content.size());
    protocol::BlobChunk chunk;
    chunk.set_sha256(sha256(content));
    chunk.set_offset(offset);
    chunk.set_content(content.substr(offset, (byte(3) | byte(4) << 8U) * 16U));
    if (damaged && !chunk.content().empty()) (*chunk.mutable_content())[0] ^= 1;
    return chunk;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fs::path folder = [] {
        spdlog::set_level(spdlog::level::off);
        Bench::content(0);
        return make_folder();
    }();
    const HeapBound bound(protobuf_reserve + (16U << 20U));
    Bench bench(folder);
    Steps steps(data, size);
    while (const auto step = steps.next()) {
        const bool second = (step->choice & 8U) != 0;
        const auto number = step->bytes.empty() ? 0U : static_cast<unsigned char>(step->bytes[0]);
        protocol::BlobOffer offer;
        protocol::BlobChunk chunk;
        switch (step->choice & 7U) {
            case 0:
            case 1:
                offer.set_sha256(sha256(Bench::content(number)));
                offer.set_bytes(Bench::content(number).size());
                bench.offer(second, offer);
                break;
            case 2:
            case 3:
            case 4:
                bench.chunk(second, chunk_of(step->bytes, (step->choice & 16U) != 0));
                break;
            case 5:
                if (offer.ParseFromArray(step->bytes.data(), static_cast<int>(step->bytes.size())))
                    bench.offer(second, offer);
                break;
            case 6:
                if (chunk.ParseFromArray(step->bytes.data(), static_cast<int>(step->bytes.size())))
                    bench.chunk(second, chunk);
                break;
            default:
                if (second) bench.remove_old(number < 128 ? 0 : 1LL << 40U);
                bench.start();
        }
        bench.check_folder();
    }
    return 0;
}
