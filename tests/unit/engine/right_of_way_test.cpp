// What goes first when there is more than the link carries at once.
#include <catch2/catch.hpp>

#include "sync/engine/device_engine.hpp"
#include "sync/engine/hub_engine.hpp"
#include "tests/unit/engine/actions.hpp"
#include "tests/unit/engine/memory_blobs.hpp"
#include "tests/unit/engine/memory_hub.hpp"
#include "tests/unit/engine/memory_journal.hpp"

using namespace fieldpost;
using namespace fieldpost::engine;
using namespace fieldpost::engine::testing;
using protocol::TELEMETRY;
using protocol::URGENT;
using protocol::WORK;

namespace {

const records::FeedId feed{"city", {records::PUBLIC, "general"}};

// A device and a hub, some way apart. The hub takes attachments chunk by chunk.
struct Bench {
    Bench() {
        hub.devices["truck-1"] = {"truck-1", device_signer.public_key(), "all", {feed}, 1};
        REQUIRE(hub_engine.start().has_value());
        device.mounted({1, {{feed, {hub.hub_generation, 0, 0}}}});
    }
    // What a call sends, by what it is.
    template <class F>
    std::vector<SendClass> drive(F&& call) {
        Actions actions;
        call(actions);
        std::vector<SendClass> out;
        for (const Publish& publish : all<Publish>(actions)) {
            to_hub.push_back(publish.payload);
            out.push_back(publish.carries);
        }
        for (const NoteAck& note : all<NoteAck>(actions)) disk.note(note.ack);
        view.refresh();
        return out;
    }
    std::vector<SendClass> connect() {
        return drive([&](Actions& actions) { device.connected(now, actions); });
    }
    void record(protocol::Lane lane, const Bytes& operation) {
        disk.append(lane, operation);
        view.refresh();
    }
    std::vector<SendClass> appended() {
        return drive([&](Actions& actions) { device.appended(now, actions); });
    }
    void hub_takes(const Bytes& payload) {
        const auto up = protocol::parse<protocol::Up>(payload, "up").value();
        if (up.has_blob_offer()) return answer(up.blob_offer().sha256(), 0);
        if (up.has_blob_chunk()) {
            const auto& chunk = up.blob_chunk();
            return answer(chunk.sha256(), chunk.offset() + chunk.content().size());
        }
        HubActions actions;
        REQUIRE(hub_engine.message(protocol::topic::up("truck-1"), payload, actions).has_value());
        for (const auto& publish : actions.publishes) {
            if (publish.topic == protocol::topic::down("truck-1")) to_device.push_back(publish.payload);
        }
    }
    void answer(const Bytes& sha256, std::uint64_t received) {
        protocol::BlobState state;
        state.set_sha256(sha256);
        state.set_received(received);
        state.set_hub_generation(hub.hub_generation);
        protocol::Down down;
        *down.mutable_blob_state() = protocol::seal(state, hub_signer, protocol::plain).value();
        to_device.push_back(down.SerializeAsString());
    }
    std::vector<SendClass> device_takes(const Bytes& payload) {
        return drive([&](Actions& actions) {
            device.message(now, protocol::topic::down("truck-1"), payload, actions);
        });
    }
    // What is on its way arrives, and the answers to it.
    void round_trip() {
        now += 100;
        for (const Bytes& payload : std::exchange(to_hub, {})) hub_takes(payload);
        now += 100;
        for (const Bytes& payload : std::exchange(to_device, {})) device_takes(payload);
    }
    // Until a large attachment fills the link, and the hub has answered for a part of what is on its way.
    void send_large_attachment() {
        blobs.add(20U << 20U);
        connect();
        for (int i = 0; i < 20; ++i) round_trip();
        for (const Bytes& payload : std::exchange(to_hub, {})) hub_takes(payload);
        REQUIRE(device.credit().room() == 0);
        REQUIRE_FALSE(to_device.empty());
        now += 100;
    }
    std::vector<SendClass> next_answer() {
        REQUIRE_FALSE(to_device.empty());
        const Bytes answer = to_device.front();
        to_device.erase(to_device.begin());
        return device_takes(answer);
    }

    KeySigner hub_signer{"hub"};
    KeySigner device_signer{"truck-1"};
    MemoryHub hub{hub_signer};
    HubEngine hub_engine{hub, hub_signer};
    JournalDisk disk{"truck-1", 77};
    MemoryJournal view{disk};
    MemoryBlobs blobs;
    DeviceEngine device{{"truck-1", hub_signer.public_key(), "1.0", 0}, view, blobs, device_signer};
    std::vector<Bytes> to_hub;
    std::vector<Bytes> to_device;
    Millis now = 0;
};

}  // namespace

TEST_CASE("When everything waits at once it goes in the order of its right of way", "[engine]") {
    Bench bench;
    for (std::uint64_t record = 1; record <= 10; ++record) bench.hub.put(feed, record);
    bench.blobs.add(5'000);
    bench.blobs.add(500, true);
    bench.record(TELEMETRY, "a position");
    bench.record(WORK, "a note");
    bench.record(URGENT, "SOS");
    bench.connect();
    for (const Bytes& payload : std::exchange(bench.to_hub, {})) bench.hub_takes(payload);
    CHECK(bench.next_answer() == std::vector{SendClass::urgent, SendClass::work, SendClass::feed,
                                             SendClass::thumbnails, SendClass::attachments,
                                             SendClass::telemetry});
}

TEST_CASE("An SOS is the next thing that is sent while a large attachment fills the link", "[engine]") {
    Bench bench;
    bench.send_large_attachment();
    const auto& credit = bench.device.credit();
    CHECK(credit.outstanding() <= credit.allowance() + credit.message_bytes());
    bench.record(URGENT, "SOS");
    CHECK(bench.appended() == std::vector{SendClass::urgent});  // with no room for anything else
    const auto after = bench.next_answer();
    CHECK(std::ranges::count(after, SendClass::urgent) == 0);
}

TEST_CASE("An SOS goes before the next chunk, also when the program has not told of it yet", "[engine]") {
    Bench bench;
    bench.send_large_attachment();
    bench.record(URGENT, "SOS");
    const auto sent = bench.next_answer();
    REQUIRE_FALSE(sent.empty());
    CHECK(sent.front() == SendClass::urgent);
}

TEST_CASE("Work and a thumbnail go before the next chunk of a large attachment", "[engine]") {
    Bench bench;
    bench.send_large_attachment();
    bench.record(WORK, "a note");
    CHECK(bench.appended().empty());  // there is no room
    bench.blobs.add(500, true);
    bench.record(TELEMETRY, "a position");
    CHECK(bench.drive([&](Actions& actions) { bench.device.blobs_added(bench.now, actions); }).empty());
    std::vector<SendClass> sent;
    while (std::ranges::count(sent, SendClass::attachments) == 0) {
        for (const SendClass what : bench.next_answer()) sent.push_back(what);
    }
    REQUIRE(sent.size() >= 3);
    CHECK(sent[0] == SendClass::work);
    CHECK(sent[1] == SendClass::thumbnails);
    CHECK(sent[2] == SendClass::attachments);
}

TEST_CASE("A position alone overrides no pause: it goes along with the SOS behind it", "[engine]") {
    Bench bench;
    SendRights paused;
    paused.allow(SendClass::urgent);
    paused.hold_positions();
    bench.drive([&](Actions& actions) { bench.device.set_rights(bench.now, paused, actions); });
    bench.connect();
    bench.round_trip();
    bench.view.by_people = 0;
    bench.record(URGENT, "a position");
    CHECK(bench.appended().empty());
    bench.record(URGENT, "SOS");
    bench.view.by_people = 2;
    CHECK(bench.appended() == std::vector{SendClass::urgent});
    bench.round_trip();
    CHECK(bench.device.uplink().acknowledged(URGENT) == 2);
    bench.record(URGENT, "a position");
    CHECK(bench.appended().empty());
    bench.drive([&](Actions& actions) { bench.device.set_rights(bench.now, SendRights::all(), actions); });
    bench.round_trip();
    CHECK(bench.device.uplink().acknowledged(URGENT) == 3);
}

TEST_CASE("For a position alone a hub that does not answer is not asked more often, for an SOS it is",
          "[engine]") {
    for (const bool by_people : {false, true}) {
        Bench bench;
        SendRights rights;
        rights.allow(SendClass::urgent);
        rights.allow(SendClass::work);
        bench.drive([&](Actions& actions) { bench.device.set_rights(0, rights, actions); });
        bench.record(URGENT, "something");
        bench.view.by_people = by_people ? 1 : 0;
        bench.connect();
        bench.to_hub.clear();
        for (int second = 0; second < 3'600; ++second) {
            bench.now += 1'000;
            bench.drive([&](Actions& actions) { bench.device.tick(bench.now, actions); });
        }
        CHECK((bench.to_hub.size() > 100) == by_people);
        CHECK(bench.device.is_cut_off() == by_people);
    }
}
