#include "sync/engine/hub_engine.hpp"

#include <algorithm>
#include <set>

namespace fieldpost::engine {

namespace {

constexpr std::size_t max_segment_bytes = 256U << 10U;
constexpr int max_blocks_per_request = 64;
constexpr std::size_t max_bytes_per_request = 2U << 20U;  // devices have 1 MiB on its way
constexpr std::uint64_t max_ack_results = 1000;
// Devices send 200; the answer to many more would pass what a message may be.
constexpr int max_batch_entries = 1000;
constexpr int max_acks_per_hello = 16;  // the next hello asks for the rest
constexpr std::size_t max_lanes_per_hello = 32;
constexpr std::uint64_t max_seq = std::uint64_t{1} << 62U;
constexpr int max_parked_per_lane = 100;
constexpr int max_settled_acks = 64;  // in one round: hellos ask for the rest

bool is_lane(protocol::Lane lane) {
    return lane == protocol::URGENT || lane == protocol::WORK || lane == protocol::TELEMETRY;
}

std::string_view what_happened(protocol::Outcome outcome) {
    switch (outcome) {
        case protocol::CONFLICT:
            return "is in conflict";
        case protocol::PARKED:
            return "has to wait";
        default:
            return "was quarantined";
    }
}

std::string through(std::uint64_t first, std::uint64_t last) {
    return first == last ? std::to_string(first) : std::to_string(first) + " to " + std::to_string(last);
}

}  // namespace

HubEngine::HubEngine(HubStore& store, protocol::Signer& signer)
    : store_(store), signer_(signer), feeds_(store, signer) {}

Status HubEngine::start() {
    return feeds_.start();
}

Status HubEngine::publish_feeds(Heads heads, HubActions& actions) {
    return feeds_.publish(heads, actions);
}

void HubEngine::send(const std::string& device, const protocol::Down& down, HubActions& actions) {
    actions.publishes.push_back({protocol::topic::down(device), down.SerializeAsString(), false, false});
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
        protocol::HelloReply problem;
        problem.set_problem("this device is not registered at the hub");
        if (!up->has_hello()) return ok();
        // Not checked: nobody's key is known. It only tells which hello is answered.
        const Bytes& said = up->hello().payload();
        const auto hello = said.size() <= protocol::max_hello_bytes
                               ? protocol::parse<protocol::Hello>(said, "hello")
                               : Result<protocol::Hello>(fail(ErrorCode::full, "hello too large"));
        if (hello) problem.set_number(hello->number());
        return reply(id, problem, actions);
    }
    if ((*device)->revoked) return refuse_revoked(**device, *up, actions);
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
        case protocol::Up::kBlobOffer:
            return blob_state(**device, store_.blob_offered(**device, up->blob_offer()), actions);
        case protocol::Up::kBlobChunk:
            return blob_state(**device, store_.blob_chunk(**device, up->blob_chunk()), actions);
        case protocol::Up::MESSAGE_NOT_SET:
            break;  // from a newer device: nothing we know how to answer
    }
    return ok();
}

Status HubEngine::refuse_revoked(const RegisteredDevice& device, const protocol::Up& up,
                                 HubActions& actions) {
    if (!up.has_hello()) return ok();
    const auto hello = protocol::open_as<protocol::Hello>(up.hello(), device.public_key, "hello");
    if (!hello || hello->device() != device.id) {
        actions.notices.push_back({device.id, "hello refused: it is not signed by the device", true});
        return ok();
    }
    actions.notices.push_back({device.id, "a revoked device says hello", true});
    protocol::HelloReply answer;
    answer.set_protocol(protocol::version);
    answer.set_number(hello->number());
    answer.set_problem("this device is revoked: what it records stays on it");
    return reply(device.id, answer, actions);
}

Status HubEngine::reply(const std::string& device, const protocol::HelloReply& reply, HubActions& actions) {
    auto sealed = protocol::seal(reply, signer_, protocol::plain);
    if (!sealed) return sealed.error();
    protocol::Down down;
    *down.mutable_hello_reply() = std::move(*sealed);
    send(device, down, actions);
    return ok();
}

Status HubEngine::blob_state(const RegisteredDevice& device, Result<protocol::BlobState> state,
                             HubActions& actions) {
    if (!state) return state.error();
    state->set_hub_generation(store_.generation());
    auto sealed = protocol::seal(*state, signer_, protocol::plain);
    if (!sealed) return sealed.error();
    protocol::Down down;
    *down.mutable_blob_state() = std::move(*sealed);
    send(device.id, down, actions);
    return ok();
}

Status HubEngine::hello(const RegisteredDevice& device, const protocol::Signed& sealed, HubActions& actions) {
    const auto hello = protocol::open_as<protocol::Hello>(sealed, device.public_key, "hello");
    if (!hello || hello->device() != device.id) {
        actions.notices.push_back(
            {device.id,
             "hello refused: " + (hello ? std::string("it is another device's") : hello.error().message),
             true});
        return ok();
    }
    if (auto noted = store_.seen(device.id); !noted) return noted;
    if (device.profile_is_gone) {
        actions.notices.push_back(
            {device.id,
             "its profile '" + device.profile +
                 "' is not in city.toml any more: it is sent no feeds and no snapshot, what it records is "
                 "taken. Give it another with 'fieldpost-hub device add', or put the profile back and import",
             true});
    }
    protocol::HelloReply answer;
    answer.set_protocol(protocol::version);
    answer.set_number(hello->number());
    if (hello->protocol() != protocol::version) {
        answer.set_problem("the hub speaks protocol " + std::to_string(protocol::version) + ", this device " +
                           std::to_string(hello->protocol()) + ": update the older of the two");
        return reply(device.id, answer, actions);
    }
    auto lanes = listed_lanes(device, *hello);
    if (!lanes) return lanes.error();
    auto missing = lost(*hello, *lanes);
    if (!missing) return missing.error();
    if (!missing->empty()) {
        actions.notices.push_back(
            {device.id,
             "has seen more of " + *missing +
                 " than this hub holds: the store was restored from a backup, and a new "
                 "generation of the feeds begins",
             true});
        if (auto begun = store_.begin_generation(); !begun) return begun;
    }
    answer.set_hub_generation(store_.generation());
    answer.set_city(store_.city());
    for (const std::uint32_t dictionary : protocol::dictionaries) answer.add_dictionaries(dictionary);
    auto& desired = *answer.mutable_desired();
    desired.set_generation(device.desired_generation);
    desired.set_profile(device.profile);
    for (const ListedLane& lane : *lanes) {
        if (auto named = name_gap(device, lane, actions); !named) return named;
        auto& position = *answer.add_lanes();
        position = lane.ours;
        position.set_noted(lane.said->noted());
    }
    auto heads = store_.feed_heads();
    if (!heads) return heads.error();
    for (const auto& feed : device.feeds) {
        desired.add_feeds(records::feed_text(feed));
        const auto known = heads->find(feed);
        *answer.add_heads() = feeds_.head_of(feed, known == heads->end() ? FeedPoint() : known->second);
    }
    auto snapshot =
        device.profile_is_gone ? Result<std::uint64_t>(0) : store_.snapshot_generation(device.profile);
    if (!snapshot) return snapshot.error();
    answer.set_snapshot_generation(*snapshot);
    answer.set_attachments_safe(device.attachments_safe);
    if (hello->has_deliveries_mark() && !device.profile_is_gone) {
        auto deliveries = store_.deliveries(device.profile);
        if (!deliveries) return deliveries.error();
        deliveries_.tell(device.profile, *deliveries, hello->deliveries_mark(), answer);
    }
    if (auto sent = reply(device.id, answer, actions); !sent) return sent;
    return tell_outcomes(device, *lanes, actions);
}

Result<std::vector<HubEngine::ListedLane>> HubEngine::listed_lanes(const RegisteredDevice& device,
                                                                   const protocol::Hello& hello) {
    std::vector<ListedLane> out;
    std::set<std::pair<std::uint64_t, protocol::Lane>> listed;
    for (const auto& said : hello.lanes()) {
        if (out.size() == max_lanes_per_hello) break;
        if (!is_lane(said.lane()) || said.noted() > max_seq || said.first() > max_seq) continue;
        if (!listed.insert({said.epoch(), said.lane()}).second) continue;
        auto ours = store_.lane_position(device.id, said.epoch(), said.lane());
        if (!ours) return ours.error();
        out.push_back({&said, std::move(*ours)});
    }
    return out;
}

Status HubEngine::name_gap(const RegisteredDevice& device, const ListedLane& lane, HubActions& actions) {
    const auto& [said, ours] = lane;
    // Only what the hub said that it has is ever trimmed; a device that left the epoch since may not know any
    // more that it did.
    if (said->first() <= ours.seq() + 1) return ok();
    const std::uint64_t first = ours.seq() + 1;
    const std::uint64_t last = said->first() - 1;
    auto is_new = store_.name_gap(device.id, said->epoch(), said->lane(), first, last);
    if (!is_new) return is_new.error();
    if (*is_new) {
        actions.notices.push_back(
            {device.id,
             "operations " + through(first, last) + " of its " + protocol::lane_name(said->lane()) +
                 " lane in epoch " + std::to_string(said->epoch()) +
                 " are lost: this hub was restored to before it had them, and the device "
                 "does not hold them any more",
             true});
    }
    return ok();
}

Status HubEngine::tell_outcomes(const RegisteredDevice& device, const std::vector<ListedLane>& lanes,
                                HubActions& actions) {
    int acks = 0;
    const auto tell = [&](const protocol::LanePosition& ours, std::uint64_t first,
                          std::uint64_t last) -> Status {
        if (++acks > max_acks_per_hello) return ok();
        return acknowledge(device.id, ours, first, last, actions);
    };
    for (const auto& [said, ours] : lanes) {
        // Of an earlier epoch it knows everything that it left there.
        const std::uint64_t end = std::min(ours.seq(), said->seq());
        if (said->noted() >= end) continue;
        for (std::uint64_t first = said->noted() + 1; first <= end && acks < max_acks_per_hello;
             first += max_ack_results) {
            auto told = tell(ours, first, std::min(end, first + max_ack_results - 1));
            if (!told) return told;
        }
    }
    for (const auto& [said, ours] : lanes) {
        std::uint64_t first = 0;  // of a run that is settled, through `last`; 0: none
        std::uint64_t last = 0;
        for (int i = 0; i < std::min(said->parked_size(), max_parked_per_lane) && acks < max_acks_per_hello;
             ++i) {
            const std::uint64_t seq = said->parked(i);
            if (seq == 0 || seq > ours.seq()) continue;
            auto results = store_.results(device.id, ours.epoch(), ours.lane(), seq, seq);
            if (!results) return results.error();
            if (results->front().outcome == protocol::PARKED) continue;
            if (first != 0 && seq != last + 1) {
                if (auto told = tell(ours, first, last); !told) return told;
                first = 0;
            }
            if (first == 0) first = seq;
            last = seq;
        }
        if (first != 0) {
            if (auto told = tell(ours, first, last); !told) return told;
        }
    }
    return ok();
}

Status HubEngine::tell_settled(HubActions& actions) {
    auto settled = store_.take_settled();
    if (!settled) return settled.error();
    int acks = 0;
    for (auto first = settled->begin(); first != settled->end() && acks < max_settled_acks; ++acks) {
        auto end = first + 1;
        while (end != settled->end() && end->device == first->device && end->epoch == first->epoch &&
               end->lane == first->lane && end->seq == (end - 1)->seq + 1 &&
               end->seq - first->seq < max_ack_results) {
            ++end;
        }
        auto position = store_.lane_position(first->device, first->epoch, first->lane);
        if (!position) return position.error();
        const std::uint64_t last = std::min((end - 1)->seq, position->seq());
        auto device = store_.device(first->device);
        if (!device) return device.error();
        if (first->seq <= last && *device && !(*device)->revoked) {
            auto told = acknowledge(first->device, *position, first->seq, last, actions);
            if (!told) return told;
        }
        first = end;
    }
    return ok();
}

Result<std::string> HubEngine::lost(const protocol::Hello& hello, const std::vector<ListedLane>& lanes) {
    // What a device noted, this hub had applied; unless that was before the present generation began. A
    // device that does not know the generation offers again what is missing, as all do: only the feeds'
    // numbers need a new one.
    if (hello.hub_generation() == store_.generation()) {
        for (const auto& [said, ours] : lanes) {
            if (said->noted() > ours.seq()) return "its " + protocol::lane_name(said->lane()) + " lane";
        }
    }
    auto heads = store_.feed_heads();
    if (!heads) return heads.error();
    for (const auto& cursor : hello.feeds()) {
        const auto feed = records::parse_feed(cursor.feed());
        if (!feed || cursor.hub_generation() != store_.generation()) continue;
        const auto head = heads->find(*feed);
        if (cursor.n() > (head == heads->end() ? 0 : head->second.n)) return "feed " + cursor.feed();
    }
    return std::string();
}

Status HubEngine::batch(const RegisteredDevice& device, const protocol::Signed& sealed, HubActions& actions) {
    const bool with_dictionary = sealed.dictionary() != 0;
    if (!store_.may_unpack(device.id, with_dictionary)) {
        actions.notices.push_back({device.id,
                                   std::string("a batch stays unread: unpacking such ones ") +
                                       (with_dictionary ? "with a dictionary " : "") + "crashed the hub",
                                   true});
        if (with_dictionary) ask_plain(device.id, actions);
        return ok();
    }
    const auto batch = protocol::open_as<protocol::Batch>(sealed, device.public_key, "batch");
    if (!batch && batch.error().code == ErrorCode::unavailable) {
        ask_plain(device.id, actions);
        return ok();
    }
    if (!batch || batch->device() != device.id || !is_lane(batch->lane()) || batch->entries_size() == 0 ||
        batch->entries_size() > max_batch_entries || batch->first_seq() == 0) {
        const std::string why =
            batch ? "a batch that is not this device's, empty or too long" : batch.error().message;
        actions.notices.push_back({device.id, "batch refused: " + why, true});
        return ok();
    }
    if (batch->protocol() != protocol::version) {
        // It stays at the device, whose next hello is answered with what is to be done.
        actions.notices.push_back({device.id,
                                   "batch refused: it is of protocol " + std::to_string(batch->protocol()) +
                                       ", the hub speaks " + std::to_string(protocol::version),
                                   true});
        return ok();
    }
    const BatchUse use = store_.begin_batch(device.id, batch->epoch(), batch->lane(), batch->first_seq());
    if (use != BatchUse::read) {
        actions.notices.push_back(
            {device.id,
             "the batch from " + std::to_string(batch->first_seq()) + " of its " +
                 protocol::lane_name(batch->lane()) + " lane crashed the hub: " +
                 (use == BatchUse::keep_unread ? "its operations are kept unread" : "it is left alone"),
             true});
        if (use == BatchUse::leave) return ok();
    }
    auto position = store_.lane_position(device.id, batch->epoch(), batch->lane());
    if (!position) return position.error();
    if (batch->first_seq() > position->seq() + 1) {
        // Something before it is missing: say where we are, the device goes on from there.
        return acknowledge(device.id, *position, position->seq() + 1, position->seq(), actions);
    }
    const std::uint64_t before = position->seq();
    Bytes hash = batch->hash_before();
    std::uint64_t seq = batch->first_seq() - 1;
    bool joined = seq == position->seq() && hash == position->hash();
    if (seq == position->seq() && !joined) {
        actions.notices.push_back({device.id, "the journal's chain differs from what was applied", true});
        return acknowledge(device.id, *position, position->seq() + 1, position->seq(), actions);
    }
    for (const auto& entry : batch->entries()) {
        ++seq;
        hash = protocol::chain_next(hash, entry.operation());
        if (seq < position->seq()) continue;
        if (!joined) {  // seq == applied: the part we have must be the part it sends
            if (hash != position->hash()) {
                actions.notices.push_back(
                    {device.id, "the journal's chain differs from what was applied", true});
                return acknowledge(device.id, *position, position->seq() + 1, position->seq(), actions);
            }
            joined = true;
            continue;
        }
        OperationPlace place{batch->epoch(), batch->lane(), seq, hash, std::nullopt};
        if (entry.has_origin()) place.origin = entry.origin();
        auto result = store_.apply(device, place, entry.operation());
        if (!result) return result.error();
        if (result->outcome != protocol::ACCEPTED) {
            actions.notices.push_back(
                {device.id,
                 "an operation " + std::string(what_happened(result->outcome)) + ": " + result->reason,
                 false});
        }
        position->set_seq(seq);
        position->set_hash(hash);
    }
    if (auto stored = store_.set_lane_position(device.id, *position); !stored) return stored;
    auto by_turns =
        position->seq() == before ? Result<bool>(false) : store_.epoch_advanced(device.id, batch->epoch());
    if (!by_turns) return by_turns.error();
    if (*by_turns) {
        actions.notices.push_back(
            {device.id,
             "two journals write under this name by turns: a copied disk, or two boxes with "
             "one key",
             true});
    }
    if (position->seq() != before && batch->sent_at_us() != 0)
        actions.sent_at.push_back({device.id, batch->sent_at_us(), batch->sent_at_quality()});
    auto told = acknowledge(device.id, *position, batch->first_seq(), seq, actions);
    return told ? tell_settled(actions) : told;
}

// Nobody knows the lane of what was not unpacked: the device sends everything that waits again.
void HubEngine::ask_plain(const std::string& device, HubActions& actions) {
    protocol::Down down;
    down.mutable_resend_plain();
    send(device, down, actions);
}

// Says how far the lane is applied, and what became of first..last.
Status HubEngine::acknowledge(const std::string& device, const protocol::LanePosition& position,
                              std::uint64_t first, std::uint64_t last, HubActions& actions) {
    protocol::Ack ack;
    ack.set_hub_generation(store_.generation());
    *ack.mutable_applied() = position;
    ack.set_first_seq(first);
    if (first <= last) {
        auto results = store_.results(device, position.epoch(), position.lane(), first, last);
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
    auto sealed = protocol::seal(ack, signer_, protocol::plain);
    if (!sealed) return sealed.error();
    protocol::Down down;
    *down.mutable_ack() = std::move(*sealed);
    send(device, down, actions);
    return ok();
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
    const std::uint64_t newest = head == heads->end() ? 0 : head->second.n;
    if (request.hub_generation() != store_.generation()) return ok();  // its hello was answered with ours
    if (request.after() > newest) {
        actions.notices.push_back(
            {device.id, "has a cursor beyond the head of feed " + request.feed(), true});
        return ok();
    }
    auto made = feeds_.segment(*feed, request.after(), newest,
                               std::clamp<std::size_t>(request.max_bytes(), 1024, max_segment_bytes));
    if (!made) return made.error();
    protocol::Down down;
    *down.mutable_segment() = std::move(*made);
    send(device.id, down, actions);
    return ok();
}

Status HubEngine::manifest_request(const RegisteredDevice& device, HubActions& actions) {
    if (device.profile_is_gone) return ok();  // the answer to its hello says that nothing is offered
    auto bytes = store_.manifest(device.profile);
    if (!bytes) {
        actions.notices.push_back({device.id, bytes.error().message, false});
        return ok();
    }
    protocol::Down down;
    if (!down.mutable_manifest()->ParseFromString(*bytes))
        return fail(ErrorCode::corrupt, "the stored manifest is damaged");
    send(device.id, down, actions);
    return ok();
}

Status HubEngine::block_request(const RegisteredDevice& device, const protocol::BlockRequest& request,
                                HubActions& actions) {
    std::size_t bytes = 0;
    const int count = std::min(request.blocks_size(), max_blocks_per_request);
    for (int i = 0; i < count && bytes < max_bytes_per_request; ++i) {
        protocol::Down down;
        auto& reply = *down.mutable_block();
        reply.set_generation(request.generation());
        reply.set_block(request.blocks(i));
        auto packed = device.profile_is_gone
                          ? Result<Bytes>(fail(ErrorCode::not_found, "this device's profile is gone"))
                          : store_.block(device.profile, request.generation(), request.blocks(i));
        if (packed) {
            bytes += packed->size();
            reply.set_packed(std::move(*packed));
        } else {
            reply.set_problem(packed.error().message);
        }
        send(device.id, down, actions);
        if (!packed) break;
    }
    return ok();
}

}  // namespace fieldpost::engine
