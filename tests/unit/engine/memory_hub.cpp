#include "tests/unit/engine/memory_hub.hpp"

#include <algorithm>

#include "sync/base/compress.hpp"
#include "sync/records/checksum.hpp"

namespace fieldpost::engine::testing {

namespace {

Error broken() {
    return fail(ErrorCode::io, "the hub's disk does not answer");
}

}  // namespace

Bytes encode_city(const std::map<records::FeedId, FeedLog>& feeds) {
    Bytes file;
    for (const auto& [id, log] : feeds) {
        protocol::FeedSegment segment;
        segment.set_feed(records::feed_text(id));
        segment.set_through(log.head);
        for (const auto& [n, entry] : log.entries) {
            if (!entry.remove()) *segment.add_entries() = entry;
        }
        const Bytes bytes = segment.SerializeAsString();
        append_u64(file, bytes.size());
        file += bytes;
    }
    return file;
}

std::map<records::FeedId, DecodedFeed> decode_city(BytesView file) {
    std::map<records::FeedId, DecodedFeed> out;
    while (!file.empty()) {
        const std::uint64_t size = read_u64(file);
        const auto segment = protocol::parse<protocol::FeedSegment>(file.substr(8, size), "city").value();
        file.remove_prefix(8 + size);
        DecodedFeed& feed = out[records::parse_feed(segment.feed()).value()];
        feed.cursor = segment.through();
        for (const auto& entry : segment.entries()) feed.rows[entry.row().record()] = entry.row().version();
    }
    return out;
}

OperationResult MemoryHub::result_of(BytesView operation, std::uint64_t number) {
    if (operation.starts_with("bad")) return {protocol::QUARANTINED, 0, "cannot be understood"};
    if (operation.starts_with("wait")) return {protocol::PARKED, 0, "waits for another"};
    if (operation.starts_with("conflict")) return {protocol::CONFLICT, number, "another was first"};
    return {protocol::ACCEPTED, number, {}};
}

void MemoryHub::put(const records::FeedId& feed, std::uint64_t record) {
    FeedLog& log = state.feeds[feed];
    if (const auto old = log.newest.find(record); old != log.newest.end()) log.entries.erase(old->second);
    protocol::FeedEntry& entry = log.entries[++log.head];
    entry.set_n(log.head);
    entry.mutable_row()->set_record(record);
    entry.mutable_row()->set_kind(records::PERMIT);
    entry.mutable_row()->set_version(++log.versions[record]);
    entry.mutable_row()->set_body(Bytes(20 + record % 50, 'r'));
    log.newest[record] = log.head;
}

void MemoryHub::remove(const records::FeedId& feed, std::uint64_t record) {
    FeedLog& log = state.feeds[feed];
    const auto old = log.newest.find(record);
    if (old == log.newest.end() || log.entries.at(old->second).remove()) return;
    log.entries.erase(old->second);
    protocol::FeedEntry& entry = log.entries[++log.head];
    entry.set_n(log.head);
    entry.set_remove(true);
    entry.mutable_row()->set_record(record);
    entry.mutable_row()->set_kind(records::PERMIT);
    entry.mutable_row()->set_version(++log.versions[record]);
    log.newest[record] = log.head;
}

Rows MemoryHub::rows(const records::FeedId& feed) const {
    Rows out;
    const auto log = state.feeds.find(feed);
    if (log == state.feeds.end()) return out;
    for (const auto& [n, entry] : log->second.entries) {
        if (!entry.remove()) out[entry.row().record()] = entry.row().version();
    }
    return out;
}

void MemoryHub::make_snapshot(std::uint32_t block_bytes) {
    const std::uint64_t generation = snapshots_.empty() ? 1 : snapshots_.rbegin()->first + 1;
    const Bytes file = encode_city(state.feeds);
    Snapshot snapshot;
    protocol::Manifest manifest;
    manifest.set_kind("snapshot");
    manifest.set_generation(generation);
    manifest.set_hub_generation(hub_generation);
    manifest.set_bytes(file.size());
    manifest.set_sha256(sha256(file));
    manifest.set_block_bytes(block_bytes);
    for (std::size_t at = 0; at < file.size(); at += block_bytes) {
        const BytesView content = BytesView(file).substr(at, block_bytes);
        snapshot.packed.push_back(compress(content));
        manifest.add_blocks()->set_sha256(sha256(content));
        manifest.mutable_blocks(manifest.blocks_size() - 1)
            ->set_packed_bytes(static_cast<std::uint32_t>(snapshot.packed.back().size()));
    }
    snapshot.sealed_manifest =
        protocol::seal(manifest, signer_, protocol::packed).value().SerializeAsString();
    snapshots_[generation] = std::move(snapshot);
    while (snapshots_.size() > 2) snapshots_.erase(snapshots_.begin());
}

std::uint64_t MemoryHub::applied(const std::string& device, std::uint64_t epoch, protocol::Lane lane) const {
    const auto found = state.positions.find({device, epoch, lane});
    return found == state.positions.end() ? 0 : found->second.seq();
}

Result<std::optional<RegisteredDevice>> MemoryHub::device(std::string_view id) {
    if (failing) return broken();
    const auto found = devices.find(std::string(id));
    return found == devices.end() ? std::nullopt : std::optional(found->second);
}

Result<Deliveries> MemoryHub::deliveries(std::string_view profile) {
    if (failing) return broken();
    const auto found = delivered.find(profile);
    return found == delivered.end() ? Deliveries() : found->second;
}

Status MemoryHub::seen(std::string_view) {
    return failing ? Status(broken()) : ok();
}

Result<protocol::LanePosition> MemoryHub::lane_position(std::string_view device, std::uint64_t epoch,
                                                        protocol::Lane lane) {
    if (failing) return broken();
    const auto found = state.positions.find({std::string(device), epoch, lane});
    if (found != state.positions.end()) return found->second;
    protocol::LanePosition start;
    start.set_lane(lane);
    start.set_epoch(epoch);
    start.set_hash(protocol::chain_start(device, epoch, lane));
    return start;
}

Status MemoryHub::set_lane_position(std::string_view device, const protocol::LanePosition& position) {
    if (failing) return broken();
    auto& stored = state.positions[{std::string(device), position.epoch(), position.lane()}];
    if (position.seq() < stored.seq()) violations.push_back("a lane's position went back");
    stored = position;
    return ok();
}

Status MemoryHub::begin_generation() {
    if (failing) return broken();
    ++hub_generation;
    snapshots_.clear();
    return ok();
}

Result<bool> MemoryHub::epoch_advanced(std::string_view device, std::uint64_t epoch) {
    if (failing) return broken();
    auto& advanced = state.epochs[std::string(device)];
    if (!advanced.empty() && advanced.back() == epoch) return false;
    const bool again = std::ranges::find(advanced, epoch) != advanced.end();
    std::erase(advanced, epoch);
    advanced.push_back(epoch);
    return again;
}

Result<protocol::BlobState> MemoryHub::blob_offered(const RegisteredDevice&,
                                                    const protocol::BlobOffer& offer) {
    if (failing) return broken();
    protocol::BlobState answer;
    answer.set_sha256(offer.sha256());
    answer.set_have(offer.bytes());
    answer.set_complete(true);
    return answer;
}

Result<protocol::BlobState> MemoryHub::blob_chunk(const RegisteredDevice&, const protocol::BlobChunk& chunk) {
    if (failing) return broken();
    protocol::BlobState answer;
    answer.set_sha256(chunk.sha256());
    answer.set_problem("no attachment of that name was offered");
    return answer;
}

Result<OperationResult> MemoryHub::apply(const RegisteredDevice& device, const OperationPlace& place,
                                         BytesView operation) {
    if (failing) return broken();
    const HubState::Place here{device.id, place.epoch, place.lane, place.seq};
    if (state.places.contains(here)) violations.push_back("a place in a lane was applied twice");
    if (place.seq > 1 && !state.places.contains({device.id, place.epoch, place.lane, place.seq - 1})) {
        violations.push_back("an operation was applied before the one that it follows");
    }
    const HubState::Identity identity =
        place.origin ? HubState::Identity{device.id, place.origin->epoch(), place.lane, place.origin->seq(),
                                          place.origin->hash()}
                     : HubState::Identity{device.id, place.epoch, place.lane, place.seq, place.hash};
    const auto [known, is_new] = state.known.emplace(identity, state.log.size());
    if (is_new) {
        state.log.push_back(
            {device.id, place.lane, Bytes(operation), result_of(operation, state.log.size() + 1)});
    } else if (state.log[known->second].operation != operation) {
        violations.push_back("one identity stands for two operations");
    }
    state.places[here] = known->second;
    return state.log[known->second].result;
}

Result<std::vector<OperationResult>> MemoryHub::results(std::string_view device, std::uint64_t epoch,
                                                        protocol::Lane lane, std::uint64_t first,
                                                        std::uint64_t last) {
    if (failing) return broken();
    std::vector<OperationResult> out;
    for (std::uint64_t seq = first; seq <= last; ++seq) {
        const auto place = state.places.find({std::string(device), epoch, lane, seq});
        if (place == state.places.end()) {
            violations.push_back("results of what was never applied were asked");
            return fail(ErrorCode::corrupt, "there is no such operation");
        }
        out.push_back(state.log[place->second].result);
    }
    return out;
}

void MemoryHub::settle(const std::string& device, std::uint64_t epoch, protocol::Lane lane,
                       std::uint64_t seq) {
    state.log[state.places.at({device, epoch, lane, seq})].result = {protocol::ACCEPTED, 1, {}};
    settled.push_back({device, epoch, lane, seq});
}

Result<bool> MemoryHub::name_gap(std::string_view device, std::uint64_t epoch, protocol::Lane lane,
                                 std::uint64_t first, std::uint64_t last) {
    if (failing) return broken();
    if (last < first || first <= applied(std::string(device), epoch, lane)) {
        violations.push_back("a gap was named where nothing is missing");
    }
    std::uint64_t& through = state.gaps[{std::string(device), epoch, lane, first}];
    const bool is_new = last > through;
    through = std::max(through, last);
    return is_new;
}

Result<std::map<records::FeedId, FeedPoint>> MemoryHub::feed_heads() {
    if (failing) return broken();
    std::map<records::FeedId, FeedPoint> out;
    for (const auto& [id, log] : state.feeds) {
        FeedPoint& head = out[id];
        head.n = log.head;
        for (const auto& [n, entry] : log.entries) {
            if (entry.remove()) continue;
            head.checksum += records::row_hash(records::feed_text(id),
                                               static_cast<records::RecordId>(entry.row().record()),
                                               static_cast<std::int64_t>(entry.row().version()));
        }
    }
    return out;
}

Result<FeedRange> MemoryHub::feed_range(const records::FeedId& feed, std::uint64_t after,
                                        std::size_t max_bytes) {
    if (failing || unreadable.contains(feed)) return broken();
    FeedRange out;
    const FeedLog& log = state.feeds[feed];
    out.through = log.head;
    std::size_t bytes = 0;
    for (auto entry = log.entries.upper_bound(after); entry != log.entries.end(); ++entry) {
        if (bytes >= max_bytes && !out.entries.empty()) {
            out.through = out.entries.back().n();
            break;
        }
        bytes += entry->second.row().body().size();
        out.entries.push_back(entry->second);
    }
    return out;
}

Result<std::uint64_t> MemoryHub::snapshot_generation(std::string_view) {
    if (failing) return broken();
    return snapshots_.empty() ? 0 : snapshots_.rbegin()->first;
}

Result<Bytes> MemoryHub::manifest(std::string_view) {
    if (snapshots_.empty()) return fail(ErrorCode::not_found, "no snapshot is offered");
    return snapshots_.rbegin()->second.sealed_manifest;
}

Result<Bytes> MemoryHub::block(std::string_view, std::uint64_t generation, std::uint32_t block) {
    const auto snapshot = snapshots_.find(generation);
    if (snapshot == snapshots_.end() || block >= snapshot->second.packed.size()) {
        return fail(ErrorCode::not_found, "this snapshot is no longer kept");
    }
    return snapshot->second.packed[block];
}

}  // namespace fieldpost::engine::testing
