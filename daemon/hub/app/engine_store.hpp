// The hub's store as its engine sees it: registry, operations, feeds and artifacts behind one interface.
#pragma once

#include "daemon/hub/artifacts/artifacts.hpp"
#include "daemon/hub/journal/operations.hpp"
#include "daemon/hub/registry/registry.hpp"
#include "daemon/hub/store/catalog.hpp"
#include "daemon/hub/store/feeds.hpp"
#include "sync/engine/hub_engine.hpp"

namespace fieldpost::hub {

class EngineStore final : public engine::HubStore {
  public:
    explicit EngineStore(Store& store);

    // Makes the field source known. Inside a transaction.
    Status prepare() { return operations_.prepare(); }

    std::uint64_t generation() override { return static_cast<std::uint64_t>(store_.generation()); }
    std::string city() override;
    Result<std::optional<engine::RegisteredDevice>> device(std::string_view id) override;
    Status seen(std::string_view id) override { return registry_.seen(id); }
    Result<protocol::LanePosition> lane_position(std::string_view device, std::uint64_t epoch,
                                                 protocol::Lane lane) override {
        return operations_.lane_position(device, epoch, lane);
    }
    Status set_lane_position(std::string_view device, const protocol::LanePosition& position) override {
        return operations_.set_lane_position(device, position);
    }
    Result<engine::OperationResult> apply(const engine::RegisteredDevice& device,
                                          const engine::OperationPlace& place, BytesView operation) override {
        return operations_.apply(device, place, operation);
    }
    Result<std::vector<engine::OperationResult>> results(std::string_view device, std::uint64_t epoch,
                                                         protocol::Lane lane, std::uint64_t first,
                                                         std::uint64_t last) override {
        return operations_.results(device, epoch, lane, first, last);
    }
    Result<std::map<records::FeedId, std::uint64_t>> feed_heads() override;
    Result<engine::FeedRange> feed_range(const records::FeedId& feed, std::uint64_t after,
                                         std::size_t max_bytes) override;
    Result<std::uint64_t> snapshot_generation(std::string_view profile) override {
        return artifacts_.newest(profile);
    }
    Result<Bytes> manifest(std::string_view profile) override { return artifacts_.manifest(profile); }
    Result<Bytes> block(std::string_view profile, std::uint64_t generation, std::uint32_t block) override {
        return artifacts_.block(profile, generation, block);
    }

    Operations& operations() { return operations_; }
    Registry& registry() { return registry_; }

  private:
    Store& store_;
    Operations operations_;
    Registry registry_;
    Catalog catalog_;
    Feeds feeds_;
    Artifacts artifacts_;
};

}  // namespace fieldpost::hub
