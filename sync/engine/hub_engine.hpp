// The hub's end of the protocol: takes devices' messages, applies their journals through the store, answers
// with acknowledgements, segments, manifests and blocks, and publishes new feed entries. Single-threaded; no
// clock, socket or file: the store is behind an interface, and the program commits before it carries out the
// actions.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

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

struct HubPublish {
    std::string topic;
    Bytes payload;
    bool retain = false;
    bool confirmed = true;  // QoS 1; else 0: a device that misses it asks again, or says hello
};

struct HubNotice {
    std::string device;
    std::string text;
    bool alarm = false;  // someone should look: a bad signature, a forked journal
};

struct HubActions {
    std::vector<HubPublish> publishes;
    std::vector<HubNotice> notices;
};

class HubEngine {
  public:
    HubEngine(HubStore& store, protocol::Signer& signer);

    // Feed entries up to now count as published: devices ask for what they lack.
    Status start();
    // One message of a device. An Error is the store's: roll back and try the message alone or later.
    Status message(std::string_view topic, BytesView payload, HubActions& actions);
    // Which heads are published behind the segments, retained, as hints: those that have grown since they
    // were, a few times a second at most, because each costs a slow link its bytes; all now and then.
    enum class Heads { none, grown, all };
    // Publishes feed entries that were committed since the last call, in order. An Error is of a feed that
    // cannot be read, the first: it is tried again with the next call. What was made of the others stands in
    // `actions`, counts as published, and must be sent.
    Status publish_feeds(Heads heads, HubActions& actions);

  private:
    // It gets a sentence for its screen, and nothing else.
    Status refuse_revoked(const RegisteredDevice& device, const protocol::Up& up, HubActions& actions);
    Status hello(const RegisteredDevice& device, const protocol::Signed& sealed, HubActions& actions);
    Status reply(const std::string& device, const protocol::HelloReply& reply, HubActions& actions);
    // A lane that a hello lists, and where this hub stands there.
    struct ListedLane {
        const protocol::LanePosition* said;
        protocol::LanePosition ours;
    };
    Result<std::vector<ListedLane>> listed_lanes(const RegisteredDevice& device,
                                                 const protocol::Hello& hello);
    // What the device has seen that this hub does not hold: the store was restored from a backup. Empty:
    // nothing.
    Result<std::string> lost(const protocol::Hello& hello, const std::vector<ListedLane>& lanes);
    // What of the lane neither end has any more.
    Status name_gap(const RegisteredDevice& device, const ListedLane& lane, HubActions& actions);
    // Outcomes that the device does not know, as its hello says.
    Status tell_outcomes(const RegisteredDevice& device, const std::vector<ListedLane>& lanes,
                         HubActions& actions);
    // Outcomes of what waited, to the devices that heard only that it does.
    Status tell_settled(HubActions& actions);
    Status blob_state(const RegisteredDevice& device, Result<protocol::BlobState> state, HubActions& actions);
    Status batch(const RegisteredDevice& device, const protocol::Signed& sealed, HubActions& actions);
    Status feed_request(const RegisteredDevice& device, const protocol::FeedRequest& request,
                        HubActions& actions);
    Status manifest_request(const RegisteredDevice& device, HubActions& actions);
    Status block_request(const RegisteredDevice& device, const protocol::BlockRequest& request,
                         HubActions& actions);
    void ask_plain(const std::string& device, HubActions& actions);
    Status acknowledge(const std::string& device, const protocol::LanePosition& position, std::uint64_t first,
                       std::uint64_t last, HubActions& actions);
    struct MadeSegment {
        protocol::Signed sealed;
        std::uint64_t through;
    };
    Result<MadeSegment> segment(const records::FeedId& feed, std::uint64_t after, std::uint64_t head,
                                std::size_t max_bytes);
    void send(const std::string& device, const protocol::Down& down, HubActions& actions);
    protocol::FeedCursor head_of(const records::FeedId& feed, const FeedPoint& head);
    Status publish_head(const records::FeedId& feed, const FeedPoint& head, HubActions& actions);
    Status publish_feed(const records::FeedId& feed, const FeedPoint& head, Heads heads, HubActions& actions);

    HubStore& store_;
    protocol::Signer& signer_;
    std::map<records::FeedId, std::uint64_t> published_;
    std::map<records::FeedId, std::uint64_t> hinted_;
};

}  // namespace fieldpost::engine
