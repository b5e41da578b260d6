// Both ends together, message by message.
#include "sync/engine/device_engine.hpp"

#include <catch2/catch.hpp>

#include "sync/engine/hub_engine.hpp"
#include "tests/unit/engine/actions.hpp"
#include "tests/unit/engine/memory_hub.hpp"
#include "tests/unit/engine/memory_journal.hpp"

using namespace fieldpost;
using namespace fieldpost::engine;
using namespace fieldpost::engine::testing;
using protocol::WORK;

namespace {

const records::FeedId feed{"city", {records::PUBLIC, "general"}};

// None, or one that waits.
class Blobs final : public BlobView {
  public:
    std::vector<WaitingBlob> waiting(std::size_t) override {
        return content.empty() ? std::vector<WaitingBlob>()
                               : std::vector{WaitingBlob{sha256(content), content.size()}};
    }
    Result<Bytes> read(BytesView, std::uint64_t offset, std::size_t bytes) override {
        return content.substr(offset, bytes);
    }
    Bytes content;
};

// A device and a hub whose messages lie in two boxes until the test delivers them.
struct Bench {
    Bench() {
        hub.devices["truck-1"] = {"truck-1", device_signer.public_key(), "all", {feed}, 1};
        REQUIRE(hub_engine.start().has_value());
        device.mounted({1, {{feed, {hub.hub_generation, 0, 0}}}});
    }
    void record(int count, const std::string& kind = "note") {
        for (int i = 0; i < count; ++i) disk.append(WORK, kind + " " + std::to_string(++made));
        view.refresh();
        drive([&](Actions& actions) { device.appended(now, actions); });
    }
    template <class F>
    void drive(F&& call) {
        Actions actions;
        call(actions);
        for (const Action& action : actions) {
            if (const auto* publish = std::get_if<Publish>(&action)) {
                to_hub.push_back(publish->payload);
                carried[publish->carries] += publish->payload.size();
            }
            if (const auto* note = std::get_if<NoteAck>(&action)) {
                disk.note(note->ack);
                view.refresh();
            }
            if (const auto* note = std::get_if<NoteInCity>(&action)) disk.in_city = note->known;
            if (const auto* note = std::get_if<NoteDeliveries>(&action)) {
                for (const auto& [source, delivery] : note->delivered) delivered[source] = delivery;
                device.deliveries_noted(note->mark);
                ++deliveries_noted;
            }
            if (const auto* notice = std::get_if<Notice>(&action)) notices.push_back(notice->text);
            if (const auto* note = std::get_if<NoteRights>(&action)) rights.push_back(note->feeds);
            if (const auto* change = std::get_if<ChangeFeeds>(&action)) changes.push_back(*change);
            if (const auto* open = std::get_if<OpenEpoch>(&action)) epoch_wanted = open->held;
            if (const auto* note = std::get_if<NoteBlob>(&action)) blob_notes.push_back(*note);
            if (const auto* note = std::get_if<NoteHub>(&action)) generations.push_back(note->generation);
            if (const auto* subscribe = std::get_if<SubscribeFeeds>(&action)) listening = subscribe->feeds;
            if (std::holds_alternative<SubscribeAgain>(action)) ++subscribed_again;
        }
    }
    // The city stands at the feed's change n.
    void city_reaches(std::uint64_t n) {
        drive([&](Actions& actions) {
            device.feed_applied(now, feed, {n, hub.feed_heads().value()[feed].checksum}, actions);
        });
    }
    void connect() {
        drive([&](Actions& actions) { device.connected(now, actions); });
    }
    void open_epoch(std::uint64_t next) {
        disk.open_epoch(disk.epoch, next, epoch_wanted.value());
        view.refresh();
        epoch_wanted.reset();
        drive([&](Actions& actions) { device.epoch_opened(now, actions); });
    }
    void tick(Millis after) {
        now += after;
        drive([&](Actions& actions) { device.tick(now, actions); });
    }
    void hub_takes(const Bytes& payload) {
        HubActions actions;
        REQUIRE(hub_engine.message(protocol::topic::up("truck-1"), payload, actions).has_value());
        for (const auto& publish : actions.publishes) to_device.push_back(publish.payload);
    }
    void device_takes(const Bytes& payload) {
        drive([&](Actions& actions) {
            device.message(now, protocol::topic::down("truck-1"), payload, actions);
        });
    }
    // Of its presence, through the broker.
    void hub_says(std::string_view presence) {
        drive([&](Actions& actions) {
            device.message(now, protocol::topic::hub_presence(), presence, actions);
        });
    }
    // Until both boxes are empty.
    void deliver() {
        while (!to_hub.empty() || !to_device.empty()) {
            for (const Bytes& payload : std::exchange(to_hub, {})) hub_takes(payload);
            for (const Bytes& payload : std::exchange(to_device, {})) device_takes(payload);
        }
    }
    bool is_settled() {
        return view.noted(WORK) == view.last_seq(WORK) &&
               hub.applied("truck-1", view.epoch(), WORK) == view.last_seq(WORK);
    }

    KeySigner hub_signer{"hub"};
    KeySigner device_signer{"truck-1"};
    MemoryHub hub{hub_signer};
    HubEngine hub_engine{hub, hub_signer};
    JournalDisk disk{"truck-1", 77};
    MemoryJournal view{disk};
    Blobs blobs;
    DeviceEngine device{{"truck-1", hub_signer.public_key(), "1.0", 0}, view, blobs, device_signer};
    std::vector<Bytes> to_hub;
    std::vector<Bytes> to_device;
    std::map<SendClass, std::size_t> carried;
    std::vector<std::string> notices;
    std::vector<ChangeFeeds> changes;
    std::vector<std::set<records::FeedId>> rights;
    std::vector<NoteBlob> blob_notes;
    std::vector<std::uint64_t> generations;
    std::vector<records::FeedId> listening;
    Deliveries delivered;
    int deliveries_noted = 0;
    int subscribed_again = 0;
    std::optional<std::map<protocol::Lane, std::uint64_t>> epoch_wanted;
    Millis now = 0;
    int made = 0;
};

}  // namespace

TEST_CASE("What was recorded offline arrives once connected, and what became of it is known", "[engine]") {
    Bench bench;
    bench.record(3);
    bench.record(1, "bad");
    bench.record(2);
    CHECK(bench.to_hub.empty());
    bench.connect();
    CHECK_FALSE(bench.device.in_contact());
    bench.deliver();
    CHECK(bench.device.in_contact());
    CHECK(bench.is_settled());
    CHECK(bench.hub.state.log.size() == 6);
    CHECK(bench.disk.lane(WORK)[3].result->outcome == protocol::QUARANTINED);
    CHECK(bench.disk.lane(WORK)[3].result->reason == "cannot be understood");
    CHECK(bench.disk.lane(WORK)[4].result->version == 5);
}

TEST_CASE("When an acknowledgement is lost the results come with the next hello", "[engine]") {
    Bench bench;
    bench.connect();
    bench.deliver();
    bench.record(2);
    for (const Bytes& payload : std::exchange(bench.to_hub, {})) bench.hub_takes(payload);
    bench.to_device.clear();
    bench.record(2);
    bench.deliver();
    CHECK(bench.hub.state.log.size() == 4);
    CHECK_FALSE(bench.is_settled());
    bench.tick(1000);
    bench.deliver();
    CHECK(bench.is_settled());
    CHECK(bench.hub.state.log.size() == 4);
}

TEST_CASE("A lost batch is sent again when its acknowledgement stays out", "[engine]") {
    Bench bench;
    bench.connect();
    bench.deliver();
    bench.record(2);
    bench.to_hub.clear();
    bench.tick(5'000);
    CHECK(bench.to_hub.empty());
    bench.tick(6'000);
    bench.deliver();
    CHECK(bench.is_settled());
    CHECK(bench.hub.violations.empty());
}

TEST_CASE("A device that the hub does not know says so and asks again until it does", "[engine]") {
    Bench bench;
    const auto known = bench.hub.devices;
    bench.hub.devices.clear();
    bench.record(1);
    bench.connect();
    bench.deliver();
    CHECK_FALSE(bench.device.problem().empty());
    REQUIRE(bench.notices.size() == 1);
    CHECK(bench.hub.state.log.empty());
    bench.tick(4'000);
    CHECK(bench.to_hub.empty());
    bench.tick(2'000);
    CHECK(bench.to_hub.size() == 1);
    bench.hub.devices = known;
    bench.deliver();
    CHECK(bench.device.problem().empty());
    CHECK(bench.is_settled());
}

TEST_CASE("An oversized message from the hub is refused unread", "[engine]") {
    Bench bench;
    bench.connect();
    bench.deliver();
    protocol::Down down;
    down.mutable_hello_reply()->set_payload(Bytes(protocol::max_message_bytes, 'x'));
    bench.device_takes(down.SerializeAsString());
    CHECK(bench.device.problem().empty());
    CHECK(bench.notices.size() == 1);
}

TEST_CASE("Damaged messages and those of a newer hub harm nothing", "[engine]") {
    Bench bench;
    bench.connect();
    bench.deliver();
    bench.device_takes("\xff\xff\xff");
    CHECK(bench.notices.size() == 1);
    bench.device_takes(Bytes("\xf2\x01\x01x", 4));  // field 30
    bench.drive([&](Actions& actions) {
        bench.device.message(0, protocol::topic::feed(feed), "\xff", actions);
        bench.device.message(0, protocol::topic::feed_head(feed), "\xff", actions);
        bench.device.message(0, "elsewhere", "x", actions);
    });
    bench.record(1);
    bench.deliver();
    CHECK(bench.is_settled());
}

TEST_CASE("A journal that was restored from an older copy loses nothing and repeats nothing", "[engine]") {
    Bench bench;
    bench.connect();
    bench.record(4);
    bench.deliver();
    bench.record(2);  // 5 and 6: on the way when the copy is made
    const JournalDisk copy = bench.disk;
    bench.deliver();
    bench.record(3);
    bench.deliver();
    REQUIRE(bench.hub.state.log.size() == 9);

    bench.device.disconnected();
    bench.disk = copy;
    bench.view.refresh();
    bench.record(2);
    bench.connect();
    bench.deliver();
    REQUIRE(bench.epoch_wanted.has_value());
    CHECK(bench.hub.state.log.size() == 9);
    bench.open_epoch(78);
    bench.deliver();
    CHECK(bench.is_settled());
    CHECK(bench.view.last_seq(WORK) == 4);  // 5, 6 and the two new ones
    REQUIRE(bench.hub.state.log.size() == 11);
    CHECK(bench.hub.state.log[10].operation == "note 11");
    CHECK(bench.hub.violations.empty());
    CHECK(bench.disk.lane(WORK)[0].result->version == 5);  // as the hub said the first time
}

TEST_CASE("An answer that comes late, of the epoch before, does not stop the new one", "[engine]") {
    Bench bench;
    bench.connect();
    bench.record(5);
    bench.deliver();
    const JournalDisk copy = bench.disk;
    bench.record(5);
    bench.deliver();
    bench.device.disconnected();
    bench.disk = copy;
    bench.view.refresh();
    bench.connect();
    for (const Bytes& payload : std::exchange(bench.to_hub, {})) bench.hub_takes(payload);
    const auto answers = bench.to_device;
    bench.deliver();
    REQUIRE(bench.epoch_wanted.has_value());
    bench.open_epoch(78);
    for (const Bytes& payload : answers) bench.device_takes(payload);  // the broker repeats them
    bench.deliver();
    bench.record(1);
    bench.deliver();
    CHECK(bench.is_settled());
    CHECK_FALSE(bench.epoch_wanted.has_value());
}

TEST_CASE("A hub that was restored from a backup gets again what it lost", "[engine]") {
    Bench bench;
    bench.connect();
    bench.record(4);
    bench.deliver();
    const HubState backup = bench.hub.state;
    bench.record(6);
    bench.deliver();
    REQUIRE(bench.hub.state.log.size() == 10);
    bench.hub.state = backup;
    bench.record(1);
    bench.deliver();
    CHECK(bench.hub.state.log.size() == 4);
    bench.tick(11'000);
    bench.deliver();
    REQUIRE(bench.epoch_wanted.has_value());
    bench.open_epoch(78);
    bench.deliver();
    REQUIRE(bench.hub.state.log.size() == 11);
    CHECK(bench.hub.state.log[10].operation == "note 11");
    CHECK(bench.is_settled());
    CHECK_FALSE(bench.epoch_wanted.has_value());
}

TEST_CASE("In contact, heads are compared each minute and nothing is sent twice", "[engine]") {
    Bench bench;
    bench.connect();
    bench.record(3);
    bench.deliver();
    bench.tick(59'000);
    CHECK(bench.to_hub.empty());
    bench.tick(2'000);
    REQUIRE(bench.to_hub.size() == 1);
    CHECK(protocol::parse<protocol::Up>(bench.to_hub[0], "up")->has_hello());
    bench.deliver();
    CHECK(bench.hub.state.log.size() == 3);
    CHECK(bench.to_hub.empty());
    bench.hub.put(feed, 1);
    bench.tick(61'000);
    for (const Bytes& payload : std::exchange(bench.to_hub, {})) bench.hub_takes(payload);
    for (const Bytes& payload : std::exchange(bench.to_device, {})) bench.device_takes(payload);
    REQUIRE(bench.to_hub.size() == 1);
    CHECK(protocol::parse<protocol::Up>(bench.to_hub[0], "up")->has_feed_request());
}

TEST_CASE("A hub that says goodbye is not in contact, and is asked at once when it is back", "[engine]") {
    Bench bench;
    bench.connect();
    bench.deliver();
    REQUIRE(bench.device.in_contact());
    bench.hub_says(protocol::absent);
    CHECK_FALSE(bench.device.in_contact());
    bench.tick(1'000);
    CHECK(bench.to_hub.empty());
    bench.hub_says(protocol::present);
    CHECK(bench.to_hub.size() == 1);
    bench.deliver();
    CHECK(bench.device.in_contact());
    bench.hub_says(protocol::present);
    CHECK(bench.to_hub.empty());
}

TEST_CASE("A hub that does not answer any more is not in contact", "[engine]") {
    Bench bench;
    bench.connect();
    bench.deliver();
    bench.tick(61'000);
    REQUIRE(bench.to_hub.size() == 1);  // the hello of each minute; nobody hears it
    bench.to_hub.clear();
    bench.tick(5'000);
    CHECK(bench.device.in_contact());
    bench.tick(1'000);
    CHECK_FALSE(bench.device.in_contact());
    CHECK(bench.to_hub.size() == 1);     // and from now on it is asked every few seconds
    CHECK(bench.subscribed_again == 1);  // perhaps its answers went nowhere
    bench.deliver();
    CHECK(bench.device.in_contact());
}

TEST_CASE("A hub whose answer waits behind other messages on a slow link is in contact", "[engine]") {
    Bench bench;
    bench.connect();
    bench.deliver();
    bench.tick(61'000);
    bench.to_hub.clear();
    bench.record(1);
    bench.deliver();  // an acknowledgement
    bench.tick(30'000);
    CHECK(bench.device.in_contact());
}

TEST_CASE("Over a slow link feeds give way to work only while work can be sent", "[engine]") {
    Bench bench;
    for (std::uint64_t record = 1; record <= 5'000; ++record) bench.hub.put(feed, record);
    // What was sent comes, and its answers so long after. Whether the device then asks for a range.
    const auto next_range = [&](Millis answers_after = 2'000) {
        for (const Bytes& payload : std::exchange(bench.to_hub, {})) bench.hub_takes(payload);
        bench.now += answers_after;
        for (const Bytes& payload : std::exchange(bench.to_device, {})) bench.device_takes(payload);
        return std::ranges::any_of(bench.to_hub, [](const Bytes& payload) {
            return protocol::parse<protocol::Up>(payload, "up")->has_feed_request();
        });
    };
    bench.record(1);
    bench.connect();
    REQUIRE(next_range(400));
    REQUIRE(next_range());
    for (int i = 0; i < 200; ++i) bench.record(1, to_hex(sha256(std::to_string(i))));
    REQUIRE_FALSE(bench.device.uplink().all_sent(WORK));
    std::erase_if(bench.to_hub, [](const Bytes& payload) {  // it is lost
        return protocol::parse<protocol::Up>(payload, "up")->has_batch();
    });
    CHECK_FALSE(next_range());

    bench.tick(11'000);  // the hub is asked where it stands, and the journal cannot be compared
    bench.view.unreadable = true;
    REQUIRE(next_range());
    CHECK_FALSE(bench.device.uplink().running());
    CHECK(next_range());
}

TEST_CASE("Offline nothing is sent, whatever happens", "[engine]") {
    Bench bench;
    bench.connect();
    bench.deliver();
    bench.device.disconnected();
    CHECK_FALSE(bench.device.in_contact());
    bench.record(3);
    bench.tick(120'000);
    bench.drive([&](Actions& actions) { bench.device.epoch_opened(bench.now, actions); });
    CHECK(bench.to_hub.empty());
}

namespace {

Bytes blob_state(const Bytes& content, std::uint64_t generation, protocol::Signer& signer) {
    protocol::BlobState state;
    state.set_sha256(sha256(content));
    state.set_have(content.size());
    state.set_complete(true);
    state.set_number(6);
    state.set_hub_generation(generation);
    protocol::Down down;
    *down.mutable_blob_state() = protocol::seal(state, signer, protocol::plain).value();
    return down.SerializeAsString();
}

SendRights without(std::initializer_list<SendClass> forbidden) {
    SendRights rights = SendRights::all();
    for (const SendClass what : forbidden) rights.forbid(what);
    return rights;
}

}  // namespace

TEST_CASE("Nobody but the hub that is heard makes a device let go of an attachment", "[engine]") {
    Bench bench;
    bench.blobs.content = "a photo";
    bench.connect();
    for (const Bytes& payload : std::exchange(bench.to_hub, {})) bench.hub_takes(payload);
    for (const Bytes& payload : std::exchange(bench.to_device, {})) bench.device_takes(payload);
    REQUIRE_FALSE(bench.to_hub.empty());  // it is offered
    const auto generation = bench.hub.hub_generation;
    KeySigner thief("thief");
    bench.device_takes(blob_state(bench.blobs.content, generation, thief));
    bench.device_takes(
        blob_state(bench.blobs.content, generation - 1, bench.hub_signer));  // before a restore
    protocol::HelloReply reply;  // signed by the hub, and another message
    protocol::Down down;
    *down.mutable_blob_state() = protocol::seal(reply, bench.hub_signer, protocol::plain).value();
    bench.device_takes(down.SerializeAsString());
    CHECK(bench.blob_notes.empty());
    CHECK(bench.notices.size() == 2);
    bench.device_takes(blob_state(bench.blobs.content, generation, bench.hub_signer));
    REQUIRE(bench.blob_notes.size() == 1);
    CHECK(bench.blob_notes[0].complete);
    CHECK(bench.blob_notes[0].number == 6);
}

TEST_CASE("What the hub has of an attachment comes signed, with its generation", "[engine]") {
    Bench bench;
    bench.blobs.content = "a photo";
    bench.connect();
    bench.deliver();
    REQUIRE(bench.blob_notes.size() == 1);
    CHECK(bench.blob_notes[0].sha256 == sha256(bench.blobs.content));
}

TEST_CASE("A new generation of the hub is told once, and attachments are offered again", "[engine]") {
    Bench bench;
    bench.blobs.content = "a photo";
    bench.connect();
    bench.deliver();
    bench.tick(61'000);
    bench.deliver();
    CHECK(bench.generations == std::vector{bench.hub.hub_generation});
    REQUIRE(bench.blob_notes.size() == 1);
    bench.hub.hub_generation += 5;
    bench.tick(61'000);
    bench.deliver();
    CHECK(bench.generations.size() == 2);
    CHECK(bench.generations.back() == bench.hub.hub_generation);
    bench.drive([&](Actions& actions) { bench.device.blobs_offered_again(bench.now, actions); });
    bench.deliver();
    CHECK(bench.blob_notes.size() == 2);
    CHECK(bench.device.credit().outstanding() == 0);
}

TEST_CASE("What backups of the hub hold of the attachments is told whenever it changes", "[engine]") {
    Bench bench;
    bench.blobs.content = "a photo";
    bench.connect();
    bench.deliver();
    CHECK(bench.device.hub() == NoteHub{bench.hub.hub_generation, 0});
    bench.tick(61'000);
    bench.deliver();
    CHECK(bench.generations.size() == 1);
    bench.hub.devices.at("truck-1").attachments_safe = 5;
    bench.tick(61'000);
    bench.deliver();
    CHECK(bench.generations.size() == 2);
    CHECK(bench.device.hub() == NoteHub{bench.hub.hub_generation, 5});
}

TEST_CASE("A hub that tells nothing of its backups is not taken for one that makes none", "[engine]") {
    Bench bench;
    bench.connect();
    for (const Bytes& payload : std::exchange(bench.to_hub, {})) bench.hub_takes(payload);
    for (const Bytes& payload : std::exchange(bench.to_device, {})) {
        auto down = protocol::parse<protocol::Down>(payload, "down").value();
        if (down.has_hello_reply()) {
            auto reply = protocol::open_as<protocol::HelloReply>(down.hello_reply(),
                                                                 bench.hub_signer.public_key(), "reply")
                             .value();
            reply.clear_attachments_safe();
            *down.mutable_hello_reply() = protocol::seal(reply, bench.hub_signer, protocol::plain).value();
        }
        bench.device_takes(down.SerializeAsString());
    }
    CHECK(bench.device.hub() == NoteHub{bench.hub.hub_generation, std::nullopt});
}

TEST_CASE("What attachments and records take of a link is counted as what it is", "[engine]") {
    Bench bench;
    bench.connect();
    bench.deliver();
    const std::size_t hellos = bench.carried[SendClass::work];
    bench.blobs.content = "a photo";
    bench.drive([&](Actions& actions) { bench.device.blobs_added(bench.now, actions); });
    bench.deliver();
    CHECK(bench.carried[SendClass::work] == hellos);
    CHECK(bench.carried[SendClass::attachments] > 0);
    bench.record(1);
    bench.deliver();
    CHECK(bench.carried[SendClass::work] > hellos);
}

TEST_CASE("A hub that comes back is offered attachments at once", "[engine]") {
    Bench bench;
    bench.connect();
    bench.deliver();
    bench.blobs.content = "a photo";
    bench.drive([&](Actions& actions) { bench.device.blobs_added(bench.now, actions); });
    const std::size_t offered = bench.carried[SendClass::attachments];
    REQUIRE(offered > 0);
    bench.hub_says(protocol::absent);
    bench.to_hub.clear();  // it never came
    bench.hub_says(protocol::present);
    CHECK(bench.carried[SendClass::attachments] == offered);
    bench.deliver();
    CHECK(bench.carried[SendClass::attachments] >= 2 * offered);
}

TEST_CASE("What the transport has brought over makes room for more before it is confirmed", "[engine]") {
    Bench bench;
    bench.connect();
    bench.deliver();
    bench.record(5'000);
    REQUIRE(bench.device.credit().room() == 0);
    const std::size_t sent = bench.device.credit().outstanding();
    bench.to_hub.clear();
    for (Millis told = 0; told <= 4'500; told += 50) {
        bench.now += 50;
        const std::size_t left = sent - std::min(sent, sent * static_cast<std::size_t>(told) / 4'000);
        bench.drive([&](Actions& actions) { bench.device.on_the_way(bench.now, left, 800, actions); });
        if (told < 4'000) CHECK(bench.to_hub.empty());
    }
    CHECK_FALSE(bench.to_hub.empty());
}

TEST_CASE("Where feeds may not go the broker is not asked for them, until they may again", "[engine]") {
    Bench bench;
    bench.connect();
    bench.deliver();
    CHECK(bench.listening == std::vector{feed});
    bench.drive([&](Actions& actions) {
        bench.device.set_rights(bench.now, without({SendClass::feed, SendClass::bulk}), actions);
    });
    CHECK(bench.listening.empty());
    CHECK(bench.to_hub.empty());
    for (int i = 0; i < 3; ++i) bench.hub.put(feed, 1);
    bench.tick(901'000);
    bench.deliver();
    CHECK(bench.listening.empty());
    CHECK_FALSE(bench.device.feeds().caught_up());
    bench.drive([&](Actions& actions) { bench.device.set_rights(bench.now, SendRights::all(), actions); });
    CHECK(bench.listening == std::vector{feed});
    CHECK_FALSE(bench.to_hub.empty());  // the heads are heard anew
}

TEST_CASE("Where feeds may not go heads are compared each quarter of an hour, and work goes at once",
          "[engine]") {
    Bench bench;
    bench.connect();
    bench.deliver();
    bench.drive([&](Actions& actions) {
        bench.device.set_rights(bench.now, without({SendClass::feed, SendClass::bulk}), actions);
    });
    for (int minute = 0; minute < 15; ++minute) {
        bench.tick(60'000);
        CHECK(bench.to_hub.empty());
    }
    CHECK(bench.device.in_contact());
    bench.record(1);
    REQUIRE(bench.to_hub.size() == 1);
    CHECK(protocol::parse<protocol::Up>(bench.to_hub[0], "up")->has_batch());
    bench.deliver();
    CHECK(bench.is_settled());
    bench.tick(1'000);
    REQUIRE(bench.to_hub.size() == 1);
    CHECK(protocol::parse<protocol::Up>(bench.to_hub[0], "up")->has_hello());
    bench.deliver();
    bench.tick(900'000);
    CHECK(bench.to_hub.empty());
}

TEST_CASE("Where feeds may not go a hub that does not answer is asked ever less often, until it is back",
          "[engine]") {
    Bench bench;
    bench.drive([&](Actions& actions) {
        bench.device.set_rights(0, without({SendClass::feed, SendClass::bulk}), actions);
    });
    bench.connect();
    int hellos = 0;
    for (int second = 0; second < 24 * 3'600; ++second) {
        bench.tick(1'000);
        hellos += static_cast<int>(std::exchange(bench.to_hub, {}).size());
    }
    CHECK(hellos > 24 * 4);
    CHECK(hellos < 24 * 4 + 10);
    bench.hub_says(protocol::present);
    CHECK(bench.to_hub.size() == 1);
    bench.deliver();
    CHECK(bench.device.in_contact());
}

TEST_CASE("While an SOS waits a hub that does not answer is asked every few seconds over any link",
          "[engine]") {
    Bench bench;
    bench.drive([&](Actions& actions) {
        bench.device.set_rights(0, without({SendClass::feed, SendClass::bulk}), actions);
    });
    bench.connect();
    for (int second = 0; second < 3'600; ++second) bench.tick(1'000);
    bench.to_hub.clear();
    CHECK_FALSE(bench.device.is_cut_off());  // nothing is lost by waiting
    bench.disk.append(protocol::URGENT, "SOS");
    bench.view.refresh();
    bench.drive([&](Actions& actions) { bench.device.appended(bench.now, actions); });
    CHECK(bench.device.is_cut_off());
    bench.tick(1'000);
    CHECK(bench.to_hub.size() == 1);
    bench.tick(6'000);
    CHECK(bench.to_hub.size() == 2);
    bench.connect();  // another connection
    CHECK_FALSE(bench.device.is_cut_off());
    bench.deliver();
    CHECK(bench.hub.applied("truck-1", bench.view.epoch(), protocol::URGENT) == 1);
    CHECK_FALSE(bench.device.is_cut_off());
}

TEST_CASE("A journal that stands under another epoch is compared anew", "[engine]") {
    Bench bench;
    bench.connect();
    bench.deliver();
    bench.record(2);  // on its way under the old numbers
    bench.to_hub.clear();
    bench.epoch_wanted = std::map<protocol::Lane, std::uint64_t>{};
    bench.open_epoch(78);
    CHECK_FALSE(bench.device.uplink().running());
    bench.record(1);
    bench.deliver();
    CHECK(bench.is_settled());
    CHECK(bench.hub.state.log.size() == 3);
    CHECK(bench.device.credit().outstanding() == 0);
}

TEST_CASE(
    "The city holds what became of own work once it stands where the hub did when it was asked after it",
    "[engine]") {
    Bench bench;
    bench.connect();
    bench.deliver();
    bench.record(1);
    bench.deliver();
    REQUIRE(bench.disk.notes == 1);
    for (std::uint64_t record = 1; record <= 3; ++record) bench.hub.put(feed, record);
    // Asked before the note, the hub said nothing of what that tells of.
    CHECK(bench.disk.in_city.notes == 0);
    bench.tick(61'000);
    bench.deliver();
    CHECK(bench.disk.in_city.notes == 0);  // the city has yet to come there
    bench.city_reaches(3);
    const InCity known{1, {{feed, {bench.hub.hub_generation, 3}}}};
    CHECK(bench.disk.in_city == known);

    // Asked again, nothing is written as long as nothing is new.
    bench.disk.in_city.heads.at(feed).n = 2;
    bench.tick(61'000);
    bench.deliver();
    CHECK(bench.disk.in_city.heads.at(feed).n == 2);
}

TEST_CASE("A city that is always a little behind is known to hold what it came to", "[engine]") {
    Bench bench;
    bench.connect();
    bench.deliver();
    bench.hub.put(feed, 1);
    bench.record(1);
    bench.deliver();
    bench.tick(61'000);
    bench.deliver();
    bench.hub.put(feed, 2);
    bench.record(1);
    bench.deliver();
    bench.tick(61'000);
    bench.deliver();
    bench.city_reaches(1);
    CHECK(bench.disk.in_city == InCity{1, {{feed, {bench.hub.hub_generation, 1}}}});
}

TEST_CASE("A source that delivers and changes nothing is known to have delivered, days into a connection",
          "[engine]") {
    Bench bench;
    auto& at_hub = bench.hub.delivered["all"];
    at_hub = {{"assessor", {1000}}, {"fire", {2000}}};
    bench.connect();
    bench.deliver();
    CHECK(bench.delivered == at_hub);
    bench.tick(61'000);
    bench.deliver();
    CHECK(bench.deliveries_noted == 1);  // nothing is new

    at_hub["fire"].at = 5600;
    bench.tick(61'000);
    bench.deliver();
    CHECK(bench.delivered == at_hub);
    CHECK(bench.deliveries_noted == 2);
}

TEST_CASE("A delivery is not believed before the city holds what came of it", "[engine]") {
    Bench bench;
    bench.connect();
    bench.deliver();
    for (std::uint64_t record = 1; record <= 3; ++record) bench.hub.put(feed, record);
    bench.hub.delivered["all"] = {{"fire", {2000}}};
    bench.tick(61'000);
    bench.deliver();
    CHECK(bench.delivered.empty());
    bench.city_reaches(2);
    CHECK(bench.delivered.empty());
    bench.city_reaches(3);
    CHECK(bench.delivered == Deliveries{{"fire", {2000}}});
}

TEST_CASE("A city that is mounted is asked anew what it holds of deliveries", "[engine]") {
    Bench bench;
    bench.hub.delivered["all"] = {{"fire", {2000}}};
    bench.connect();
    bench.deliver();
    REQUIRE(bench.deliveries_noted == 1);
    bench.delivered.clear();  // the file that comes is of before
    bench.drive([&](Actions& actions) {
        bench.device.feeds_changed(bench.now, {2, {{feed, {bench.hub.hub_generation, 0, 0}}}}, actions);
    });
    bench.deliver();
    CHECK(bench.delivered == Deliveries{{"fire", {2000}}});
}

TEST_CASE("An answer to what another city held is not booked on the one that is mounted now", "[engine]") {
    Bench bench;
    bench.hub.put(feed, 1);
    bench.hub.delivered["all"] = {{"fire", {2000}}, {"lpi", {2000}}};
    bench.connect();
    bench.deliver();
    bench.city_reaches(1);
    REQUIRE(bench.deliveries_noted == 1);
    bench.hub.delivered["all"]["fire"].at = 3000;
    bench.tick(61'000);
    for (const Bytes& payload : std::exchange(bench.to_hub, {})) bench.hub_takes(payload);
    const auto late = std::exchange(bench.to_device, {});  // of fire alone: the city of then held the other
    bench.delivered.clear();                               // the file that comes is of before
    bench.drive([&](Actions& actions) {
        bench.device.feeds_changed(bench.now, {2, {{feed, {bench.hub.hub_generation, 0, 0}}}}, actions);
    });
    for (const Bytes& payload : late) bench.device_takes(payload);
    bench.deliver();
    bench.city_reaches(1);
    CHECK(bench.delivered == bench.hub.delivered["all"]);
}

TEST_CASE("Nobody pays for deliveries where feeds may not go, or without a city", "[engine]") {
    Bench bench;
    bench.hub.delivered["all"] = {{"fire", {2000}}};
    SECTION("a link without feeds") {
        auto rights = SendRights::all();
        rights.forbid(SendClass::feed);
        bench.drive([&](Actions& actions) { bench.device.set_rights(bench.now, rights, actions); });
        bench.connect();
        bench.deliver();
        CHECK(bench.deliveries_noted == 0);
        bench.drive(
            [&](Actions& actions) { bench.device.set_rights(bench.now, SendRights::all(), actions); });
        bench.deliver();
        CHECK(bench.delivered == Deliveries{{"fire", {2000}}});
    }
    SECTION("no city") {
        bench.device.mounted({});
        bench.connect();
        bench.deliver();
        CHECK(bench.deliveries_noted == 0);
    }
}

TEST_CASE("What a city is known to hold is true of one with the same feeds that stands as far", "[engine]") {
    const records::FeedId other{"city", {records::INTERNAL, "general"}};
    const InCity known{7, {{feed, {1000, 3}}}};
    CHECK(notes_in({{feed, {1000, 3}}}, known) == 7U);
    CHECK(notes_in({{feed, {1000, 4}}}, known) == 7U);
    CHECK_FALSE(notes_in({{feed, {1000, 2}}}, known));
    CHECK_FALSE(notes_in({{feed, {1001, 4}}}, known));
    CHECK_FALSE(notes_in({{feed, {1000, 4}}, {other, {1000, 0}}}, known));
    CHECK_FALSE(notes_in({}, known));
}

TEST_CASE("What the hub wants does not go back when hellos or answers overtake each other", "[engine]") {
    Bench bench;
    bench.connect();
    bench.tick(6'000);
    REQUIRE(bench.to_hub.size() == 2);
    const auto hellos = std::exchange(bench.to_hub, {});
    bench.hub_takes(hellos[1]);
    bench.hub.devices["truck-1"].feeds.clear();
    bench.hub.devices["truck-1"].desired_generation = 2;
    bench.hub_takes(hellos[0]);
    const auto answers = std::exchange(bench.to_device, {});
    bench.device_takes(answers[1]);
    REQUIRE(bench.changes.size() == 1);
    CHECK(bench.changes[0].drop == std::vector{feed});
    bench.drive([&](Actions& actions) { bench.device.feeds_changed(bench.now, {1, {}}, actions); });
    bench.device_takes(answers[0]);
    CHECK(bench.changes.size() == 1);

    // A hub that was restored wants what it wanted then.
    bench.hub.devices["truck-1"].feeds = {feed};
    bench.hub.devices["truck-1"].desired_generation = 1;
    bench.tick(61'000);
    bench.deliver();
    CHECK(bench.changes.size() > 1);
    CHECK(bench.changes.back().add == std::vector{feed});
}

TEST_CASE("Which feeds the hub clears is noted with each of its answers, also while no city is mounted",
          "[engine][feeds]") {
    Bench bench;
    bench.device.mounted({});
    // The first may have found whoever keeps it too busy.
    for (std::size_t hello = 1; hello <= 2; ++hello) {
        bench.connect();
        bench.deliver();
        CHECK(bench.rights == std::vector<std::set<records::FeedId>>(hello, {feed}));
    }
    bench.hub.devices["truck-1"].feeds = {};
    bench.connect();
    bench.deliver();
    CHECK(bench.rights == std::vector<std::set<records::FeedId>>{{feed}, {feed}, {}});
    CHECK(bench.changes.empty());
}
