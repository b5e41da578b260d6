// What the hub's engine needs of its program's store.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sync/engine/deliveries.hpp"
#include "sync/engine/feed_point.hpp"
#include "sync/protocol/codec.hpp"

namespace fieldpost::engine {

struct RegisteredDevice {
    std::string id;
    Bytes public_key;
    std::string profile;
    std::vector<records::FeedId> feeds;
    std::uint64_t desired_generation = 0;
    bool revoked = false;
    // A completed backup holds the attachments that it delivered, through the one with this number.
    std::uint64_t attachments_safe = 0;
    // The city has no such profile any more: it clears no feeds, and no snapshot is offered.
    bool profile_is_gone = false;
};

struct OperationPlace {
    std::uint64_t epoch = 0;
    protocol::Lane lane = protocol::WORK;
    std::uint64_t seq = 0;
    Bytes hash;
    std::optional<protocol::Origin> origin;
};

struct OperationResult {
    protocol::Outcome outcome = protocol::ACCEPTED;
    std::uint64_t version = 0;  // of the record it made; 0: none
    std::string reason;
};

// Where an operation stands in its device's journal.
struct SettledPlace {
    std::string device;
    std::uint64_t epoch = 0;
    protocol::Lane lane = protocol::WORK;
    std::uint64_t seq = 0;
};

struct FeedRange {
    std::vector<protocol::FeedEntry> entries;
    std::uint64_t through = 0;  // the range is whole up to here
};

// What is to be done with a batch that the hub may have crashed over before.
enum class BatchUse {
    read,
    keep_unread,  // apply() keeps its operations without reading them, as quarantined
    leave,        // not even that; it is not acknowledged
};

// What the hub's engine needs of its store. All calls of one round happen inside one transaction that the
// program begins before and commits after; an Error makes the program roll the round back.
class HubStore {
  public:
    virtual ~HubStore() = default;
    virtual std::uint64_t generation() = 0;
    // From here on feed cursors are of another generation; snapshots of the last are no longer offered.
    virtual Status begin_generation() = 0;
    virtual std::string city() = 0;
    virtual Result<std::optional<RegisteredDevice>> device(std::string_view id) = 0;
    // The device has said hello.
    virtual Status seen(std::string_view id) = 0;
    // Applied through here; seq 0 with the epoch's starting hash when nothing is. `safe`: a completed backup
    // holds it through there.
    virtual Result<protocol::LanePosition> lane_position(std::string_view device, std::uint64_t epoch,
                                                         protocol::Lane lane) = 0;
    virtual Status set_lane_position(std::string_view device, const protocol::LanePosition& position) = 0;
    // Remembers that this epoch advanced. True when another epoch of the device did since this one last did:
    // two journals write under one name.
    virtual Result<bool> epoch_advanced(std::string_view device, std::uint64_t epoch) = 0;
    // A batch of the device is unpacked from here on, with a dictionary or without one. False: such ones
    // crashed the hub; it must stay as it is. Always true where nobody watches for crashes, and the next
    // always `read`.
    virtual bool may_unpack(std::string_view /*device*/, bool /*with_dictionary*/) { return true; }
    // The batch that begins there is gone through from here on.
    virtual BatchUse begin_batch(std::string_view /*device*/, std::uint64_t /*epoch*/,
                                 protocol::Lane /*lane*/, std::uint64_t /*first_seq*/) {
        return BatchUse::read;
    }
    // Stores the operation and its effects. An operation whose origin is stored already changes nothing and
    // reports what it reported then. Bytes that cannot be understood are kept and reported as quarantined.
    virtual Result<OperationResult> apply(const RegisteredDevice& device, const OperationPlace& place,
                                          BytesView operation) = 0;
    // What apply() said of first..last, by position.
    virtual Result<std::vector<OperationResult>> results(std::string_view device, std::uint64_t epoch,
                                                         protocol::Lane lane, std::uint64_t first,
                                                         std::uint64_t last) = 0;
    // Places of the operations that were PARKED and are settled since the last call, in order of device,
    // epoch, lane and seq: results() says now what became of them.
    virtual Result<std::vector<SettledPlace>> take_settled() = 0;
    // These operations are neither here nor at their device any more: written down for people. False: it was
    // known.
    virtual Result<bool> name_gap(std::string_view device, std::uint64_t epoch, protocol::Lane lane,
                                  std::uint64_t first, std::uint64_t last) = 0;
    // Number and checksum of each are of one moment.
    virtual Result<std::map<records::FeedId, FeedPoint>> feed_heads() = 0;
    // Each source that the profile clears something of, with a title. Of one moment with the heads.
    virtual Result<Deliveries> deliveries(std::string_view profile) = 0;
    // Changes after `after`, in order, until a bound is reached; at least one when there is one.
    virtual Result<FeedRange> feed_range(const records::FeedId& feed, std::uint64_t after,
                                         std::size_t max_bytes) = 0;
    // Newest offered snapshot of the profile; 0: none.
    virtual Result<std::uint64_t> snapshot_generation(std::string_view profile) = 0;
    // The signed manifest as it is sent.
    virtual Result<Bytes> manifest(std::string_view profile) = 0;
    virtual Result<Bytes> block(std::string_view profile, std::uint64_t generation, std::uint32_t block) = 0;
    // Attachments are files beside the transaction: what they say they have is durable when they return. What
    // this device did not deliver itself is as good as not there; what it did is numbered, in that order. The
    // engine adds the hub generation.
    virtual Result<protocol::BlobState> blob_offered(const RegisteredDevice& device,
                                                     const protocol::BlobOffer& offer) = 0;
    virtual Result<protocol::BlobState> blob_chunk(const RegisteredDevice& device,
                                                   const protocol::BlobChunk& chunk) = 0;
};

}  // namespace fieldpost::engine
