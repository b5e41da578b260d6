// The hub's end of the protocol: takes devices' messages, applies their journals through the store, answers
// with acknowledgements, segments, manifests and blocks, and publishes new feed entries. Single-threaded; no
// clock, socket or file: the store is behind an interface, and the program commits before it carries out the
// actions.
#pragma once

#include <string>
#include <vector>

#include "sync/engine/feed_publisher.hpp"
#include "sync/engine/hub_actions.hpp"
#include "sync/engine/hub_store.hpp"

namespace fieldpost::engine {

class HubEngine {
  public:
    HubEngine(HubStore& store, protocol::Signer& signer);

    Status start();
    // One message of a device. An Error is the store's: roll back and try the message alone or later.
    Status message(std::string_view topic, BytesView payload, HubActions& actions);
    using Heads = FeedPublisher::Heads;
    // As FeedPublisher's.
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
    void send(const std::string& device, const protocol::Down& down, HubActions& actions);

    HubStore& store_;
    protocol::Signer& signer_;
    FeedPublisher feeds_;
    DeliveriesTold deliveries_;
};

}  // namespace fieldpost::engine
