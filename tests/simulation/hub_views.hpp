// What stands between the hub's engine and its store in a simulated hub: one view tells the checker what
// truly reaches the store, the other misbehaves when a fault is planted.
#pragma once

#include "tests/simulation/attachments.hpp"
#include "tests/simulation/snapshots.hpp"
#include "tests/simulation/stage.hpp"

namespace fieldpost::simulation {

// Passes everything on.
class ForwardingStore : public engine::HubStore {
  public:
    explicit ForwardingStore(engine::HubStore& inner) : inner_(inner) {}

    std::uint64_t generation() override { return inner_.generation(); }
    Status begin_generation() override { return inner_.begin_generation(); }
    std::string city() override { return inner_.city(); }
    Result<std::optional<engine::RegisteredDevice>> device(std::string_view id) override {
        return inner_.device(id);
    }
    Status seen(std::string_view id) override { return inner_.seen(id); }
    Result<protocol::LanePosition> lane_position(std::string_view device, std::uint64_t epoch,
                                                 protocol::Lane lane) override {
        return inner_.lane_position(device, epoch, lane);
    }
    Status set_lane_position(std::string_view device, const protocol::LanePosition& position) override {
        return inner_.set_lane_position(device, position);
    }
    Result<bool> epoch_advanced(std::string_view device, std::uint64_t epoch) override {
        return inner_.epoch_advanced(device, epoch);
    }
    bool may_unpack(std::string_view device, bool with_dictionary) override {
        return inner_.may_unpack(device, with_dictionary);
    }
    engine::BatchUse begin_batch(std::string_view device, std::uint64_t epoch, protocol::Lane lane,
                                 std::uint64_t first_seq) override {
        return inner_.begin_batch(device, epoch, lane, first_seq);
    }
    Result<engine::OperationResult> apply(const engine::RegisteredDevice& device,
                                          const engine::OperationPlace& place, BytesView operation) override {
        return inner_.apply(device, place, operation);
    }
    Result<std::vector<engine::OperationResult>> results(std::string_view device, std::uint64_t epoch,
                                                         protocol::Lane lane, std::uint64_t first,
                                                         std::uint64_t last) override {
        return inner_.results(device, epoch, lane, first, last);
    }
    Result<std::vector<engine::SettledPlace>> take_settled() override { return inner_.take_settled(); }
    Result<bool> name_gap(std::string_view device, std::uint64_t epoch, protocol::Lane lane,
                          std::uint64_t first, std::uint64_t last) override {
        return inner_.name_gap(device, epoch, lane, first, last);
    }
    Result<std::map<records::FeedId, engine::FeedPoint>> feed_heads() override { return inner_.feed_heads(); }
    Result<engine::Deliveries> deliveries(std::string_view profile) override {
        return inner_.deliveries(profile);
    }
    Result<engine::FeedRange> feed_range(const records::FeedId& feed, std::uint64_t after,
                                         std::size_t max_bytes) override {
        return inner_.feed_range(feed, after, max_bytes);
    }
    Result<std::uint64_t> snapshot_generation(std::string_view profile) override {
        return inner_.snapshot_generation(profile);
    }
    Result<Bytes> manifest(std::string_view profile) override { return inner_.manifest(profile); }
    Result<Bytes> block(std::string_view profile, std::uint64_t generation, std::uint32_t block) override {
        return inner_.block(profile, generation, block);
    }
    Result<protocol::BlobState> blob_offered(const engine::RegisteredDevice& device,
                                             const protocol::BlobOffer& offer) override {
        return inner_.blob_offered(device, offer);
    }
    Result<protocol::BlobState> blob_chunk(const engine::RegisteredDevice& device,
                                           const protocol::BlobChunk& chunk) override {
        return inner_.blob_chunk(device, chunk);
    }

  protected:
    engine::HubStore& inner_;
};

// Nearest to the store: remembers what a round did and tells the checker when it is committed. Offers the
// world's snapshots in place of the store's, and stands before its attachments.
class WatchedStore final : public ForwardingStore {
  public:
    WatchedStore(engine::HubStore& inner, Stage& stage, const Snapshots& snapshots,
                 HubAttachments& attachments)
        : ForwardingStore(inner), stage_(stage), snapshots_(snapshots), attachments_(attachments) {}

    void round_begins() { in_round_ = true; }
    void round_ended(bool committed);

    Status set_lane_position(std::string_view device, const protocol::LanePosition& position) override;
    Result<engine::OperationResult> apply(const engine::RegisteredDevice& device,
                                          const engine::OperationPlace& place, BytesView operation) override;
    Result<engine::FeedRange> feed_range(const records::FeedId& feed, std::uint64_t after,
                                         std::size_t max_bytes) override;
    Result<std::uint64_t> snapshot_generation(std::string_view profile) override {
        return snapshots_.newest(profile, generation());
    }
    Result<Bytes> manifest(std::string_view profile) override {
        return snapshots_.manifest(profile, generation());
    }
    Result<Bytes> block(std::string_view profile, std::uint64_t generation, std::uint32_t block) override {
        return snapshots_.block(profile, generation, block);
    }
    Result<protocol::BlobState> blob_offered(const engine::RegisteredDevice& device,
                                             const protocol::BlobOffer& offer) override {
        return attachments_.offered(inner_, device, offer);
    }
    Result<protocol::BlobState> blob_chunk(const engine::RegisteredDevice& device,
                                           const protocol::BlobChunk& chunk) override {
        return attachments_.chunk(inner_, device, chunk);
    }

  private:
    struct Seen {
        std::uint64_t generation;
        records::FeedId feed;
        protocol::FeedEntry entry;
    };
    Stage& stage_;
    const Snapshots& snapshots_;
    HubAttachments& attachments_;
    bool in_round_ = false;
    Checker::Round round_;
    std::vector<Seen> seen_;
};

// Between that and the engine.
class PlantedStore final : public ForwardingStore {
  public:
    PlantedStore(engine::HubStore& inner, Stage& stage) : ForwardingStore(inner), stage_(stage) {}

    std::uint64_t generation() override;
    Status begin_generation() override;
    Result<std::optional<engine::RegisteredDevice>> device(std::string_view id) override;
    Result<protocol::LanePosition> lane_position(std::string_view device, std::uint64_t epoch,
                                                 protocol::Lane lane) override;
    Status set_lane_position(std::string_view device, const protocol::LanePosition& position) override;
    Result<engine::OperationResult> apply(const engine::RegisteredDevice& device,
                                          const engine::OperationPlace& place, BytesView operation) override;
    Result<std::vector<engine::OperationResult>> results(std::string_view device, std::uint64_t epoch,
                                                         protocol::Lane lane, std::uint64_t first,
                                                         std::uint64_t last) override;
    Result<bool> name_gap(std::string_view device, std::uint64_t epoch, protocol::Lane lane,
                          std::uint64_t first, std::uint64_t last) override {
        if (stage_.planted == Planted::forget_gaps) return false;
        return inner_.name_gap(device, epoch, lane, first, last);
    }
    Result<std::map<records::FeedId, engine::FeedPoint>> feed_heads() override;
    Result<engine::Deliveries> deliveries(std::string_view profile) override;
    Result<engine::FeedRange> feed_range(const records::FeedId& feed, std::uint64_t after,
                                         std::size_t max_bytes) override;

  private:
    bool planted(Planted fault, double probability = 1) {
        return stage_.planted == fault && stage_.dice.chance(probability);
    }
    Stage& stage_;
};

}  // namespace fieldpost::simulation
