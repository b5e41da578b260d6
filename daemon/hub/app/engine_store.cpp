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
      artifacts_(store.folder()),
      deliveries_(store) {}

std::string EngineStore::city() {
    auto city = catalog_.city();
    return city ? city->id : std::string();
}

engine::BatchUse EngineStore::begin_batch(std::string_view device, std::uint64_t epoch, protocol::Lane lane,
                                          std::uint64_t first_seq) {
    batch_ = crashes_ == nullptr ? engine::BatchUse::read : crashes_->reading(device, epoch, lane, first_seq);
    return batch_;
}

Result<engine::OperationResult> EngineStore::apply(const engine::RegisteredDevice& device,
                                                   const engine::OperationPlace& place, BytesView operation) {
    if (batch_ == engine::BatchUse::keep_unread) {
        return operations_.quarantine(device, place, operation,
                                      "the batch that brought it crashed the hub twice: kept unread until "
                                      "somebody looks");
    }
    if (crashes_ != nullptr && !crashes_->applying(device.id, place.epoch, place.lane, place.seq)) {
        return operations_.quarantine(device, place, operation,
                                      "it crashed the hub twice: kept unread until somebody looks");
    }
    auto result = operations_.apply(device, place, operation);
    if (crashes_ != nullptr) crashes_->applied();
    return result;
}

Result<engine::Deliveries> EngineStore::deliveries(std::string_view profile) {
    auto known = catalog_.profile(std::string(profile));
    if (!known && known.error().code == ErrorCode::not_found) return engine::Deliveries();
    if (!known) return known.error();
    auto cleared = catalog_.sources_of(*known);
    if (!cleared) return cleared.error();
    engine::Deliveries out;
    for (auto& [source, delivered_at] : *cleared) {
        const std::string& title = source.title.empty() ? source.id : source.title;
        out[source.id] = {delivered_at, title, source.steward, source.refresh_s};
    }
    return out;
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

Status EngineStore::withdraw_snapshots(std::string_view profile) {
    auto now = offerable(store_, std::string(profile));
    if (!now) return now.error();
    artifacts_.withdraw(profile, *now);
    return ok();
}

std::vector<std::string> EngineStore::tidy_snapshots() {
    std::vector<std::string> alarms;
    for (const std::string& profile : artifacts_.profiles()) {
        if (auto done = withdraw_snapshots(profile); !done) {
            alarms.push_back("the snapshots of profile '" + profile +
                             "' cannot be looked through: " + done.error().message);
            continue;
        }
        for (std::string& alarm : artifacts_.tidy(profile)) alarms.push_back(std::move(alarm));
    }
    return alarms;
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

template <class Ask>
Result<protocol::BlobState> EngineStore::of_attachment(const engine::RegisteredDevice& device,
                                                       const Bytes& sha256, Ask&& ask) {
    if (blobs_ == nullptr) return told(sha256, no_attachments());
    auto known = deliveries_.number(device.id, sha256);
    if (!known) return known.error();
    auto state = told(sha256, ask(known->has_value()));
    if (!state.complete()) {
        if (*known && state.problem().empty()) {
            if (auto forgotten = deliveries_.forget(device.id, sha256); !forgotten) return forgotten.error();
        }
        return state;
    }
    auto number = *known ? Result<std::uint64_t>(**known) : deliveries_.add(device.id, sha256);
    if (!number) return number.error();
    state.set_number(*number);
    return state;
}

Result<protocol::BlobState> EngineStore::blob_offered(const engine::RegisteredDevice& device,
                                                      const protocol::BlobOffer& offer) {
    return of_attachment(device, offer.sha256(),
                         [&](bool delivered) { return blobs_->blob_offered(device, offer, delivered); });
}

Result<protocol::BlobState> EngineStore::blob_chunk(const engine::RegisteredDevice& device,
                                                    const protocol::BlobChunk& chunk) {
    return of_attachment(device, chunk.sha256(),
                         [&](bool delivered) { return blobs_->blob_chunk(device, chunk, delivered); });
}

}  // namespace fieldpost::hub
