#include "tests/simulation/memory_hub.hpp"

#include <algorithm>
#include <utility>

namespace fieldpost::simulation {

namespace {

using engine::OperationPlace;
using engine::OperationResult;
using engine::RegisteredDevice;

Error off() {
    return fail(ErrorCode::io, "the power is gone");
}

}  // namespace

class MemoryHub final : public HubProgramStore, public engine::HubStore {
  public:
    explicit MemoryHub(MemoryHubStorage& storage)
        : storage_(storage), operations_(storage.state_.operations, storage.planted_) {}
    ~MemoryHub() override {
        if (before_) rollback();
    }

    // ---- the program's side
    Status begin(bool may_roll_back) override {
        if (disk().off()) return off();
        if (may_roll_back || disk().armed() || disk().limited()) before_ = state();
        return ok();
    }
    Status commit() override {
        if (disk().limited() && before_) {
            undo();
            return fail(ErrorCode::full, "the disk is full");
        }
        const auto turn = disk().step();
        if (turn.happens) {
            before_.reset();
        } else {
            undo();
        }
        return turn.goes_on ? ok() : Status(off());
    }
    void rollback() override { undo(); }
    engine::HubStore& store() override { return *this; }

    Status change(const CityChange& change) override {
        if (auto there = step(); !there) return there;
        MemoryRecords(state().operations.records).put(change, sample_source);
        return ok();
    }
    Status deliver(std::size_t dataset, std::int64_t at) override {
        if (auto there = step(); !there) return there;
        state().delivered[dataset] = at;
        return ok();
    }
    Status register_device(const std::string& id, BytesView public_key, const std::string& profile) override {
        if (auto there = step(); !there) return there;
        if (!state().devices.contains(id) && storage_.revoked_.contains(id))
            return fail(ErrorCode::conflict, "it was revoked before the hub was restored");
        const auto [device, is_new] = state().devices.try_emplace(id);
        const bool changed = !is_new && device->second.profile != profile;
        device->second.id = id;
        device->second.public_key = public_key;
        device->second.profile = profile;
        device->second.feeds = feeds_of_profile(profile);
        device->second.desired_generation += is_new || changed ? 1U : 0U;
        return ok();
    }
    Status revoke(const std::string& id) override {
        storage_.revoked_.insert(id);
        if (auto there = step(); !there) return there;
        state().devices.at(id).revoked = true;
        return ok();
    }
    Status note_safe() override {
        if (auto there = step(); !there) return there;
        for (auto& [lane, position] : state().positions) position.set_safe(position.seq());
        return ok();
    }
    Status decide(std::int64_t conflict, const std::string& choice, const std::string& text) override {
        if (auto begun = begin(true); !begun) return begun;
        if (auto there = step(); !there) {
            undo();
            return there;
        }
        const auto& about = state().operations.records.conflicts.at(static_cast<std::size_t>(conflict - 1));
        MemoryRecords(state().operations.records)
            .decide(conflict, choice, text_value(about.kind, about.field, text), "a person");
        return commit();
    }
    Result<std::vector<StoredOperation>> operations() override { return operations_.all(); }
    Result<std::vector<hub::Conflict>> conflicts() override { return state().operations.records.conflicts; }
    Result<std::vector<hub::Gap>> gaps() override {
        std::vector<hub::Gap> out;
        for (const auto& [place, last] : state().gaps) {
            const auto& [lane, first] = place;
            hub::Gap gap;
            gap.device = std::get<0>(lane);
            gap.epoch = std::get<1>(lane);
            gap.lane = static_cast<protocol::Lane>(std::get<2>(lane));
            gap.first = first;
            gap.last = last;
            out.push_back(std::move(gap));
        }
        return out;
    }
    Result<std::vector<StoredReport>> reports() override {
        std::vector<StoredReport> out;
        for (const auto& [about, operation] : state().operations.reports) {
            const auto& [device, effect, lane] = about;
            out.push_back({device, effect, lane, operation});
        }
        return out;
    }
    Result<std::map<records::FeedId, FeedContent>> content() override {
        std::map<records::FeedId, FeedContent> out;
        for (const auto& [id, feed] : state().operations.records.feeds) {
            FeedContent& content = out[id];
            content.cursor = feed.head;
            for (const auto& [n, entry] : feed.entries) {
                if (entry->remove()) continue;
                // The entry outlives the body that it lends.
                const std::shared_ptr<const Bytes> body(entry, &entry->row().body());
                content.rows[entry->row().record()] = {entry->row().version(),
                                                       static_cast<records::Kind>(entry->row().kind()),
                                                       entry->row().source(), body};
            }
        }
        return out;
    }

    // ---- the engine's side
    std::uint64_t generation() override { return state().generation; }
    Status begin_generation() override {
        if (auto there = step(); !there) return there;
        state().generation = storage_.dice_.number() >> 2U;
        return ok();
    }
    std::string city() override { return sample_city().id; }
    Result<std::optional<RegisteredDevice>> device(std::string_view id) override {
        if (disk().off()) return off();
        const auto found = state().devices.find(std::string(id));
        return found == state().devices.end() ? std::nullopt : std::optional(found->second);
    }
    Status seen(std::string_view) override { return step(); }
    Result<protocol::LanePosition> lane_position(std::string_view device, std::uint64_t epoch,
                                                 protocol::Lane lane) override {
        if (disk().off()) return off();
        const auto found = state().positions.find({std::string(device), epoch, lane});
        if (found != state().positions.end()) return found->second;
        protocol::LanePosition start;
        start.set_lane(lane);
        start.set_epoch(epoch);
        start.set_hash(protocol::chain_start(device, epoch, lane));
        return start;
    }
    Status set_lane_position(std::string_view device, const protocol::LanePosition& position) override {
        if (auto there = step(); !there) return there;
        state().positions[{std::string(device), position.epoch(), position.lane()}] = position;
        return ok();
    }
    Result<bool> epoch_advanced(std::string_view device, std::uint64_t epoch) override {
        if (auto there = step(); !there) return there.error();
        auto& epochs = state().epochs[std::string(device)];
        const auto before = std::ranges::find(epochs, epoch);
        const bool by_turns = before != epochs.end() && before + 1 != epochs.end();
        if (before != epochs.end()) epochs.erase(before);
        epochs.push_back(epoch);
        return by_turns;
    }
    Result<OperationResult> apply(const RegisteredDevice& device, const OperationPlace& place,
                                  BytesView operation) override {
        if (auto there = step(); !there) return there.error();
        return operations_.apply(device, place, operation);
    }
    Result<std::vector<OperationResult>> results(std::string_view device, std::uint64_t epoch,
                                                 protocol::Lane lane, std::uint64_t first,
                                                 std::uint64_t last) override {
        if (disk().off()) return off();
        const auto& there = state().operations;
        std::vector<OperationResult> out;
        for (std::uint64_t seq = first; seq <= last; ++seq) {
            const auto place = there.places.find({std::string(device), epoch, lane, seq});
            if (place == there.places.end())
                return fail(ErrorCode::corrupt, "the stored operations have a hole");
            out.push_back(there.log[place->second].result);
        }
        return out;
    }
    Result<std::vector<engine::SettledPlace>> take_settled() override { return operations_.take_settled(); }
    Result<bool> name_gap(std::string_view device, std::uint64_t epoch, protocol::Lane lane,
                          std::uint64_t first, std::uint64_t last) override {
        if (auto there = step(); !there) return there.error();
        std::uint64_t& known = state().gaps[{{std::string(device), epoch, lane}, first}];
        return std::exchange(known, std::max(known, last)) < last;
    }
    Result<std::map<records::FeedId, engine::FeedPoint>> feed_heads() override {
        if (disk().off()) return off();
        std::map<records::FeedId, engine::FeedPoint> out;
        for (const auto& [id, feed] : state().operations.records.feeds) out[id] = {feed.head, feed.checksum};
        return out;
    }
    Result<engine::Deliveries> deliveries(std::string_view profile) override {
        if (disk().off()) return off();
        return told_to(std::string(profile), state().delivered);
    }
    Result<engine::FeedRange> feed_range(const records::FeedId& id, std::uint64_t after,
                                         std::size_t max_bytes) override {
        if (disk().off()) return off();
        engine::FeedRange out;
        const auto& feeds = state().operations.records.feeds;
        const auto feed = feeds.find(id);
        out.through = after;
        if (feed == feeds.end()) return out;
        out.through = feed->second.head;
        std::size_t bytes = 0;
        for (auto entry = feed->second.entries.upper_bound(after); entry != feed->second.entries.end();
             ++entry) {
            if (bytes >= max_bytes && !out.entries.empty()) {
                out.through = out.entries.back().n();
                break;
            }
            bytes += entry->second->row().body().size();
            out.entries.push_back(*entry->second);
        }
        return out;
    }
    // Snapshots and attachments are not the store's here.
    Result<std::uint64_t> snapshot_generation(std::string_view) override { return 0U; }
    Result<Bytes> manifest(std::string_view) override { return fail(ErrorCode::not_found, "no snapshot"); }
    Result<Bytes> block(std::string_view, std::uint64_t, std::uint32_t) override {
        return fail(ErrorCode::not_found, "no snapshot");
    }
    Result<protocol::BlobState> blob_offered(const RegisteredDevice&, const protocol::BlobOffer&) override {
        return fail(ErrorCode::unavailable, "no attachments here");
    }
    Result<protocol::BlobState> blob_chunk(const RegisteredDevice&, const protocol::BlobChunk&) override {
        return fail(ErrorCode::unavailable, "no attachments here");
    }

  private:
    CrashDisk& disk() { return storage_.disk_; }
    MemoryHubStorage::State& state() { return storage_.state_; }
    void undo() {
        if (before_) state() = std::move(*before_);
        before_.reset();
    }
    // A change inside of a transaction needs no disk of its own, but the power may go.
    Status step() { return disk().step().goes_on ? ok() : Status(off()); }

    MemoryHubStorage& storage_;
    MemoryOperations operations_;
    std::optional<MemoryHubStorage::State> before_;
};

MemoryHubStorage::MemoryHubStorage(CrashDisk& disk, Dice& dice, Planted planted)
    : disk_(disk), dice_(dice), planted_(planted) {
    state_.generation = dice_.number() >> 2U;
}

Result<std::unique_ptr<HubProgramStore>> MemoryHubStorage::open() {
    if (disk_.off()) return off();
    for (auto& [id, device] : state_.devices) device.revoked = device.revoked || revoked_.contains(id);
    return std::unique_ptr<HubProgramStore>(std::make_unique<MemoryHub>(*this));
}

bool MemoryHubStorage::restore_backup() {
    if (backup_) state_ = *backup_;
    if (planted_ == Planted::lose_revocations) revoked_.clear();
    return backup_.has_value();
}

}  // namespace fieldpost::simulation
