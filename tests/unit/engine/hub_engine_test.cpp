#include "sync/engine/hub_engine.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <iterator>
#include <limits>

#include "tests/unit/engine/actions.hpp"
#include "tests/unit/engine/memory_hub.hpp"
#include "tests/unit/engine/memory_journal.hpp"

using namespace fieldpost;
using namespace fieldpost::engine;
using namespace fieldpost::engine::testing;
using protocol::WORK;

namespace {

constexpr std::uint64_t epoch = 77;
const records::FeedId general{"city", {records::PUBLIC, "general"}};
const records::FeedId fire{"city", {records::CONFIDENTIAL, "fire"}};
const records::FeedId health{"city", {records::RESTRICTED, "health"}};

// A hub with one device that clears two of three feeds.
struct Bench {
    Bench() {
        store.devices["truck-1"] = {"truck-1", device.public_key(), "fire", {general, fire}, 4};
        REQUIRE(engine.start().has_value());
    }

    HubActions receive(const protocol::Up& up, const std::string& from = "truck-1") {
        return receive_bytes(up.SerializeAsString(), from);
    }
    HubActions receive_bytes(const Bytes& payload, const std::string& from = "truck-1") {
        HubActions actions;
        status = engine.message(protocol::topic::up(from), payload, actions);
        return actions;
    }
    // A batch as the device would send it: `count` operations of its journal from `first` on.
    protocol::Batch batch(std::uint64_t first, std::size_t count) {
        protocol::Batch batch;
        batch.set_protocol(protocol::version);
        batch.set_device("truck-1");
        batch.set_epoch(epoch);
        batch.set_lane(WORK);
        batch.set_first_seq(first);
        auto& entries = journal.lane(WORK);
        batch.set_hash_before(first == 1 ? protocol::chain_start("truck-1", epoch, WORK)
                                         : entries.at(first - 2).hash);
        for (std::size_t i = 0; i < count; ++i)
            batch.add_entries()->set_operation(entries.at(first - 1 + i).operation);
        return batch;
    }
    HubActions send(const protocol::Batch& batch) { return send(batch, device); }
    HubActions send(const protocol::Batch& batch, protocol::Signer& signer) {
        protocol::Up up;
        *up.mutable_batch() = protocol::seal(batch, signer, protocol::packed).value();
        return receive(up);
    }
    HubActions hello(std::uint64_t noted = 0) {
        protocol::Hello hello = empty_hello();
        hello.set_hub_generation(store.hub_generation);
        auto& lane = *hello.add_lanes();
        lane.set_lane(WORK);
        lane.set_epoch(epoch);
        lane.set_seq(std::max(noted, applied()));
        lane.set_noted(noted);
        return say(hello);
    }
    static protocol::Hello empty_hello() {
        protocol::Hello hello;
        hello.set_protocol(protocol::version);
        hello.set_device("truck-1");
        return hello;
    }
    HubActions say(const protocol::Hello& hello, const std::string& from = "truck-1") {
        protocol::Up up;
        *up.mutable_hello() = protocol::seal(hello, device, protocol::plain).value();
        return receive(up, from);
    }
    void record(int count, const std::string& kind = "note") {
        for (int i = 0; i < count; ++i) journal.append(WORK, kind + " " + std::to_string(++made));
    }
    std::uint64_t applied() const { return store.applied("truck-1", epoch, WORK); }
    protocol::FeedSegment segment(const protocol::Signed& sealed) const {
        return protocol::open_as<protocol::FeedSegment>(sealed, hub.public_key(), "segment").value();
    }

    KeySigner hub{"hub"};
    KeySigner device{"truck-1"};
    JournalDisk journal{"truck-1", epoch};
    MemoryHub store{hub};
    HubEngine engine{store, hub};
    Status status = ok();
    int made = 0;
};

protocol::Up feed_request(const records::FeedId& feed, std::uint64_t after, std::uint64_t generation = 1000,
                          std::uint32_t max_bytes = 100'000) {
    protocol::Up up;
    auto& request = *up.mutable_feed_request();
    request.set_feed(records::feed_text(feed));
    request.set_hub_generation(generation);
    request.set_after(after);
    request.set_max_bytes(max_bytes);
    return up;
}

}  // namespace

TEST_CASE("A batch is applied, and acknowledged with what became of each operation", "[engine][hub]") {
    Bench bench;
    bench.record(3);
    const auto actions = bench.send(bench.batch(1, 3));
    REQUIRE(bench.store.state.log.size() == 3);
    CHECK(bench.store.state.log[0].operation == "note 1");
    CHECK(bench.store.state.log[2].operation == "note 3");
    const auto sent = acks(actions);
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].hub_generation() == 1000);
    CHECK(sent[0].applied().seq() == 3);
    CHECK(sent[0].applied().epoch() == epoch);
    CHECK(sent[0].applied().hash() == bench.journal.lane(WORK)[2].hash);
    CHECK(sent[0].first_seq() == 1);
    REQUIRE(sent[0].versions_size() == 3);
    CHECK(sent[0].versions(1) == 2);
    CHECK(sent[0].exceptions_size() == 0);
    CHECK(actions.notices.empty());
}

TEST_CASE("The program hears when a batch was sent, of one that brought something and says it",
          "[engine][hub]") {
    Bench bench;
    bench.record(4);
    CHECK(bench.send(bench.batch(1, 1)).sent_at.empty());
    auto batch = bench.batch(2, 2);
    batch.set_sent_at_us(1234);
    batch.set_sent_at_quality(protocol::TIME_NTP);
    const auto actions = bench.send(batch);
    REQUIRE(actions.sent_at.size() == 1);
    CHECK(actions.sent_at[0].device == "truck-1");
    CHECK(actions.sent_at[0].utc_us == 1234);
    CHECK(actions.sent_at[0].quality == protocol::TIME_NTP);
    CHECK(bench.send(batch).sent_at.empty());  // again
    auto beyond = bench.batch(4, 1);
    beyond.set_first_seq(5);
    beyond.set_sent_at_us(1234);
    CHECK(bench.send(beyond).sent_at.empty());
}

TEST_CASE("A gap is refused: the hub says where it stands", "[engine][hub]") {
    Bench bench;
    bench.record(6);
    bench.send(bench.batch(1, 2));
    const auto actions = bench.send(bench.batch(5, 2));
    CHECK(bench.applied() == 2);
    const auto sent = acks(actions);
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].applied().seq() == 2);
    CHECK(sent[0].versions_size() == 0);
    bench.send(bench.batch(3, 4));
    CHECK(bench.applied() == 6);
}

TEST_CASE("A batch that comes again is not applied again, and its results are told again", "[engine][hub]") {
    Bench bench;
    bench.record(5);
    const auto first = acks(bench.send(bench.batch(1, 3)));
    const auto second = acks(bench.send(bench.batch(1, 3)));
    CHECK(bench.store.state.log.size() == 3);
    REQUIRE(second.size() == 1);
    CHECK(second[0].SerializeAsString() == first[0].SerializeAsString());
    CHECK(bench.store.violations.empty());

    // One that reaches further is applied from where it is new.
    const auto third = acks(bench.send(bench.batch(2, 4)));
    CHECK(bench.store.state.log.size() == 5);
    REQUIRE(third.size() == 1);
    CHECK(third[0].first_seq() == 2);
    CHECK(third[0].versions_size() == 4);
    CHECK(third[0].applied().seq() == 5);
    CHECK(bench.store.violations.empty());
}

TEST_CASE("An old batch is answered with where the hub stands now", "[engine][hub]") {
    Bench bench;
    bench.record(9);
    bench.send(bench.batch(1, 9));
    const auto sent = acks(bench.send(bench.batch(2, 3)));
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].applied().seq() == 9);
    CHECK(sent[0].first_seq() == 2);
    CHECK(sent[0].versions_size() == 3);
    CHECK(bench.store.state.log.size() == 9);
}

TEST_CASE("A batch with a wrong signature is neither applied nor acknowledged, and raises an alarm",
          "[engine][hub]") {
    Bench bench;
    bench.record(3);
    KeySigner thief("thief");
    auto actions = bench.send(bench.batch(1, 3), thief);
    CHECK(bench.store.state.log.empty());
    CHECK(actions.publishes.empty());
    CHECK(alarms(actions) == 1);

    protocol::Up up;
    *up.mutable_batch() = protocol::seal(bench.batch(1, 3), bench.device, protocol::packed).value();
    Bytes& payload = *up.mutable_batch()->mutable_payload();
    payload.back() = static_cast<char>(payload.back() ^ 1);
    actions = bench.receive(up);
    CHECK(bench.store.state.log.empty());
    CHECK(actions.publishes.empty());
    CHECK(alarms(actions) == 1);
}

TEST_CASE("A batch that is not this device's, or makes no sense, is refused with an alarm", "[engine][hub]") {
    Bench bench;
    bench.record(3);
    std::vector<protocol::Batch> wrong(5, bench.batch(1, 3));
    wrong[0].set_device("truck-2");
    wrong[1].set_lane(protocol::LANE_UNSET);
    wrong[2].set_lane(static_cast<protocol::Lane>(9));
    wrong[3].clear_entries();
    wrong[4].set_first_seq(0);
    for (const auto& batch : wrong) {
        const auto actions = bench.send(batch);
        CHECK(bench.status.has_value());
        CHECK(actions.publishes.empty());
        CHECK(alarms(actions) == 1);
    }
    CHECK(bench.store.state.log.empty());
}

TEST_CASE("Another chain than the applied one raises an alarm and is not applied", "[engine][hub]") {
    Bench bench;
    bench.record(6);
    bench.send(bench.batch(1, 3));

    SECTION("where it joins") {
        auto batch = bench.batch(4, 3);
        batch.set_hash_before(sha256("another"));
        const auto actions = bench.send(batch);
        CHECK(alarms(actions) == 1);
        REQUIRE(acks(actions).size() == 1);
        CHECK(acks(actions)[0].applied().seq() == 3);
        CHECK(acks(actions)[0].applied().hash() == bench.journal.lane(WORK)[2].hash);
    }
    SECTION("in what was applied already") {
        auto batch = bench.batch(2, 4);
        batch.mutable_entries(0)->set_operation("something else");
        const auto actions = bench.send(batch);
        CHECK(alarms(actions) == 1);
        REQUIRE(acks(actions).size() == 1);
        CHECK(acks(actions)[0].applied().seq() == 3);
    }
    CHECK(bench.applied() == 3);
    CHECK(bench.store.state.log.size() == 3);
}

TEST_CASE("What cannot be applied does not block what is behind it", "[engine][hub]") {
    Bench bench;
    bench.record(1);
    bench.record(1, "bad");
    bench.record(1, "conflict");
    bench.record(1);
    const auto actions = bench.send(bench.batch(1, 4));
    CHECK(bench.applied() == 4);
    const auto sent = acks(actions);
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].applied().seq() == 4);
    REQUIRE(sent[0].versions_size() == 4);
    CHECK(sent[0].versions(1) == 0);
    REQUIRE(sent[0].exceptions_size() == 2);
    CHECK(sent[0].exceptions(0).seq() == 2);
    CHECK(sent[0].exceptions(0).outcome() == protocol::QUARANTINED);
    CHECK(sent[0].exceptions(0).reason() == "cannot be understood");
    CHECK(sent[0].exceptions(1).seq() == 3);
    CHECK(sent[0].exceptions(1).outcome() == protocol::CONFLICT);
    CHECK(actions.notices.size() == 2);
    CHECK(alarms(actions) == 0);
}

TEST_CASE("An operation that comes again in a later epoch is applied once", "[engine][hub]") {
    Bench bench;
    bench.record(4);
    bench.send(bench.batch(1, 3));
    bench.journal.open_epoch(epoch, 78, {{WORK, 1}});
    protocol::Batch batch;
    batch.set_protocol(protocol::version);
    batch.set_device("truck-1");
    batch.set_epoch(78);
    batch.set_lane(WORK);
    batch.set_first_seq(1);
    batch.set_hash_before(protocol::chain_start("truck-1", 78, WORK));
    for (const auto& entry : bench.journal.lane(WORK)) {
        auto& added = *batch.add_entries();
        added.set_operation(entry.operation);
        *added.mutable_origin() = entry.origin.value();
    }
    const auto sent = acks(bench.send(batch));
    REQUIRE(bench.store.state.log.size() == 4);
    CHECK(bench.store.state.log[3].operation == "note 4");
    REQUIRE(sent.size() == 1);
    REQUIRE(sent[0].versions_size() == 3);
    CHECK(sent[0].versions(0) == 2);  // as it was told the first time
    CHECK(bench.store.violations.empty());
}

TEST_CASE("A hello that says to know every outcome there can be is told none", "[engine][hub]") {
    Bench bench;
    bench.record(3);
    bench.send(bench.batch(1, 3));
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    protocol::Hello hello = Bench::empty_hello();
    auto& lane = *hello.add_lanes();
    lane.set_lane(WORK);
    lane.set_epoch(epoch);
    lane.set_seq(most);
    lane.set_noted(most);
    hello.set_hub_generation(bench.store.hub_generation + 1);
    const auto actions = bench.say(hello);
    CHECK(bench.status.has_value());
    CHECK(downs(actions).size() == 1);
    CHECK(acks(actions).empty());
    CHECK(bench.store.violations.empty());
    CHECK(bench.store.state.gaps.empty());

    // Nor is a gap named of places that no lane has.
    hello.mutable_lanes(0)->set_first(6);
    bench.say(hello);
    hello.mutable_lanes(0)->set_noted(4);
    hello.mutable_lanes(0)->set_first(most);
    bench.say(hello);
    CHECK(bench.store.state.gaps.empty());
    hello.mutable_lanes(0)->set_first(6);
    bench.say(hello);
    CHECK(bench.store.violations.empty());
    REQUIRE(bench.store.state.gaps.size() == 1);
    CHECK(bench.store.state.gaps.begin()->second == 5);
}

TEST_CASE("A stranger's hello is not unfolded in memory, whatever it lists", "[engine][hub]") {
    Bench bench;
    protocol::Hello hello = Bench::empty_hello();
    hello.set_device("stranger");
    hello.set_number(7);
    CHECK(hello_reply(downs(bench.say(hello, "stranger")).at(0)).number() == 7);
    for (std::size_t i = 0; i <= protocol::max_hello_bytes / 2; ++i) hello.add_lanes();
    CHECK(hello_reply(downs(bench.say(hello, "stranger")).at(0)).number() == 0);
}

TEST_CASE("An unknown device is told so, and someone is called", "[engine][hub]") {
    Bench bench;
    protocol::Hello hello = Bench::empty_hello();
    hello.set_device("stranger");
    auto actions = bench.say(hello, "stranger");
    CHECK(alarms(actions) == 1);
    const auto sent = downs(actions);
    REQUIRE(sent.size() == 1);
    CHECK(actions.publishes[0].topic == protocol::topic::down("stranger"));
    CHECK_FALSE(hello_reply(sent[0]).problem().empty());
    CHECK(hello_reply(sent[0]).heads_size() == 0);

    bench.record(1);
    protocol::Up up;
    *up.mutable_batch() = protocol::seal(bench.batch(1, 1), bench.device, protocol::packed).value();
    actions = bench.receive(up, "stranger");
    CHECK(actions.publishes.empty());
    CHECK(bench.store.state.log.empty());
}

TEST_CASE("A revoked device is told so, and nothing else; nothing of it is taken", "[engine][hub]") {
    Bench bench;
    bench.store.devices.begin()->second.revoked = true;
    auto actions = bench.say(Bench::empty_hello());
    CHECK(alarms(actions) == 1);
    const auto sent = downs(actions);
    REQUIRE(sent.size() == 1);
    const auto answer = hello_reply(sent[0]);
    CHECK_FALSE(answer.problem().empty());
    CHECK(answer.heads_size() == 0);
    CHECK_FALSE(answer.has_desired());

    bench.record(1);
    protocol::Up up;
    *up.mutable_batch() = protocol::seal(bench.batch(1, 1), bench.device, protocol::packed).value();
    CHECK(bench.receive(up).publishes.empty());
    CHECK(bench.store.state.log.empty());
    up.mutable_manifest_request();
    CHECK(bench.receive(up).publishes.empty());
}

TEST_CASE("A device that speaks another protocol is told to be updated", "[engine][hub]") {
    Bench bench;
    protocol::Hello hello = Bench::empty_hello();
    hello.set_protocol(protocol::version + 1);
    const auto sent = downs(bench.say(hello));
    REQUIRE(sent.size() == 1);
    CHECK(hello_reply(sent[0]).problem().find("update") != std::string::npos);
    CHECK(hello_reply(sent[0]).lanes_size() == 0);
}

TEST_CASE("An oversized message is refused unread", "[engine][hub]") {
    Bench bench;
    bench.record(1);
    protocol::Up up;
    *up.mutable_batch() = protocol::seal(bench.batch(1, 1), bench.device, protocol::packed).value();
    // Field 30, which is none of ours, of one MiB: it would parse.
    const Bytes payload = up.SerializeAsString() + "\xf2\x01\x80\x80\x40" + Bytes(1U << 20U, 'x');
    REQUIRE(protocol::parse<protocol::Up>(payload, "message").has_value());
    const auto actions = bench.receive_bytes(payload);
    CHECK(bench.status.has_value());
    CHECK(bench.store.state.log.empty());
    CHECK(actions.publishes.empty());
    CHECK(actions.notices.size() == 1);
}

TEST_CASE("Damaged bytes and topics that are none harm nothing", "[engine][hub]") {
    Bench bench;
    for (std::size_t size = 1; size < 200; ++size) {
        bench.receive_bytes(sha256(std::to_string(size)).substr(0, size % 32 + 1) + Bytes(size, '\x12'));
        REQUIRE(bench.status.has_value());
    }
    bench.receive_bytes("");
    CHECK(bench.status.has_value());
    for (const char* topic :
         {"", "fieldpost/1/up/3", "fieldpost/1/up/3/No Device", "fieldpost/1/down/truck-1"}) {
        HubActions actions;
        CHECK(bench.engine.message(topic, "x", actions).has_value());
        CHECK(actions.publishes.empty());
    }
    CHECK(bench.store.state.log.empty());
}

TEST_CASE("The hello is answered with positions, heads and what the device should be", "[engine][hub]") {
    Bench bench;
    bench.record(2);
    bench.send(bench.batch(1, 2));
    bench.store.put(general, 5);
    bench.store.put(general, 6);
    bench.store.put(health, 7);
    bench.store.make_snapshot(100);
    bench.store.devices.at("truck-1").attachments_safe = 3;
    const auto sent = downs(bench.hello(2));
    REQUIRE(sent.size() == 1);
    const auto reply = hello_reply(sent[0]);
    CHECK(reply.protocol() == protocol::version);
    CHECK(reply.attachments_safe() == 3);
    CHECK(reply.hub_generation() == 1000);
    CHECK(reply.city() == "testville");
    CHECK(reply.snapshot_generation() == 1);
    CHECK(reply.problem().empty());
    REQUIRE(reply.lanes_size() == 1);
    CHECK(reply.lanes(0).seq() == 2);
    CHECK(reply.lanes(0).hash() == bench.journal.lane(WORK)[1].hash);
    CHECK(reply.desired().profile() == "fire");
    CHECK(reply.desired().generation() == 4);
    // Only what the profile clears, also what has had no change yet.
    REQUIRE(reply.heads_size() == 2);
    CHECK(reply.heads(0).feed() == "city/public/general");
    CHECK(reply.heads(0).n() == 2);
    CHECK(reply.heads(1).feed() == "city/confidential/fire");
    CHECK(reply.heads(1).n() == 0);
}

TEST_CASE("Deliveries are told of the sources that the profile clears, to a device that asks",
          "[engine][hub]") {
    Bench bench;
    bench.store.delivered = {{"fire", {{"fire", {2000}}}}, {"health", {{"patients", {3000}}}}};
    auto hello = Bench::empty_hello();
    CHECK(hello_reply(downs(bench.say(hello))[0]).deliveries_size() == 0);  // an older device
    hello.set_deliveries_mark(0);
    const auto reply = hello_reply(downs(bench.say(hello))[0]);
    REQUIRE(reply.deliveries_size() == 1);
    CHECK(reply.deliveries(0).source() == "fire");
    CHECK(reply.deliveries(0).delivered_at() == 2000);
    hello.set_deliveries_mark(reply.deliveries_mark());
    const auto again = hello_reply(downs(bench.say(hello))[0]);
    CHECK(again.deliveries_size() == 0);
    CHECK(again.deliveries_mark() == 0);
}

TEST_CASE("Results that a device does not know come after the answer to its hello", "[engine][hub]") {
    Bench bench;
    bench.record(2500);
    for (std::uint64_t first = 1; first <= 2500; first += 100) bench.send(bench.batch(first, 100));
    const auto actions = bench.hello(200);
    const auto all_downs = downs(actions);
    REQUIRE(all_downs.size() == 4);
    CHECK(all_downs[0].has_hello_reply());
    const auto sent = acks(actions);
    std::uint64_t next = 201;
    for (const auto& ack : sent) {
        CHECK(ack.first_seq() == next);
        next += static_cast<std::uint64_t>(ack.versions_size());
        CHECK(ack.applied().seq() == 2500);
    }
    CHECK(next == 2501);
    CHECK(acks(bench.hello(2500)).empty());
}

TEST_CASE("A device that lacks very many results gets them over several hellos", "[engine][hub]") {
    Bench bench;
    bench.record(20'000);
    for (std::uint64_t first = 1; first <= 20'000; first += 1000) bench.send(bench.batch(first, 1000));
    std::uint64_t noted = 0;
    for (int hellos = 0; hellos < 2; ++hellos) {
        for (const auto& ack : acks(bench.hello(noted))) {
            CHECK(ack.first_seq() == noted + 1);
            noted += static_cast<std::uint64_t>(ack.versions_size());
        }
        CHECK(noted == (hellos == 0 ? 16'000 : 20'000));
    }
}

TEST_CASE("A hello that lists a lane or a feed very often is answered as if it listed it once",
          "[engine][hub]") {
    Bench bench;
    bench.record(2500);
    for (std::uint64_t first = 1; first <= 2500; first += 100) bench.send(bench.batch(first, 100));
    bench.store.put(general, 1);
    protocol::Hello hello = Bench::empty_hello();
    for (int i = 0; i < 3'000; ++i) {
        auto& lane = *hello.add_lanes();
        lane.set_lane(WORK);
        lane.set_epoch(i == 0 ? epoch : static_cast<std::uint64_t>(i));
        lane.set_seq(2500);
        auto& cursor = *hello.add_feeds();
        cursor.set_feed(records::feed_text(i % 2 == 0 ? general : health));
        cursor.set_hub_generation(1000);
        cursor.set_n(7);
    }
    REQUIRE(hello.ByteSizeLong() < protocol::max_hello_bytes);
    const auto actions = bench.say(hello);
    const auto sent = downs(actions);
    REQUIRE(sent.size() == 4);  // the answer, and the results that are not known yet
    CHECK(hello_reply(sent[0]).lanes_size() == 32);
    CHECK(hello_reply(sent[0]).lanes(0).epoch() == epoch);
    CHECK(acks(actions).size() == 3);
    CHECK(alarms(actions) == 1);  // its cursor of a feed that it follows is beyond the head
}

TEST_CASE("A device that has seen more than the hub holds begins a generation: the store went back",
          "[engine][hub]") {
    Bench bench;
    bench.store.put(general, 1);
    protocol::Hello hello = Bench::empty_hello();
    auto& cursor = *hello.add_feeds();
    cursor.set_feed(records::feed_text(general));
    cursor.set_hub_generation(1000);
    cursor.set_n(1);
    CHECK(alarms(bench.say(hello)) == 0);
    cursor.set_n(2);
    const auto actions = bench.say(hello);
    CHECK(alarms(actions) == 1);
    CHECK(bench.store.hub_generation == 1001);
    CHECK(hello_reply(downs(actions).at(0)).hub_generation() == 1001);
    CHECK(alarms(bench.say(hello)) == 0);  // a cursor of the last generation says nothing of this one

    bench.record(3);
    bench.send(bench.batch(1, 3));
    CHECK(alarms(bench.hello(3)) == 0);
    CHECK(alarms(bench.hello(4)) == 1);
    CHECK(bench.store.hub_generation == 1002);
}

TEST_CASE("A device that claims to know more than there is gets no results and does no harm",
          "[engine][hub]") {
    Bench bench;
    bench.record(3);
    bench.send(bench.batch(1, 3));
    for (const std::uint64_t noted : {std::uint64_t{4}, std::numeric_limits<std::uint64_t>::max() - 1,
                                      std::numeric_limits<std::uint64_t>::max()}) {
        const auto actions = bench.hello(noted);
        CHECK(bench.status.has_value());
        CHECK(acks(actions).empty());
    }
    CHECK(bench.store.violations.empty());
}

TEST_CASE("When the store fails the round fails, to be rolled back", "[engine][hub]") {
    Bench bench;
    bench.record(3);
    bench.store.failing = true;
    bench.send(bench.batch(1, 3));
    REQUIRE(bench.status.has_error());
    CHECK(bench.status.error().code == ErrorCode::io);
    bench.hello();
    CHECK(bench.status.has_error());
    HubActions actions;
    CHECK(bench.engine.publish_feeds(HubEngine::Heads::grown, actions).has_error());
    CHECK(bench.engine.start().has_error());
    bench.store.failing = false;
    CHECK(acks(bench.send(bench.batch(1, 3))).size() == 1);
}

TEST_CASE("A range of a feed is whole, in order, bounded, and says where the head is", "[engine][hub]") {
    Bench bench;
    for (std::uint64_t record = 1; record <= 300; ++record) bench.store.put(general, record);
    std::uint64_t after = 0;
    std::size_t entries = 0;
    int requests = 0;
    while (after < 300) {
        const auto sent = downs(bench.receive(feed_request(general, after, 1000, 2000)));
        REQUIRE(sent.size() == 1);
        const auto segment = bench.segment(sent[0].segment());
        CHECK(segment.feed() == "city/public/general");
        CHECK(segment.hub_generation() == 1000);
        CHECK(segment.after() == after);
        CHECK(segment.head() == 300);
        REQUIRE(segment.through() > after);
        for (const auto& entry : segment.entries()) {
            CHECK(entry.n() > after);
            after = entry.n();
            ++entries;
        }
        CHECK(segment.through() == after);
        ++requests;
    }
    CHECK(entries == 300);
    CHECK(requests > 3);
}

TEST_CASE("A feed that the profile does not clear is not given", "[engine][hub]") {
    Bench bench;
    bench.store.put(health, 1);
    for (const auto& up :
         {feed_request(health, 0), feed_request({"elsewhere", {records::PUBLIC, "general"}}, 0)}) {
        const auto actions = bench.receive(up);
        CHECK(actions.publishes.empty());
        CHECK(alarms(actions) == 1);
    }
    protocol::Up nonsense = feed_request(general, 0);
    nonsense.mutable_feed_request()->set_feed("#");
    CHECK(bench.receive(nonsense).publishes.empty());
}

TEST_CASE("A cursor of another hub generation, or beyond the head, is not served", "[engine][hub]") {
    Bench bench;
    bench.store.put(general, 1);
    CHECK(bench.receive(feed_request(general, 0, 999)).publishes.empty());
    const auto actions = bench.receive(feed_request(general, 2));
    CHECK(actions.publishes.empty());
    CHECK(alarms(actions) == 1);
    CHECK(downs(bench.receive(feed_request(general, 1))).size() == 1);  // nothing new is an answer
}

TEST_CASE("Changes are published once, in order, from the start of the program on", "[engine][hub]") {
    Bench bench;
    bench.store.put(general, 1);
    REQUIRE(bench.engine.start().has_value());
    HubActions actions;
    REQUIRE(bench.engine.publish_feeds(HubEngine::Heads::grown, actions).has_value());
    CHECK(actions.publishes.empty());

    std::uint64_t through = 1;
    for (std::uint64_t record = 2; record < 6; ++record) {
        bench.store.put(general, record);
        actions = {};
        REQUIRE(bench.engine.publish_feeds(HubEngine::Heads::grown, actions).has_value());
        REQUIRE(actions.publishes.size() == 2);
        CHECK(actions.publishes[0].topic == protocol::topic::feed(general));
        CHECK_FALSE(actions.publishes[0].retain);
        // Behind it, for whoever subscribes only now.
        CHECK(actions.publishes[1].topic == protocol::topic::feed_head(general));
        CHECK(actions.publishes[1].retain);
        const auto segment =
            bench.segment(protocol::parse<protocol::Signed>(actions.publishes[0].payload, "segment").value());
        CHECK(segment.after() == through);
        through = segment.through();
        CHECK(through == record);
    }
}

TEST_CASE("A feed that cannot be read holds up no other, and is published once it can be", "[engine][hub]") {
    Bench bench;
    for (const auto& feed : {fire, general, health}) bench.store.put(feed, 1);
    const auto publish = [&](HubActions& actions) {
        return bench.engine.publish_feeds(HubEngine::Heads::grown, actions);
    };
    const auto both = [](const records::FeedId& feed) {
        return std::vector{protocol::topic::feed(feed), protocol::topic::feed_head(feed)};
    };
    const auto topics = [](const HubActions& actions) {
        std::vector<std::string> out;
        for (const auto& each : actions.publishes) out.push_back(each.topic);
        std::ranges::sort(out);
        return out;
    };
    for (const auto& broken : {fire, general, health}) {
        bench.store.unreadable = {broken};
        std::vector<std::string> expected;
        for (const auto& feed : {fire, general, health}) {
            bench.store.put(feed, 2);
            if (feed != broken) std::ranges::copy(both(feed), std::back_inserter(expected));
        }
        std::ranges::sort(expected);
        HubActions actions;
        const auto done = publish(actions);
        REQUIRE(done.has_error());
        CHECK(done.error().message.find(records::feed_text(broken)) != std::string::npos);
        CHECK(topics(actions) == expected);

        bench.store.unreadable.clear();
        actions = {};
        REQUIRE(publish(actions).has_value());
        expected = both(broken);
        std::ranges::sort(expected);
        CHECK(topics(actions) == expected);
    }
}

TEST_CASE("A large import is published as one segment; the rest is left to each device's own pace",
          "[engine][hub]") {
    Bench bench;
    for (std::uint64_t record = 1; record <= 5000; ++record) bench.store.put(general, record);
    HubActions actions;
    REQUIRE(bench.engine.publish_feeds(HubEngine::Heads::grown, actions).has_value());
    REQUIRE(actions.publishes.size() == 2);
    const auto segment =
        bench.segment(protocol::parse<protocol::Signed>(actions.publishes[0].payload, "segment").value());
    CHECK(segment.through() < 5000);
    CHECK(segment.head() == 5000);
    actions = {};
    REQUIRE(bench.engine.publish_feeds(HubEngine::Heads::grown, actions).has_value());
    CHECK(actions.publishes.empty());
    bench.store.put(general, 9000);
    REQUIRE(bench.engine.publish_feeds(HubEngine::Heads::grown, actions).has_value());
    REQUIRE(actions.publishes.size() == 2);
    CHECK(bench.segment(protocol::parse<protocol::Signed>(actions.publishes[0].payload, "segment").value())
              .after() == 5000);
}

TEST_CASE("Segments go at once; heads of those that grew behind them, or of all, when it is time for heads",
          "[engine][hub]") {
    Bench bench;
    bench.store.put(general, 1);
    bench.store.put(fire, 1);
    REQUIRE(bench.engine.start().has_value());
    const auto topics = [&](HubEngine::Heads heads) {
        HubActions actions;
        REQUIRE(bench.engine.publish_feeds(heads, actions).has_value());
        std::vector<std::string> out;
        for (const auto& publish : actions.publishes) out.push_back(publish.topic);
        return out;
    };
    using Heads = HubEngine::Heads;
    using Topics = std::vector<std::string>;
    const auto all_heads = Topics{protocol::topic::feed_head(general), protocol::topic::feed_head(fire)};
    CHECK(topics(Heads::none).empty());
    CHECK(topics(Heads::grown).empty());
    CHECK(topics(Heads::all) == all_heads);

    for (std::uint64_t record = 2; record < 4; ++record) {
        bench.store.put(general, record);
        CHECK(topics(Heads::none) == Topics{protocol::topic::feed(general)});
        CHECK(topics(Heads::none).empty());
    }
    CHECK(topics(Heads::grown) == Topics{protocol::topic::feed_head(general)});
    CHECK(topics(Heads::grown).empty());

    bench.store.put(fire, 2);
    CHECK(topics(Heads::none) == Topics{protocol::topic::feed(fire)});
    CHECK(topics(Heads::all) == all_heads);
    CHECK(topics(Heads::grown).empty());
}

TEST_CASE("The broker confirms segments; what a device asks for again when it is lost, it does not",
          "[engine][hub]") {
    Bench bench;
    HubActions actions;
    const auto add = [&](const HubActions& more) {
        actions.publishes.insert(actions.publishes.end(), more.publishes.begin(), more.publishes.end());
    };
    bench.record(1);
    add(bench.hello());
    add(bench.send(bench.batch(1, 1)));
    bench.store.put(general, 1);
    add(bench.receive(feed_request(general, 0)));
    protocol::Up offer;
    offer.mutable_blob_offer()->set_sha256(sha256("photo"));
    add(bench.receive(offer));
    REQUIRE(bench.engine.publish_feeds(HubEngine::Heads::all, actions).has_value());

    std::map<std::string, int> counted;
    for (const auto& publish : actions.publishes) {
        const bool is_segment = publish.topic == protocol::topic::feed(general);
        CHECK(publish.confirmed == is_segment);
        CHECK(publish.retain == (publish.topic == protocol::topic::feed_head(general)));
        ++counted[publish.topic];
    }
    CHECK(counted[protocol::topic::down("truck-1")] == 4);
    CHECK(counted[protocol::topic::feed(general)] == 1);
    CHECK(counted[protocol::topic::feed_head(general)] == 1);
}

TEST_CASE("Heads are retained hints that only the hub can make", "[engine][hub]") {
    Bench bench;
    bench.store.put(general, 1);
    bench.store.put(general, 2);
    REQUIRE(bench.engine.start().has_value());
    HubActions actions;
    REQUIRE(bench.engine.publish_feeds(HubEngine::Heads::all, actions).has_value());
    REQUIRE(actions.publishes.size() == 1);
    CHECK(actions.publishes[0].topic == protocol::topic::feed_head(general));
    CHECK(actions.publishes[0].retain);
    const auto sealed = protocol::parse<protocol::Signed>(actions.publishes[0].payload, "head").value();
    const auto head = protocol::open_as<protocol::FeedHead>(sealed, bench.hub.public_key(), "head");
    REQUIRE(head.has_value());
    CHECK(head->head().n() == 2);
    CHECK(head->head().hub_generation() == 1000);
}

TEST_CASE("Without a snapshot the request for its manifest is noticed and not answered", "[engine][hub]") {
    Bench bench;
    protocol::Up up;
    up.mutable_manifest_request()->set_kind("snapshot");
    auto actions = bench.receive(up);
    CHECK(actions.publishes.empty());
    CHECK(actions.notices.size() == 1);
    bench.store.put(general, 1);
    bench.store.make_snapshot(100);
    actions = bench.receive(up);
    REQUIRE(downs(actions).size() == 1);
    CHECK(downs(actions)[0].has_manifest());
}

TEST_CASE("Blocks are given as asked, no more than a bound, and one that is gone ends it", "[engine][hub]") {
    Bench bench;
    for (std::uint64_t record = 1; record <= 200; ++record) bench.store.put(general, record);
    bench.store.make_snapshot(50);
    protocol::Up up;
    auto& request = *up.mutable_block_request();
    request.set_generation(1);
    for (std::uint32_t block = 0; block < 100; ++block) request.add_blocks(block);
    auto sent = downs(bench.receive(up));
    CHECK(sent.size() == 64);
    CHECK(sent[7].block().block() == 7);
    CHECK(sent[7].block().generation() == 1);
    CHECK_FALSE(sent[7].block().packed().empty());

    request.clear_blocks();
    for (const std::uint32_t block : {0U, 4'000'000U, 1U}) request.add_blocks(block);
    sent = downs(bench.receive(up));
    REQUIRE(sent.size() == 2);
    CHECK(sent[0].block().problem().empty());
    CHECK_FALSE(sent[1].block().problem().empty());

    request.set_generation(9);
    sent = downs(bench.receive(up));
    REQUIRE(sent.size() == 1);
    CHECK_FALSE(sent[0].block().problem().empty());
}

TEST_CASE("A device whose profile is gone is answered without feeds and snapshot, and its journal is taken",
          "[engine][hub]") {
    Bench bench;
    bench.store.put(general, 1);
    bench.store.make_snapshot(100);
    auto& device = bench.store.devices["truck-1"];
    device.feeds.clear();
    device.profile_is_gone = true;
    const auto greeted = bench.hello();
    REQUIRE(bench.status.has_value());
    REQUIRE(downs(greeted).size() == 1);
    const auto reply = hello_reply(downs(greeted)[0]);
    CHECK(reply.problem().empty());
    CHECK(reply.desired().feeds_size() == 0);
    CHECK(reply.heads_size() == 0);
    CHECK(reply.snapshot_generation() == 0);
    REQUIRE(greeted.notices.size() == 1);
    CHECK(greeted.notices[0].alarm);
    CHECK(greeted.notices[0].text.find("'fire'") != std::string::npos);
    CHECK(greeted.notices[0].text.find("fieldpost-hub device add") != std::string::npos);

    protocol::Up up;
    up.mutable_manifest_request()->set_kind("snapshot");
    CHECK(bench.receive(up).publishes.empty());
    up.mutable_block_request()->set_generation(1);
    up.mutable_block_request()->add_blocks(0);
    const auto refused = downs(bench.receive(up));
    REQUIRE(refused.size() == 1);
    CHECK_FALSE(refused[0].block().problem().empty());
    CHECK(refused[0].block().packed().empty());

    bench.record(2);
    const auto sent = acks(bench.send(bench.batch(1, 2)));
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].applied().seq() == 2);
}

TEST_CASE("A batch of another protocol is neither taken nor acknowledged, with an alarm", "[engine][hub]") {
    Bench bench;
    bench.record(1);
    auto batch = bench.batch(1, 1);
    batch.set_protocol(protocol::version + 1);
    const auto actions = bench.send(batch);
    CHECK(bench.status.has_value());
    CHECK(bench.applied() == 0);
    CHECK(actions.publishes.empty());
    CHECK(alarms(actions) == 1);
    CHECK(acks(bench.send(bench.batch(1, 1))).size() == 1);
}
