#include "tests/fuzz/hub_bench.hpp"

#include <algorithm>

namespace fieldpost::fuzz {

namespace {

constexpr std::uint32_t snapshot_block_bytes = 200;

// Made once: only its state changes, which is put back.
engine::testing::MemoryHub& store() {
    static engine::testing::MemoryHub made = [] {
        engine::testing::MemoryHub hub(hub_key());
        hub.devices["truck-1"] = {"truck-1", truck_key().public_key(), "fire", {general, fire}, 4};
        for (std::uint64_t record = 1; record <= 20; ++record) {
            for (const auto& feed : {general, fire, health}) hub.put(feed, record);
        }
        hub.remove(general, 3);
        hub.make_snapshot(snapshot_block_bytes);
        return hub;
    }();
    return made;
}

struct Applied {
    std::map<engine::testing::HubState::LaneKey, std::pair<std::uint64_t, Bytes>> positions;
    std::size_t operations = 0;
    std::map<engine::testing::HubState::Place, std::uint64_t> gaps;
    std::uint64_t generation = 0;
    bool operator==(const Applied&) const = default;
};

Applied applied(const engine::testing::MemoryHub& hub) {
    Applied out;
    for (const auto& [lane, position] : hub.state.positions)
        out.positions[lane] = {position.seq(), position.hash()};
    out.operations = hub.state.log.size() + hub.state.places.size();
    out.gaps = hub.state.gaps;
    out.generation = hub.hub_generation;
    return out;
}

}  // namespace

HubBench::HubBench() : store_(store()), engine_(store_, hub_key()) {
    static const engine::testing::HubState initial = store_.state;
    store_.state = initial;
    store_.violations.clear();
    if (store_.hub_generation != hub_generation) {
        store_.hub_generation = hub_generation;
        store_.make_snapshot(snapshot_block_bytes);
    }
    must(engine_.start().has_value(), "a hub starts");
}

engine::HubActions HubBench::take(std::string_view topic, BytesView payload) {
    engine::HubActions actions;
    must(engine_.message(topic, payload, actions).has_value(), "no message makes the store fail");
    for (const auto& violation : store_.violations) {
        // A device that gives two operations the same origin and hash lies to its own loss.
        if (violation != "one identity stands for two operations") broken(violation);
    }
    must(actions.publishes.size() <= 128, "the answers to one message are few");
    must(actions.notices.size() <= protocol::max_message_bytes / 64,
         "the notices of one message are bounded");
    for (const auto& answer : actions.publishes) check_answer(answer);
    return actions;
}

void HubBench::check_answer(const engine::HubPublish& answer) {
    must(answer.topic.starts_with("fieldpost/1/down/") && !answer.retain,
         "answers go to a device's own topic");
    must(answer.payload.size() <= protocol::max_message_bytes, "nothing larger than a message is sent");
    protocol::Down down;
    must(down.ParseFromString(answer.payload), "an answer can be read");
    const auto open = [&]<class M>(const protocol::Signed& sealed, M message) {
        auto opened = protocol::open_as<M>(sealed, hub_key().public_key(), "answer");
        must(opened.has_value(), "an answer is signed by the hub");
        message = std::move(*opened);
        return message;
    };
    const auto must_be_cleared = [](const std::string& text) {
        const auto feed = records::parse_feed(text);
        must(feed && (*feed == general || *feed == fire), "only feeds that the profile clears are given");
    };
    if (down.has_hello_reply()) {
        const auto reply = open(down.hello_reply(), protocol::HelloReply());
        must(answer.topic == protocol::topic::down("truck-1") || !reply.problem().empty(),
             "a device that is not registered is told so");
        for (const auto& feed : reply.desired().feeds()) must_be_cleared(feed);
        for (const auto& head : reply.heads()) must_be_cleared(head.feed());
        return;
    }
    must(answer.topic == protocol::topic::down("truck-1"),
         "a device that is not registered is told nothing else");
    if (down.has_ack()) open(down.ack(), protocol::Ack());
    if (down.has_segment()) must_be_cleared(open(down.segment(), protocol::FeedSegment()).feed());
    if (down.has_manifest()) open(down.manifest(), protocol::Manifest());
    if (down.has_blob_state()) {
        must(open(down.blob_state(), protocol::BlobState()).hub_generation() == store_.hub_generation,
             "a state of an attachment names the hub's generation");
    }
}

void HubBench::receive(std::string_view topic, BytesView payload) {
    const auto before = applied(store_);
    take(topic, payload);
    must(applied(store_) == before, "only what a device signed changes anything at the hub");
}

void HubBench::receive(const protocol::Up& up) {
    receive(protocol::topic::up("truck-1"), up.SerializeAsString());
}

void HubBench::receive_forged(const protocol::Up& up) {
    const auto before = applied(store_);
    const auto actions = take(protocol::topic::up("truck-1"), up.SerializeAsString());
    must(applied(store_) == before, "what its device did not sign changes nothing");
    must(actions.publishes.empty() && actions.notices.size() == 1 && actions.notices[0].alarm,
         "what its device did not sign raises an alarm and is not answered");
}

void HubBench::receive_hello(const protocol::Signed& sealed) {
    protocol::Up up;
    *up.mutable_hello() = sealed;
    if (up.ByteSizeLong() > protocol::max_message_bytes) return;
    const auto hello = protocol::open_as<protocol::Hello>(sealed, truck_key().public_key(), "hello");
    if (!hello || hello->device() != "truck-1") return receive_forged(up);
    const auto before = applied(store_);
    const auto actions = take(protocol::topic::up("truck-1"), up.SerializeAsString());
    const auto after = applied(store_);
    must(after.positions == before.positions && after.operations == before.operations,
         "a hello changes nothing in the journal at the hub");
    const bool alarmed =
        std::ranges::any_of(actions.notices, [](const engine::HubNotice& notice) { return notice.alarm; });
    must(after == before || alarmed, "someone is called when something is missing");
    protocol::Down down;
    must(!actions.publishes.empty() && down.ParseFromString(actions.publishes[0].payload) &&
             down.has_hello_reply(),
         "a hello is answered");
    const auto reply =
        protocol::open_as<protocol::HelloReply>(down.hello_reply(), hub_key().public_key(), "reply");
    must(reply->number() == hello->number(), "an answer says to which hello");
    must(reply->lanes_size() <= 32 &&
             (!reply->problem().empty() || reply->hub_generation() == after.generation),
         "an answer says where the hub stands");
}

void HubBench::receive_batch(const protocol::Signed& sealed, bool joins) {
    protocol::Up up;
    *up.mutable_batch() = sealed;
    const Bytes payload = up.SerializeAsString();
    if (payload.size() > protocol::max_message_bytes) return;
    const auto before = store_.state.positions;
    const std::size_t known_before = store_.state.log.size();
    const auto actions = take(protocol::topic::up("truck-1"), payload);
    if (actions.publishes.empty()) {
        must(store_.state.log.size() == known_before, "what is not acknowledged is not applied");
        return;
    }
    must(actions.publishes.size() == 1, "a batch is acknowledged once");
    protocol::Down down;
    must(down.ParseFromString(actions.publishes[0].payload), "an answer can be read");
    const auto batch = protocol::open_as<protocol::Batch>(sealed, truck_key().public_key(), "batch");
    if (down.has_resend_plain()) {
        must(
            !batch && batch.error().code == ErrorCode::unavailable && store_.state.log.size() == known_before,
            "what is packed by an unknown dictionary is asked for without");
        return;
    }
    must(down.has_ack(), "a batch is answered by an ack");
    must(batch.has_value() && batch->device() == "truck-1",
         "only a readable batch of this device is acknowledged");
    must_reencode(*batch);
    must(batch->entries_size() <= 1000, "a batch has no more operations than one ack can tell of");

    const auto ack = protocol::open_as<protocol::Ack>(down.ack(), hub_key().public_key(), "ack").value();
    const auto& now = ack.applied();
    const auto stored = store_.lane_position("truck-1", batch->epoch(), batch->lane()).value();
    must(now.seq() == stored.seq() && now.hash() == stored.hash(), "an ack says what is stored");
    const auto was = before.find({"truck-1", batch->epoch(), batch->lane()});
    std::uint64_t seq = was == before.end() ? 0 : was->second.seq();
    Bytes hash = was == before.end() ? protocol::chain_start("truck-1", batch->epoch(), batch->lane())
                                     : was->second.hash();
    must(now.seq() >= seq && now.seq() - seq <= static_cast<std::uint64_t>(batch->entries_size()),
         "a lane goes forward, by no more than the batch holds");
    while (seq < now.seq()) {
        ++seq;
        const auto& entry = batch->entries(static_cast<int>(seq - batch->first_seq()));
        hash = protocol::chain_next(hash, entry.operation());
        applied_[{batch->epoch(), batch->lane()}].push_back(entry.operation());
    }
    must(hash == now.hash(), "what was applied is the batch's own chain");

    const auto end = batch->first_seq() + static_cast<std::uint64_t>(batch->entries_size()) - 1;
    must(!joins || batch->entries_size() > 200 || seq == end, "a batch that joins is applied to its end");

    const auto after = applied(store_);
    take(protocol::topic::up("truck-1"), payload);
    must(applied(store_) == after, "a batch that comes twice is applied once");
}

void HubBench::join(protocol::Batch& batch, std::size_t overlap) const {
    batch.set_protocol(protocol::version);
    batch.set_device("truck-1");
    if (batch.lane() < protocol::URGENT || batch.lane() > protocol::TELEMETRY) batch.set_lane(protocol::WORK);
    const auto known = applied_.find({batch.epoch(), batch.lane()});
    const std::vector<Bytes> none;
    const std::vector<Bytes>& operations = known == applied_.end() ? none : known->second;
    const std::size_t before = operations.size() - std::min(overlap, operations.size());
    Bytes hash = protocol::chain_start("truck-1", batch.epoch(), batch.lane());
    for (std::size_t i = 0; i < before; ++i) hash = protocol::chain_next(hash, operations[i]);
    batch.set_first_seq(before + 1);
    batch.set_hash_before(hash);
    const protocol::Batch behind = batch;
    batch.clear_entries();
    for (std::size_t i = before; i < operations.size(); ++i)
        batch.add_entries()->set_operation(operations[i]);
    batch.mutable_entries()->MergeFrom(behind.entries());
}

}  // namespace fieldpost::fuzz
