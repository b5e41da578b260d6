#include "daemon/hub/app/engine_store.hpp"

#include <spdlog/spdlog.h>

namespace fieldpost::hub {

namespace {

constexpr std::size_t max_range_rows = 5000;

Error no_attachments() {
    return fail(ErrorCode::unavailable, "this hub takes no attachments");
}

}  // namespace

EngineStore::EngineStore(Store& store, BlobStore* blobs, CrashGuard* crashes)
    : store_(store),
      blobs_(blobs),
      crashes_(crashes),
      operations_(store),
      gaps_(store),
      registry_(store),
      catalog_(store),
      feeds_(store),
      artifacts_(store.folder()) {}

std::string EngineStore::city() {
    auto city = catalog_.city();
    return city ? city->id : std::string();
}

Result<std::optional<engine::RegisteredDevice>> EngineStore::device(std::string_view id) {
    auto device = registry_.find(id);
    if (!device) return device.error();
    if (!*device) return std::optional<engine::RegisteredDevice>();
    engine::RegisteredDevice out{(*device)->id,
                                 (*device)->public_key,
                                 (*device)->profile,
                                 {},
                                 (*device)->desired_generation,
                                 (*device)->revoked_at != 0};
    auto profile = catalog_.profile(out.profile);
    if (!profile) return profile.error();
    for (const auto& feed : feeds_of(*profile)) out.feeds.push_back(feed);
    return std::optional(std::move(out));
}

Result<engine::OperationResult> EngineStore::apply(const engine::RegisteredDevice& device,
                                                   const engine::OperationPlace& place, BytesView operation) {
    if (crashes_ != nullptr && !crashes_->applying(device.id, place.epoch, place.lane, place.seq)) {
        return operations_.quarantine(device, place, operation,
                                      "it crashed the hub twice: kept unread until somebody looks");
    }
    auto result = operations_.apply(device, place, operation);
    if (crashes_ != nullptr) crashes_->applied();
    return result;
}

Result<engine::FeedRange> EngineStore::feed_range(const records::FeedId& feed, std::uint64_t after,
                                                  std::size_t max_bytes) {
    auto range = feeds_.range(feed, static_cast<std::int64_t>(after), max_range_rows, max_bytes);
    if (!range) return range.error();
    engine::FeedRange out;
    out.through = static_cast<std::uint64_t>(range->through);
    for (const FeedChange& change : range->changes) {
        protocol::FeedEntry entry;
        entry.set_n(static_cast<std::uint64_t>(change.n));
        entry.set_remove(change.remove);
        *entry.mutable_row() = protocol::to_wire(change.row);
        out.entries.push_back(std::move(entry));
    }
    return out;
}

// Attachments lie beside the transaction: their disk's trouble is no reason to roll others' work back.
protocol::BlobState EngineStore::told(const Bytes& sha256, Result<protocol::BlobState> state) {
    if (state) return std::move(*state);
    spdlog::error("attachment {}: {}", to_hex(sha256), state.error().message);
    protocol::BlobState problem;
    problem.set_sha256(sha256);
    problem.set_problem("the hub cannot keep attachments now: " + state.error().message);
    return problem;
}

Result<protocol::BlobState> EngineStore::blob_offered(const engine::RegisteredDevice& device,
                                                      const protocol::BlobOffer& offer) {
    if (blobs_ == nullptr) return told(offer.sha256(), no_attachments());
    return told(offer.sha256(), blobs_->blob_offered(device, offer));
}

Result<protocol::BlobState> EngineStore::blob_chunk(const engine::RegisteredDevice& device,
                                                    const protocol::BlobChunk& chunk) {
    if (blobs_ == nullptr) return told(chunk.sha256(), no_attachments());
    return told(chunk.sha256(), blobs_->blob_chunk(device, chunk));
}

}  // namespace fieldpost::hub
