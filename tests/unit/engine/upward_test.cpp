// What both ends say of operations that they have spoken of before: parked ones that are settled, what is
// safe, and what a hub that was restored from a backup lacks.
#include <catch2/catch.hpp>
#include <set>

#include "sync/engine/hub_engine.hpp"
#include "sync/engine/uplink.hpp"
#include "tests/unit/engine/actions.hpp"
#include "tests/unit/engine/memory_hub.hpp"
#include "tests/unit/engine/memory_journal.hpp"

using namespace fieldpost;
using namespace fieldpost::engine;
using namespace fieldpost::engine::testing;
using protocol::URGENT;
using protocol::WORK;

namespace {

constexpr std::uint64_t epoch = 77;

// A device's uplink; the hub is what the test says.
struct DeviceSide {
    void record(int count) {
        for (int i = 0; i < count; ++i) disk.append(WORK, "operation " + std::to_string(++made));
        view.refresh();
    }
    protocol::LanePosition at(protocol::Lane lane, std::uint64_t seq, std::uint64_t of = epoch) {
        protocol::LanePosition position;
        position.set_lane(lane);
        position.set_epoch(of);
        position.set_seq(seq);
        auto& entries = disk.epochs[of][static_cast<std::size_t>(lane)].entries;
        position.set_hash(seq == 0 ? protocol::chain_start("truck-1", of, lane) : entries.at(seq - 1).hash);
        return position;
    }
    // The answer to a hello: of the work lane the hub holds so much.
    protocol::HelloReply reply(std::uint64_t work) {
        protocol::HelloReply reply;
        for (const protocol::Lane lane : lanes_by_priority) {
            auto& position = *reply.add_lanes();
            position = at(lane, lane == WORK ? work : 0, disk.epoch);
            position.set_noted(view.noted(lane));
        }
        return reply;
    }
    protocol::Ack ack(std::uint64_t through, std::uint64_t first, std::uint64_t last) {
        protocol::Ack ack;
        *ack.mutable_applied() = at(WORK, through);
        ack.set_first_seq(first);
        for (std::uint64_t seq = first; seq <= last; ++seq) ack.add_versions(seq);
        return ack;
    }
    void note(const protocol::Ack& ack) {
        disk.note(ack);
        view.refresh();
    }
    // Ten entries, all of them at the hub, and known to be.
    void all_noted() {
        record(10);
        uplink.resume(reply(10), actions);
        uplink.ack(0, ack(10, 1, 10), actions);
        note(ack(10, 1, 10));
        actions.clear();
    }

    KeySigner signer{"truck-1"};
    JournalDisk disk{"truck-1", epoch};
    MemoryJournal view{disk};
    Credit credit;
    Uplink uplink{"truck-1", view, signer, credit};
    Actions actions;
    int made = 0;
};

// A hub with one device.
struct HubSide {
    HubSide() {
        store.devices["truck-1"] = {"truck-1", device.public_key(), "fire", {}, 1};
        store.devices["truck-2"] = {"truck-2", device.public_key(), "fire", {}, 1};
    }
    HubActions receive(const protocol::Up& up) {
        HubActions actions;
        REQUIRE(engine.message(protocol::topic::up("truck-1"), up.SerializeAsString(), actions).has_value());
        return actions;
    }
    // The next operations of the device's work lane.
    HubActions send(const std::vector<std::string>& operations) {
        protocol::Batch batch;
        batch.set_protocol(protocol::version);
        batch.set_device("truck-1");
        batch.set_epoch(epoch);
        batch.set_lane(WORK);
        batch.set_first_seq(journal.lane(WORK).size() + 1);
        batch.set_hash_before(journal.lane(WORK).empty() ? protocol::chain_start("truck-1", epoch, WORK)
                                                         : journal.lane(WORK).back().hash);
        for (const auto& operation : operations) {
            journal.append(WORK, operation);
            batch.add_entries()->set_operation(operation);
        }
        protocol::Up up;
        *up.mutable_batch() = protocol::seal(batch, device, protocol::packed).value();
        return receive(up);
    }
    static protocol::LanePosition lane(std::uint64_t seq, std::uint64_t noted, std::uint64_t first = 1) {
        protocol::LanePosition lane;
        lane.set_lane(WORK);
        lane.set_epoch(epoch);
        lane.set_seq(seq);
        lane.set_noted(noted);
        lane.set_first(first);
        return lane;
    }
    HubActions hello(const std::vector<protocol::LanePosition>& lanes, std::uint64_t generation = 0) {
        protocol::Hello hello;
        hello.set_protocol(protocol::version);
        hello.set_device("truck-1");
        hello.set_hub_generation(generation);
        for (const auto& each : lanes) *hello.add_lanes() = each;
        protocol::Up up;
        *up.mutable_hello() = protocol::seal(hello, device, protocol::plain).value();
        return receive(up);
    }
    protocol::HelloReply reply(const HubActions& actions) const {
        return protocol::open_as<protocol::HelloReply>(downs(actions).at(0).hello_reply(), hub.public_key(),
                                                       "reply")
            .value();
    }

    KeySigner hub{"hub"};
    KeySigner device{"truck-1"};
    JournalDisk journal{"truck-1", epoch};
    MemoryHub store{hub};
    HubEngine engine{store, hub};
};

}  // namespace

TEST_CASE("What the hub says of old operations reaches the journal, and moves no cursor",
          "[engine][uplink]") {
    DeviceSide bench;
    bench.all_noted();
    bench.uplink.ack(1, bench.ack(10, 3, 3), bench.actions);
    const auto noted = all<NoteAck>(bench.actions);
    REQUIRE(noted.size() == 1);
    CHECK(noted[0].ack.first_seq() == 3);
    bench.uplink.ack(2, bench.ack(4, 2, 4), bench.actions);  // late, and of a lower position
    CHECK(all<NoteAck>(bench.actions).size() == 2);
    CHECK(bench.uplink.acknowledged(WORK) == 10);
    CHECK_FALSE(bench.uplink.stalled(3));
}

TEST_CASE("A late acknowledgement of what was trimmed since is no other content", "[engine][uplink]") {
    DeviceSide bench;
    bench.all_noted();
    const auto late = bench.ack(4, 1, 4);
    bench.disk.trim(WORK, 8);
    bench.uplink.ack(1, late, bench.actions);
    CHECK(bench.actions.empty());
    CHECK(bench.uplink.running());
}

TEST_CASE("What a backup holds is told to the journal once in a contact", "[engine][uplink]") {
    DeviceSide bench;
    bench.all_noted();
    auto reply = bench.reply(10);
    reply.mutable_lanes(1)->set_safe(6);
    bench.uplink.note_safe(reply, bench.actions);
    bench.uplink.note_safe(reply, bench.actions);
    auto ack = bench.ack(10, 10, 10);
    ack.mutable_applied()->set_safe(8);
    bench.uplink.ack(1, ack, bench.actions);
    const auto safe = all<NoteSafe>(bench.actions);
    REQUIRE(safe.size() == 2);
    CHECK(safe[0].position.safe() == 6);
    CHECK(safe[1].position.safe() == 8);
    bench.actions.clear();

    ack.mutable_applied()->set_safe(11);  // more than it has: that is not believed
    bench.uplink.ack(1, ack, bench.actions);
    CHECK(all<NoteSafe>(bench.actions).empty());
    reply.mutable_lanes(1)->set_hash("another journal's");
    reply.mutable_lanes(1)->set_safe(9);
    bench.uplink.note_safe(reply, bench.actions);
    CHECK(all<NoteSafe>(bench.actions).empty());
}

TEST_CASE("A hub that has less than it once had gets the rest in a new epoch", "[engine][uplink]") {
    DeviceSide bench;
    bench.all_noted();
    const auto reply = bench.reply(6);
    CHECK(bench.uplink.went_back(reply));
    bench.uplink.resume(reply, bench.actions);
    const auto opened = all<OpenEpoch>(bench.actions);
    REQUIRE(opened.size() == 1);
    CHECK(opened[0].held.at(WORK) == 6);
    CHECK(opened[0].held.at(URGENT) == 0);
    CHECK(opened[0].earlier.empty());
    CHECK_FALSE(bench.uplink.running());
    CHECK_FALSE(bench.uplink.went_back(bench.reply(10)));
}

TEST_CASE("What a hub lost of an earlier epoch is carried into a new one", "[engine][uplink]") {
    DeviceSide bench;
    bench.all_noted();
    bench.disk.open_epoch(epoch, 78, {{WORK, 10}});
    bench.view.refresh();
    protocol::Hello hello;
    bench.uplink.describe(hello);
    REQUIRE(hello.lanes_size() == 4);
    CHECK(hello.lanes(3).epoch() == epoch);
    CHECK(hello.lanes(3).noted() == 10);

    auto reply = bench.reply(0);
    *reply.add_lanes() = bench.at(WORK, 10);
    bench.uplink.resume(reply, bench.actions);
    CHECK(bench.uplink.running());
    CHECK(all<OpenEpoch>(bench.actions).empty());

    *reply.mutable_lanes(3) = bench.at(WORK, 7);
    bench.uplink.resume(reply, bench.actions);
    const auto opened = all<OpenEpoch>(bench.actions);
    REQUIRE(opened.size() == 1);
    REQUIRE(opened[0].earlier.size() == 1);
    CHECK(opened[0].earlier[0].epoch() == epoch);
    CHECK(opened[0].earlier[0].seq() == 7);
}

TEST_CASE("A parked operation is not called quarantined", "[engine][hub]") {
    HubSide bench;
    const auto actions = bench.send({"note", "wait", "bad"});
    REQUIRE(actions.notices.size() == 2);
    CHECK(actions.notices[0].text.find("has to wait") != std::string::npos);
    CHECK(actions.notices[0].text.find("quarantined") == std::string::npos);
    CHECK(actions.notices[1].text.find("quarantined") != std::string::npos);
    CHECK(acks(actions).at(0).exceptions(0).outcome() == protocol::PARKED);
}

TEST_CASE("Behind a round that settled what waited its devices are told, in few words", "[engine][hub]") {
    HubSide bench;
    bench.send({"wait 1", "wait 2", "note 3", "wait 4"});
    for (const std::uint64_t seq : {1U, 2U, 4U}) bench.store.settle("truck-1", epoch, WORK, seq);
    const auto told = acks(bench.send({"note 5"}));
    REQUIRE(told.size() == 3);
    CHECK(told[0].first_seq() == 5);
    CHECK(told[1].first_seq() == 1);
    CHECK(told[1].versions_size() == 2);
    CHECK(told[1].exceptions_size() == 0);
    CHECK(told[1].applied().seq() == 5);
    CHECK(told[2].first_seq() == 4);
    CHECK(acks(bench.send({"note 6"})).size() == 1);
}

TEST_CASE("A hello is answered with what became of what waited, and with nothing of what still does",
          "[engine][hub]") {
    HubSide bench;
    bench.send({"wait 1", "wait 2", "note 3"});
    bench.store.settle("truck-1", epoch, WORK, 2);
    bench.store.settled.clear();  // it was told, and not heard
    auto lane = HubSide::lane(3, 3);
    for (const std::uint64_t seq : {1U, 2U, 9U}) lane.add_parked(seq);
    const auto told = acks(bench.hello({lane}));
    REQUIRE(told.size() == 1);
    CHECK(told[0].first_seq() == 2);
    CHECK(told[0].versions_size() == 1);
    CHECK(told[0].exceptions_size() == 0);
    CHECK(acks(bench.hello({HubSide::lane(3, 3)})).empty());
}

TEST_CASE("A hub that was restored begins one generation, and repeats what a device said that it had",
          "[engine][hub]") {
    HubSide bench;
    bench.send({"note 1", "note 2"});
    const auto before = bench.store.hub_generation;
    auto actions = bench.hello({HubSide::lane(5, 5)}, before);
    CHECK(alarms(actions) == 1);
    const auto now = bench.reply(actions);
    CHECK(now.hub_generation() == before + 1);
    CHECK(now.lanes(0).seq() == 2);
    CHECK(now.lanes(0).noted() == 5);
    // The same device, and another one, that have not heard of it yet.
    actions = bench.hello({HubSide::lane(5, 5)}, before);
    CHECK(alarms(actions) == 0);
    CHECK(bench.store.hub_generation == before + 1);
    // Restored once more.
    bench.hello({HubSide::lane(5, 5)}, before + 1);
    CHECK(bench.store.hub_generation == before + 2);
}

TEST_CASE("What neither the hub nor the device has is named once, and is not waited for", "[engine][hub]") {
    HubSide bench;
    bench.send({"note 1", "note 2"});
    const auto generation = bench.store.hub_generation;
    auto actions = bench.hello({HubSide::lane(9, 8, 6)}, generation + 7);
    const HubState::Place from{"truck-1", epoch, WORK, 3};
    CHECK(bench.store.state.gaps == std::map<HubState::Place, std::uint64_t>{{from, 5}});
    CHECK(alarms(actions) == 1);
    CHECK(bench.reply(actions).lanes(0).seq() == 2);
    CHECK(alarms(bench.hello({HubSide::lane(9, 8, 6)}, generation + 7)) == 0);

    // Trimmed as it should be, with the hub where it was: no gap.
    bench.store.state.gaps.clear();
    bench.hello({HubSide::lane(2, 2, 2), HubSide::lane(2, 2, 3)}, generation + 7);
    CHECK(bench.store.state.gaps.empty());
}

TEST_CASE("A gap has its name also when the device left the epoch before it heard of it", "[engine][hub]") {
    HubSide bench;
    bench.send({"note 1", "note 2"});
    // It made room while the answer to its last hello was on its way, and is told to hold 2 at the hub.
    bench.hello({HubSide::lane(2, 2, 7)}, bench.store.hub_generation);
    const HubState::Place from{"truck-1", epoch, WORK, 3};
    CHECK(bench.store.state.gaps == std::map<HubState::Place, std::uint64_t>{{from, 6}});
}

TEST_CASE("Lanes of earlier epochs are answered too, each once, and no more than so many", "[engine][hub]") {
    HubSide bench;
    bench.send({"note 1", "note 2"});
    std::vector<protocol::LanePosition> lanes{HubSide::lane(2, 2), HubSide::lane(1, 1)};
    for (std::uint64_t other = 1; other < 60; ++other) {
        lanes.push_back(HubSide::lane(1, 0));
        lanes.back().set_epoch(1000 + other);
    }
    const auto reply = bench.reply(bench.hello(lanes));
    CHECK(reply.lanes_size() == 32);
    CHECK(reply.lanes(0).seq() == 2);
    CHECK(reply.lanes(0).noted() == 2);
    CHECK(reply.lanes(1).epoch() == 1001);
    CHECK(reply.lanes(1).seq() == 0);
}

TEST_CASE("However much waits at the hub, each of it is asked by turns", "[engine][uplink]") {
    DeviceSide bench;
    bench.record(250);
    auto ack = bench.ack(250, 1, 250);
    for (std::uint64_t seq = 1; seq <= 250; ++seq) {
        auto& exception = *ack.add_exceptions();
        exception.set_seq(seq);
        exception.set_outcome(protocol::PARKED);
    }
    bench.note(ack);
    const auto asked = [&] {
        protocol::Hello hello;
        bench.uplink.describe(hello);
        const auto& seqs = hello.lanes(1).parked();  // of the work lane
        return std::vector<std::uint64_t>(seqs.begin(), seqs.end());
    };
    std::set<std::uint64_t> all;
    for (int hello = 0; hello < 3; ++hello) {
        const auto seqs = asked();
        CHECK(seqs.size() == 100);
        all.insert(seqs.begin(), seqs.end());
    }
    CHECK(all.size() == 250);
    CHECK(asked().front() == 51);
}

TEST_CASE("Neighbours that waited and are settled are told in one acknowledgement", "[engine][hub]") {
    HubSide bench;
    bench.send({"wait 1", "wait 2", "wait 3", "wait 4"});
    for (const std::uint64_t seq : {1U, 2U, 4U}) bench.store.settle("truck-1", epoch, WORK, seq);
    bench.store.settled.clear();  // it was told, and not heard
    auto lane = HubSide::lane(4, 4);
    for (const std::uint64_t seq : {1U, 2U, 3U, 4U}) lane.add_parked(seq);
    const auto told = acks(bench.hello({lane}));
    REQUIRE(told.size() == 2);
    CHECK(told[0].first_seq() == 1);
    CHECK(told[0].versions_size() == 2);
    CHECK(told[1].first_seq() == 4);
}
