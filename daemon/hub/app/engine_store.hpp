// The hub's store as its engine sees it: registry, operations, feeds and artifacts behind one interface.
#pragma once

#include "daemon/hub/app/crash_guard.hpp"
#include "daemon/hub/artifacts/artifacts.hpp"
#include "daemon/hub/blobs/blob_store.hpp"
#include "daemon/hub/blobs/deliveries.hpp"
#include "daemon/hub/journal/gaps.hpp"
#include "daemon/hub/journal/operations.hpp"
#include "daemon/hub/registry/registry.hpp"
#include "daemon/hub/store/catalog.hpp"
#include "daemon/hub/store/feeds.hpp"
#include "sync/engine/hub_store.hpp"

namespace fieldpost::hub {

class EngineStore final : public engine::HubStore {
  public:
    // `blobs`: where attachments go; nullptr: none are taken. `crashes`: what operations crashed the program;
    // nullptr: nobody watches.
    explicit EngineStore(Store& store, BlobStore* blobs = nullptr, CrashGuard* crashes = nullptr);

    // Makes the field source known. Inside a transaction.
    Status prepare() { return operations_.prepare(); }

    std::uint64_t generation() override { return static_cast<std::uint64_t>(store_.generation()); }
    Status begin_generation() override { return store_.begin_generation(); }
    std::string city() override;
    Result<std::optional<engine::RegisteredDevice>> device(std::string_view id) override {
        return registry_.registered(id);
    }
    Status seen(std::string_view id) override { return registry_.seen(id); }
    Result<protocol::LanePosition> lane_position(std::string_view device, std::uint64_t epoch,
                                                 protocol::Lane lane) override {
        return operations_.lane_position(device, epoch, lane);
    }
    Status set_lane_position(std::string_view device, const protocol::LanePosition& position) override {
        return operations_.set_lane_position(device, position);
    }
    Result<bool> epoch_advanced(std::string_view device, std::uint64_t epoch) override {
        return registry_.epoch_advanced(device, epoch);
    }
    bool may_unpack(std::string_view device, bool with_dictionary) override {
        return crashes_ == nullptr || crashes_->unpacking(device, with_dictionary);
    }
    engine::BatchUse begin_batch(std::string_view device, std::uint64_t epoch, protocol::Lane lane,
                                 std::uint64_t first_seq) override;
    Result<engine::OperationResult> apply(const engine::RegisteredDevice& device,
                                          const engine::OperationPlace& place, BytesView operation) override;
    Result<std::vector<engine::OperationResult>> results(std::string_view device, std::uint64_t epoch,
                                                         protocol::Lane lane, std::uint64_t first,
                                                         std::uint64_t last) override {
        return operations_.results(device, epoch, lane, first, last);
    }
    Result<std::vector<engine::SettledPlace>> take_settled() override { return operations_.take_settled(); }
    Result<bool> name_gap(std::string_view device, std::uint64_t epoch, protocol::Lane lane,
                          std::uint64_t first, std::uint64_t last) override {
        return gaps_.name(device, epoch, lane, first, last);
    }
    Result<std::map<records::FeedId, engine::FeedPoint>> feed_heads() override { return feeds_.heads(); }
    Result<engine::Deliveries> deliveries(std::string_view profile) override;
    Result<engine::FeedRange> feed_range(const records::FeedId& feed, std::uint64_t after,
                                         std::size_t max_bytes) override;
    Result<std::uint64_t> snapshot_generation(std::string_view profile) override {
        if (auto done = withdraw_snapshots(profile); !done) return done.error();
        return artifacts_.offered(profile, generation());
    }
    Result<Bytes> manifest(std::string_view profile) override {
        if (auto done = withdraw_snapshots(profile); !done) return done.error();
        return artifacts_.manifest(profile);
    }
    Result<Bytes> block(std::string_view profile, std::uint64_t generation, std::uint32_t block) override {
        if (auto done = withdraw_snapshots(profile); !done) return done.error();
        return artifacts_.block(profile, generation, block);
    }
    // Those that hold what must not be handed out any more. Before each answer: an import, which another
    // program may run, says so with the transaction that it commits.
    Status withdraw_snapshots(std::string_view profile);
    // Removes the files of those, of all profiles, and sets damaged ones aside. Outside of a transaction:
    // what is rolled back must not have taken a file along. What someone should look at.
    std::vector<std::string> tidy_snapshots();
    Artifacts& artifacts() { return artifacts_; }

    Result<protocol::BlobState> blob_offered(const engine::RegisteredDevice& device,
                                             const protocol::BlobOffer& offer) override;
    Result<protocol::BlobState> blob_chunk(const engine::RegisteredDevice& device,
                                           const protocol::BlobChunk& chunk) override;

    Operations& operations() { return operations_; }
    Registry& registry() { return registry_; }
    Gaps& gaps() { return gaps_; }

  private:
    static protocol::BlobState told(const Bytes& sha256, Result<protocol::BlobState> state);
    // What `ask` answers when it hears whether the device delivered it before; noted when it has now.
    template <class Ask>
    Result<protocol::BlobState> of_attachment(const engine::RegisteredDevice& device, const Bytes& sha256,
                                              Ask&& ask);

    Store& store_;
    BlobStore* blobs_;
    CrashGuard* crashes_;
    engine::BatchUse batch_ = engine::BatchUse::read;  // the one that is gone through
    Operations operations_;
    Gaps gaps_;
    Registry registry_;
    Catalog catalog_;
    Feeds feeds_;
    Artifacts artifacts_;
    Deliveries deliveries_;
};

}  // namespace fieldpost::hub
