// A hub's store without a disk. Everything that a transaction covers is in `state`, which can be copied and
// put back: a rolled-back round, or a backup that is restored.
#pragma once

#include <compare>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "sync/engine/hub_store.hpp"
#include "tests/unit/engine/key_signer.hpp"

namespace fieldpost::engine::testing {

struct FeedLog {
    std::uint64_t head = 0;
    std::map<std::uint64_t, protocol::FeedEntry> entries;  // by n; a superseded one is gone
    std::map<std::uint64_t, std::uint64_t> newest;         // record -> n
    std::map<std::uint64_t, std::uint64_t> versions;       // record -> version, also of a removed one
};

// What a device should hold of a feed: record -> version.
using Rows = std::map<std::uint64_t, std::uint64_t>;

struct Applied {
    std::string device;
    protocol::Lane lane = protocol::WORK;
    Bytes operation;
    OperationResult result;
};

struct HubState {
    using LaneKey = std::tuple<std::string, std::uint64_t, int>;               // device, epoch, lane
    using Place = std::tuple<std::string, std::uint64_t, int, std::uint64_t>;  // … and seq
    using Identity = std::tuple<std::string, std::uint64_t, int, std::uint64_t, Bytes>;  // … and hash

    std::map<LaneKey, protocol::LanePosition> positions;
    std::vector<Applied> log;  // in the order of application
    std::map<Identity, std::size_t> known;
    std::map<Place, std::size_t> places;
    std::map<Place, std::uint64_t> gaps;  // from where through where
    std::map<records::FeedId, FeedLog> feeds;
    std::map<std::string, std::vector<std::uint64_t>>
        epochs;  // of a device, in the order in which they advanced
};

// A snapshot's file holds the rows and cursors of every feed, so that a device that mounted it can be
// compared.
Bytes encode_city(const std::map<records::FeedId, FeedLog>& feeds);
struct DecodedFeed {
    std::uint64_t cursor = 0;
    Rows rows;
};
std::map<records::FeedId, DecodedFeed> decode_city(BytesView file);

class MemoryHub final : public HubStore {
  public:
    explicit MemoryHub(KeySigner& signer) : signer_(signer) {}

    // Operations that begin with "bad" are quarantined, those with "conflict" are one, those with "wait" are
    // parked.
    static OperationResult result_of(BytesView operation, std::uint64_t number);

    void put(const records::FeedId& feed, std::uint64_t record);
    void remove(const records::FeedId& feed, std::uint64_t record);
    Rows rows(const records::FeedId& feed) const;
    // Offers the feeds as they are now; the two newest generations are kept.
    void make_snapshot(std::uint32_t block_bytes);
    std::uint64_t applied(const std::string& device, std::uint64_t epoch, protocol::Lane lane) const;

    std::uint64_t generation() override { return hub_generation; }
    Status begin_generation() override;
    std::string city() override { return "testville"; }
    Result<std::optional<RegisteredDevice>> device(std::string_view id) override;
    Status seen(std::string_view id) override;
    Result<protocol::LanePosition> lane_position(std::string_view device, std::uint64_t epoch,
                                                 protocol::Lane lane) override;
    Status set_lane_position(std::string_view device, const protocol::LanePosition& position) override;
    Result<bool> epoch_advanced(std::string_view device, std::uint64_t epoch) override;
    Result<OperationResult> apply(const RegisteredDevice& device, const OperationPlace& place,
                                  BytesView operation) override;
    Result<std::vector<OperationResult>> results(std::string_view device, std::uint64_t epoch,
                                                 protocol::Lane lane, std::uint64_t first,
                                                 std::uint64_t last) override;
    Result<std::vector<SettledPlace>> take_settled() override { return std::exchange(settled, {}); }
    // What the operation at this place waited for has come.
    void settle(const std::string& device, std::uint64_t epoch, protocol::Lane lane, std::uint64_t seq);
    Result<bool> name_gap(std::string_view device, std::uint64_t epoch, protocol::Lane lane,
                          std::uint64_t first, std::uint64_t last) override;
    Result<std::map<records::FeedId, FeedPoint>> feed_heads() override;
    Result<Deliveries> deliveries(std::string_view profile) override;
    Result<FeedRange> feed_range(const records::FeedId& feed, std::uint64_t after,
                                 std::size_t max_bytes) override;
    Result<std::uint64_t> snapshot_generation(std::string_view profile) override;
    Result<Bytes> manifest(std::string_view profile) override;
    Result<Bytes> block(std::string_view profile, std::uint64_t generation, std::uint32_t block) override;
    // Attachments are not of interest here: each is there as soon as it is offered.
    Result<protocol::BlobState> blob_offered(const RegisteredDevice& device,
                                             const protocol::BlobOffer& offer) override;
    Result<protocol::BlobState> blob_chunk(const RegisteredDevice& device,
                                           const protocol::BlobChunk& chunk) override;

    std::uint64_t hub_generation = 1000;
    std::map<std::string, RegisteredDevice> devices;
    HubState state;
    std::vector<SettledPlace> settled;
    std::map<std::string, Deliveries, std::less<>> delivered;  // by profile
    std::vector<std::string> violations;                       // what the engine must never do to a store
    bool failing = false;                                      // the disk does not answer
    std::set<records::FeedId> unreadable;

  private:
    struct Snapshot {
        Bytes sealed_manifest;
        std::vector<Bytes> packed;
    };
    KeySigner& signer_;
    std::map<std::uint64_t, Snapshot> snapshots_;
};

}  // namespace fieldpost::engine::testing
