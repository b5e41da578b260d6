#include "sync/engine/hub_engine.hpp"

#include <algorithm>

namespace fieldpost::engine {

namespace {

constexpr std::size_t live_segment_bytes = 64U << 10U;
constexpr std::size_t max_segment_bytes = 256U << 10U;
constexpr int max_blocks_per_request = 64;
constexpr std::uint64_t max_ack_results = 1000;
constexpr int max_acks_per_hello = 16;  // the next hello asks for the rest

bool is_lane(protocol::Lane lane) {
    return lane == protocol::URGENT || lane == protocol::WORK || lane == protocol::TELEMETRY;
}

}  // namespace

HubEngine::HubEngine(HubStore& store, protocol::Signer& signer) : store_(store), signer_(signer) {}

Status HubEngine::start() {
    auto heads = store_.feed_heads();
    if (!heads) return heads.error();
    published_ = std::move(*heads);
    return ok();
}

void HubEngine::send(const RegisteredDevice& device, const protocol::Down& down, HubActions& actions) {
    actions.publishes.push_back({protocol::topic::down(device.id), down.SerializeAsString(), false});
}

Status HubEngine::message(std::string_view topic, BytesView payload, HubActions& actions) {
    const std::string id = protocol::topic::device_of_up(topic);
    if (!protocol::is_device_id(id)) return ok();
    const auto up = payload.size() <= protocol::max_message_bytes
                        ? protocol::parse<protocol::Up>(payload, "message")
                        : Result<protocol::Up>(fail(ErrorCode::full, "message too large"));
    if (!up) {
        actions.notices.push_back({id, up.error().message, false});
        return ok();
    }
    auto device = store_.device(id);
    if (!device) return device.error();
    if (!*device) {
        actions.notices.push_back(
            {id, "an unknown device speaks: register it with 'fieldpost-hub device add'", true});
        protocol::Down down;
        down.mutable_hello_reply()->set_problem("this device is not registered at the hub");
        if (up->has_hello()) send(RegisteredDevice{id, {}, {}, {}, 0}, down, actions);
        return ok();
    }
    switch (up->message_case()) {
        case protocol::Up::kHello:
            return hello(**device, up->hello(), actions);
        case protocol::Up::kBatch:
            return batch(**device, up->batch(), actions);
        case protocol::Up::kFeedRequest:
            return feed_request(**device, up->feed_request(), actions);
        case protocol::Up::kManifestRequest:
            return manifest_request(**device, actions);
        case protocol::Up::kBlockRequest:
            return block_request(**device, up->block_request(), actions);
        case protocol::Up::MESSAGE_NOT_SET:
            break;  // from a newer device: nothing we know how to answer
    }
    return ok();
}

Status HubEngine::hello(const RegisteredDevice& device, const protocol::Hello& hello, HubActions& actions) {
    if (auto noted = store_.seen(device.id); !noted) return noted;
    protocol::Down down;
    auto& reply = *down.mutable_hello_reply();
    reply.set_protocol(protocol::version);
    if (hello.protocol() != protocol::version) {
        reply.set_problem("the hub speaks protocol " + std::to_string(protocol::version) + ", this device " +
                          std::to_string(hello.protocol()) + ": update the older of the two");
        send(device, down, actions);
        return ok();
    }
    reply.set_hub_generation(store_.generation());
    reply.set_city(store_.city());
    auto& desired = *reply.mutable_desired();
    desired.set_generation(device.desired_generation);
    desired.set_profile(device.profile);
    // A hello is not signed: whatever it lists, each lane is answered once.
    std::map<protocol::Lane, std::uint64_t> noted;
    for (const auto& lane : hello.lanes()) {
        if (!is_lane(lane.lane()) || !noted.try_emplace(lane.lane(), lane.noted()).second) continue;
        auto position = store_.lane_position(device.id, lane.epoch(), lane.lane());
        if (!position) return position.error();
        *reply.add_lanes() = std::move(*position);
    }
    auto heads = store_.feed_heads();
    if (!heads) return heads.error();
    for (const auto& feed : device.feeds) {
        desired.add_feeds(records::feed_text(feed));
        auto& head = *reply.add_heads();
        head.set_feed(records::feed_text(feed));
        head.set_hub_generation(store_.generation());
        const auto known = heads->find(feed);
        head.set_n(known == heads->end() ? 0 : known->second);
    }
    for (const auto& head : reply.heads()) {
        const auto beyond = [&](const protocol::FeedCursor& cursor) {
            return cursor.feed() == head.feed() && cursor.hub_generation() == store_.generation() &&
                   cursor.n() > head.n();
        };
        if (std::ranges::any_of(hello.feeds(), beyond)) went_back(device, "feed " + head.feed(), actions);
    }
    auto snapshot = store_.snapshot_generation(device.profile);
    if (!snapshot) return snapshot.error();
    reply.set_snapshot_generation(*snapshot);
    send(device, down, actions);
    int acks = 0;
    for (const auto& position : reply.lanes()) {
        const std::uint64_t known = noted.at(position.lane());
        if (known > position.seq()) {
            went_back(device, "its " + protocol::lane_name(position.lane()) + " lane", actions);
            continue;
        }
        for (std::uint64_t first = known + 1; first <= position.seq() && acks < max_acks_per_hello;
             first += max_ack_results) {
            const std::uint64_t last = std::min(position.seq(), first + max_ack_results - 1);
            if (auto sent = acknowledge(device, position, first, last, actions); !sent) return sent;
            ++acks;
        }
    }
    return ok();
}

void HubEngine::went_back(const RegisteredDevice& device, const std::string& what, HubActions& actions) {
    actions.notices.push_back(
        {device.id,
         "has seen more of " + what + " than this hub holds: was the store restored from a backup?", true});
}

Status HubEngine::batch(const RegisteredDevice& device, const protocol::Signed& sealed, HubActions& actions) {
    const auto batch = protocol::open_as<protocol::Batch>(sealed, device.public_key, "batch");
    if (!batch || batch->device() != device.id || !is_lane(batch->lane()) || batch->entries_size() == 0 ||
        batch->first_seq() == 0) {
        const std::string why = batch ? "a batch that is not this device's, or empty" : batch.error().message;
        actions.notices.push_back({device.id, "batch refused: " + why, true});
        return ok();
    }
    auto position = store_.lane_position(device.id, batch->epoch(), batch->lane());
    if (!position) return position.error();
    if (batch->first_seq() > position->seq() + 1) {
        // Something before it is missing: say where we are, the device goes on from there.
        return acknowledge(device, *position, position->seq() + 1, position->seq(), actions);
    }
    Bytes hash = batch->hash_before();
    std::uint64_t seq = batch->first_seq() - 1;
    bool joined = seq == position->seq() && hash == position->hash();
    if (seq == position->seq() && !joined) {
        actions.notices.push_back({device.id, "the journal's chain differs from what was applied", true});
        return acknowledge(device, *position, position->seq() + 1, position->seq(), actions);
    }
    for (const auto& entry : batch->entries()) {
        ++seq;
        hash = protocol::chain_next(hash, entry.operation());
        if (seq < position->seq()) continue;
        if (!joined) {  // seq == applied: the part we have must be the part it sends
            if (hash != position->hash()) {
                actions.notices.push_back(
                    {device.id, "the journal's chain differs from what was applied", true});
                return acknowledge(device, *position, position->seq() + 1, position->seq(), actions);
            }
            joined = true;
            continue;
        }
        OperationPlace place{batch->epoch(), batch->lane(), seq, hash, std::nullopt};
        if (entry.has_origin()) place.origin = entry.origin();
        auto result = store_.apply(device, place, entry.operation());
        if (!result) return result.error();
        if (result->outcome != protocol::ACCEPTED) {
            const std::string what =
                result->outcome == protocol::CONFLICT ? "is in conflict" : "was quarantined";
            actions.notices.push_back({device.id, "an operation " + what + ": " + result->reason, false});
        }
        position->set_seq(seq);
        position->set_hash(hash);
    }
    if (auto stored = store_.set_lane_position(device.id, *position); !stored) return stored;
    return acknowledge(device, *position, batch->first_seq(), seq, actions);
}

// Says how far the lane is applied, and what became of first..last.
Status HubEngine::acknowledge(const RegisteredDevice& device, const protocol::LanePosition& position,
                              std::uint64_t first, std::uint64_t last, HubActions& actions) {
    protocol::Down down;
    auto& ack = *down.mutable_ack();
    ack.set_hub_generation(store_.generation());
    *ack.mutable_applied() = position;
    ack.set_first_seq(first);
    if (first <= last) {
        auto results = store_.results(device.id, position.epoch(), position.lane(), first, last);
        if (!results) return results.error();
        std::uint64_t seq = first;
        for (const OperationResult& result : *results) {
            ack.add_versions(result.version);
            if (result.outcome != protocol::ACCEPTED) {
                auto& exception = *ack.add_exceptions();
                exception.set_seq(seq);
                exception.set_outcome(result.outcome);
                exception.set_reason(result.reason);
            }
            ++seq;
        }
    }
    send(device, down, actions);
    return ok();
}

Result<HubEngine::MadeSegment> HubEngine::segment(const records::FeedId& feed, std::uint64_t after,
                                                  std::uint64_t head, std::size_t max_bytes) {
    auto range = store_.feed_range(feed, after, max_bytes);
    if (!range) return range.error();
    protocol::FeedSegment segment;
    segment.set_feed(records::feed_text(feed));
    segment.set_hub_generation(store_.generation());
    segment.set_after(after);
    segment.set_head(head);
    segment.set_through(range->through);
    for (auto& entry : range->entries) *segment.add_entries() = std::move(entry);
    auto sealed = protocol::seal(segment, signer_, true);
    if (!sealed) return sealed.error();
    return MadeSegment{std::move(*sealed), range->through};
}

Status HubEngine::feed_request(const RegisteredDevice& device, const protocol::FeedRequest& request,
                               HubActions& actions) {
    const auto feed = records::parse_feed(request.feed());
    if (!feed || std::ranges::find(device.feeds, *feed) == device.feeds.end()) {
        actions.notices.push_back({device.id, "asked for a feed that its profile does not clear", true});
        return ok();
    }
    auto heads = store_.feed_heads();
    if (!heads) return heads.error();
    const auto head = heads->find(*feed);
    const std::uint64_t newest = head == heads->end() ? 0 : head->second;
    if (request.hub_generation() != store_.generation()) return ok();  // its hello was answered with ours
    if (request.after() > newest) {
        actions.notices.push_back(
            {device.id, "has a cursor beyond the head of feed " + request.feed(), true});
        return ok();
    }
    auto made = segment(*feed, request.after(), newest,
                        std::clamp<std::size_t>(request.max_bytes(), 1024, max_segment_bytes));
    if (!made) return made.error();
    protocol::Down down;
    *down.mutable_segment() = std::move(made->sealed);
    send(device, down, actions);
    return ok();
}

Status HubEngine::manifest_request(const RegisteredDevice& device, HubActions& actions) {
    auto bytes = store_.manifest(device.profile);
    if (!bytes) {
        actions.notices.push_back({device.id, bytes.error().message, false});
        return ok();
    }
    protocol::Down down;
    if (!down.mutable_manifest()->ParseFromString(*bytes))
        return fail(ErrorCode::corrupt, "the stored manifest is damaged");
    send(device, down, actions);
    return ok();
}

Status HubEngine::block_request(const RegisteredDevice& device, const protocol::BlockRequest& request,
                                HubActions& actions) {
    for (int i = 0; i < std::min(request.blocks_size(), max_blocks_per_request); ++i) {
        protocol::Down down;
        auto& reply = *down.mutable_block();
        reply.set_generation(request.generation());
        reply.set_block(request.blocks(i));
        auto packed = store_.block(device.profile, request.generation(), request.blocks(i));
        if (packed) {
            reply.set_packed(std::move(*packed));
        } else {
            reply.set_problem(packed.error().message);
        }
        send(device, down, actions);
        if (!packed) break;
    }
    return ok();
}

Status HubEngine::publish_head(const records::FeedId& feed, std::uint64_t head, HubActions& actions) {
    protocol::FeedHead hint;
    hint.mutable_head()->set_feed(records::feed_text(feed));
    hint.mutable_head()->set_hub_generation(store_.generation());
    hint.mutable_head()->set_n(head);
    const auto sealed = protocol::seal(hint, signer_, false);
    if (!sealed) return sealed.error();
    actions.publishes.push_back({protocol::topic::feed_head(feed), sealed->SerializeAsString(), true});
    return ok();
}

Status HubEngine::publish_feeds(bool heads, HubActions& actions) {
    auto newest = store_.feed_heads();
    if (!newest) return newest.error();
    for (const auto& [feed, head] : *newest) {
        std::uint64_t& published = published_[feed];
        const bool grown = published < head;
        if (grown) {
            // One segment a round and feed: the rest of a large import is asked for by range, at each
            // device's own pace.
            auto made = segment(feed, published, head, live_segment_bytes);
            if (!made) return made.error();
            actions.publishes.push_back(
                {protocol::topic::feed(feed), made->sealed.SerializeAsString(), false});
            published = head;
        }
        // Behind the segment and retained: whoever subscribes in the moment after it learns of it so.
        if (heads || grown) {
            if (auto hinted = publish_head(feed, head, actions); !hinted) return hinted;
        }
    }
    return ok();
}

}  // namespace fieldpost::engine
