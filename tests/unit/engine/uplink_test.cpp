#include "sync/engine/uplink.hpp"

#include <catch2/catch.hpp>
#include <limits>

#include "tests/unit/engine/actions.hpp"
#include "tests/unit/engine/memory_blobs.hpp"
#include "tests/unit/engine/memory_journal.hpp"

using namespace fieldpost;
using namespace fieldpost::engine;
using namespace fieldpost::engine::testing;
using protocol::TELEMETRY;
using protocol::URGENT;
using protocol::WORK;

namespace {

constexpr std::uint64_t epoch = 77;
constexpr Millis timeout = UplinkLimits{}.ack_timeout;

// A device's journal and uplink; the hub is what the test says.
struct Bench {
    explicit Bench(UplinkLimits limits = {},
                   CreditLimits credit_limits = {.start = 1U << 20U, .least = 1U << 20U, .most = 1U << 20U})
        : credit(credit_limits), uplink("truck-1", view, signer, credit, limits) {}

    void record(protocol::Lane lane, int count, std::size_t size = 20) {
        for (int i = 0; i < count; ++i)
            disk.append(lane, "operation " + std::to_string(++made) + Bytes(size, '.'));
        view.refresh();
    }
    protocol::LanePosition at(protocol::Lane lane, std::uint64_t seq) {
        protocol::LanePosition position;
        position.set_lane(lane);
        position.set_epoch(disk.epoch);
        position.set_seq(seq);
        position.set_hash(seq == 0 ? protocol::chain_start("truck-1", disk.epoch, lane)
                                   : disk.lane(lane)[seq - 1].hash);
        return position;
    }
    protocol::HelloReply reply(std::uint64_t urgent, std::uint64_t work, std::uint64_t telemetry) {
        protocol::HelloReply reply;
        *reply.add_lanes() = at(URGENT, urgent);
        *reply.add_lanes() = at(WORK, work);
        *reply.add_lanes() = at(TELEMETRY, telemetry);
        return reply;
    }
    // Applied through `through`, with results of first..last.
    protocol::Ack ack(protocol::Lane lane, std::uint64_t through, std::uint64_t first, std::uint64_t last) {
        protocol::Ack ack;
        *ack.mutable_applied() = at(lane, through);
        ack.set_first_seq(first);
        for (std::uint64_t seq = first; seq <= last; ++seq) ack.add_versions(seq);
        return ack;
    }
    void resume(Millis now, const protocol::HelloReply& reply) {
        uplink.resume(reply, actions);
        pump(now);
    }
    void pump(Millis now) {
        for (const protocol::Lane lane : lanes_by_priority) uplink.pump(now, lane, actions);
    }
    void ack(Millis now, const protocol::Ack& of) {
        uplink.ack(now, of, actions);
        pump(now);
    }
    // Does what a call asks for, and gives back the batches of it.
    std::vector<protocol::Batch> sent() {
        auto out = batches(actions, signer);
        actions.clear();
        return out;
    }

    KeySigner signer{"truck-1"};
    JournalDisk disk{"truck-1", epoch};
    MemoryJournal view{disk};
    Credit credit;
    Uplink uplink;
    Actions actions;
    int made = 0;
};

}  // namespace

TEST_CASE("Nothing is sent before the hub has said where it stands", "[engine][uplink]") {
    Bench bench;
    bench.record(WORK, 3);
    bench.pump(0);
    CHECK(bench.actions.empty());
    bench.resume(0, bench.reply(0, 0, 0));
    CHECK(bench.sent().size() == 1);
}

TEST_CASE("The hello says of each lane where it ends and what is known of it", "[engine][uplink]") {
    Bench bench;
    bench.record(WORK, 3);
    bench.disk.note(bench.ack(WORK, 2, 1, 2));
    bench.view.refresh();
    protocol::Hello hello;
    bench.uplink.describe(hello);
    REQUIRE(hello.lanes_size() == 3);
    const auto& work = hello.lanes(1);
    CHECK(work.lane() == WORK);
    CHECK(work.epoch() == epoch);
    CHECK(work.seq() == 3);
    CHECK(work.noted() == 2);
    CHECK(work.hash() == bench.disk.lane(WORK)[2].hash);
    CHECK(hello.lanes(0).seq() == 0);
    CHECK(hello.lanes(0).hash() == protocol::chain_start("truck-1", epoch, URGENT));
}

TEST_CASE("It goes on behind what the hub has, byte for byte as written", "[engine][uplink]") {
    Bench bench;
    bench.record(WORK, 10);
    bench.resume(0, bench.reply(0, 4, 0));
    const auto sent = bench.sent();
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].device() == "truck-1");
    CHECK(sent[0].epoch() == epoch);
    CHECK(sent[0].lane() == WORK);
    CHECK(sent[0].first_seq() == 5);
    CHECK(sent[0].hash_before() == bench.disk.lane(WORK)[3].hash);
    REQUIRE(sent[0].entries_size() == 6);
    for (int i = 0; i < 6; ++i) {
        CHECK(sent[0].entries(i).operation() ==
              bench.disk.lane(WORK)[static_cast<std::size_t>(i) + 4].operation);
        CHECK_FALSE(sent[0].entries(i).has_origin());
    }
}

TEST_CASE("A batch says when it was sent, by a clock that may know better when it is sent again",
          "[engine][uplink]") {
    Bench bench;
    bench.record(WORK, 1);
    bench.resume(0, bench.reply(0, 0, 0));
    auto sent = bench.sent();
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].sent_at_us() == 0);  // it was given no clock
    protocol::TimeStamp shown;
    shown.set_utc_us(1234);
    shown.set_quality(protocol::TIME_BUILD_FLOOR);
    bench.uplink.stamp_by([&] { return shown; });
    for (const auto quality : {protocol::TIME_BUILD_FLOOR, protocol::TIME_GNSS}) {
        shown.set_utc_us(shown.utc_us() + 1000);
        shown.set_quality(quality);
        bench.uplink.pause();
        bench.resume(0, bench.reply(0, 0, 0));
        sent = bench.sent();
        REQUIRE(sent.size() == 1);
        CHECK(sent[0].sent_at_us() == shown.utc_us());
        CHECK(sent[0].sent_at_quality() == quality);
    }
}

TEST_CASE("What is urgent goes first", "[engine][uplink]") {
    Bench bench;
    bench.record(TELEMETRY, 2);
    bench.record(WORK, 2);
    bench.record(URGENT, 1);
    bench.resume(0, bench.reply(0, 0, 0));
    const auto sent = bench.sent();
    REQUIRE(sent.size() == 3);
    CHECK(sent[0].lane() == URGENT);
    CHECK(sent[1].lane() == WORK);
    CHECK(sent[2].lane() == TELEMETRY);
}

TEST_CASE("A batch keeps to its bounds, and an operation that is larger goes alone", "[engine][uplink]") {
    Bench bench(
        {.batch_entries = 5, .batch_bytes = 1000, .urgent_window = 1U << 20U, .ack_timeout = timeout});
    bench.record(WORK, 12);
    bench.record(WORK, 1, 5000);
    bench.record(WORK, 7, 300);
    bench.resume(0, bench.reply(0, 0, 0));
    std::uint64_t next = 1;
    for (const auto& batch : bench.sent()) {
        CHECK(batch.first_seq() == next);
        next += static_cast<std::uint64_t>(batch.entries_size());
        CHECK(batch.entries_size() <= 5);
        std::size_t bytes = 0;
        for (const auto& entry : batch.entries()) bytes += entry.operation().size();
        CHECK((bytes <= 1000 || batch.entries_size() == 1));
    }
    CHECK(next == 21);
}

TEST_CASE("No more is under way than the window holds, and each acknowledgement makes room",
          "[engine][uplink]") {
    const UplinkLimits limits{
        .batch_entries = 1, .batch_bytes = 1000, .urgent_window = 1U << 20U, .ack_timeout = timeout};
    const CreditLimits credit{.start = 4000, .least = 4000, .most = 4000};
    Bench bench(limits, credit);
    bench.record(WORK, 200, 100);
    bench.resume(0, bench.reply(0, 0, 0));
    std::size_t bytes = 0;
    for (const auto& publish : all<Publish>(bench.actions)) bytes += publish.payload.size();
    CHECK(bytes <= credit.most + bench.credit.message_bytes() / 2);
    CHECK(bench.credit.outstanding() == bytes);
    const std::size_t first = bench.sent().size();
    CHECK(first < 30);

    bench.pump(1);
    CHECK(bench.sent().empty());
    bench.ack(1, bench.ack(WORK, 3, 1, 3));
    const auto more = bench.sent();
    CHECK(more.size() <= 3);
    REQUIRE_FALSE(more.empty());
    CHECK(more[0].first_seq() == first + 1);
}

TEST_CASE("What is urgent keeps to its own window, however much of it there is", "[engine][uplink]") {
    Bench bench;
    const std::size_t window = UplinkLimits{}.urgent_window;
    for (std::uint64_t i = 0; i < 200; ++i) bench.disk.append(URGENT, content_of(i, 2'000));
    bench.view.refresh();
    bench.resume(0, bench.reply(0, 0, 0));
    std::size_t bytes = 0;
    for (const auto& publish : all<Publish>(bench.actions)) bytes += publish.payload.size();
    CHECK(bytes > window / 2);
    CHECK(bytes < window + 3'000);
    const auto sent = bench.sent();
    REQUIRE_FALSE(sent.empty());
    const auto through = sent.back().first_seq() + static_cast<std::uint64_t>(sent.back().entries_size()) - 1;
    bench.ack(1, bench.ack(URGENT, through, 1, through));
    CHECK_FALSE(bench.sent().empty());
}

TEST_CASE("What is recorded while it runs is sent at once", "[engine][uplink]") {
    Bench bench;
    bench.resume(0, bench.reply(0, 0, 0));
    CHECK(bench.sent().empty());
    bench.record(URGENT, 1);
    bench.pump(5);
    CHECK(bench.sent().size() == 1);
    bench.pump(6);
    CHECK(bench.sent().empty());
}

TEST_CASE("An acknowledgement that comes late moves no cursor", "[engine][uplink]") {
    Bench bench;
    bench.record(WORK, 10);
    bench.resume(0, bench.reply(0, 0, 0));
    bench.actions.clear();
    bench.ack(1, bench.ack(WORK, 8, 1, 8));
    CHECK(all<NoteAck>(bench.actions).size() == 1);
    bench.disk.note(bench.ack(WORK, 8, 1, 8));
    bench.view.refresh();
    bench.actions.clear();
    bench.ack(2, bench.ack(WORK, 4, 1, 4));
    CHECK(bench.sent().empty());
    CHECK(bench.uplink.acknowledged(WORK) == 8);
    CHECK_FALSE(bench.uplink.stalled(3));
}

TEST_CASE("When the results of some operations were lost they are asked for", "[engine][uplink]") {
    Bench bench;
    bench.record(WORK, 10);
    bench.resume(0, bench.reply(0, 0, 0));
    bench.actions.clear();
    bench.ack(1, bench.ack(WORK, 4, 3, 4));  // that of 1 and 2 did not come
    CHECK(all<NoteAck>(bench.actions).empty());
    CHECK(bench.uplink.acknowledged(WORK) == 4);
    CHECK(bench.uplink.stalled(2));

    // The hello says so, and the hub's answer ends it.
    protocol::Hello hello;
    bench.uplink.describe(hello);
    CHECK(hello.lanes(1).noted() == 0);
    bench.uplink.pause();
    bench.resume(3, bench.reply(0, 4, 0));
    CHECK_FALSE(bench.uplink.stalled(4));
    bench.actions.clear();
    bench.ack(4, bench.ack(WORK, 4, 1, 4));
    CHECK(all<NoteAck>(bench.actions).size() == 1);
}

TEST_CASE("Results that the journal could not keep are kept when they are told again", "[engine][uplink]") {
    Bench bench;
    bench.record(WORK, 4);
    bench.resume(0, bench.reply(0, 0, 0));
    bench.actions.clear();
    bench.ack(1, bench.ack(WORK, 4, 1, 4));
    REQUIRE(all<NoteAck>(bench.actions).size() == 1);  // and the journal does not do it
    bench.actions.clear();
    bench.ack(2, bench.ack(WORK, 4, 1, 4));
    CHECK(all<NoteAck>(bench.actions).size() == 1);
}

TEST_CASE("When nothing is acknowledged for a while the hub is asked where it stands", "[engine][uplink]") {
    Bench bench;
    bench.record(WORK, 4);
    bench.resume(1000, bench.reply(0, 0, 0));
    CHECK_FALSE(bench.uplink.stalled(1000 + timeout));
    CHECK(bench.uplink.stalled(1001 + timeout));
    bench.uplink.pause();
    CHECK_FALSE(bench.uplink.stalled(1001 + timeout));
    bench.actions.clear();
    bench.resume(2000 + timeout, bench.reply(0, 0, 0));
    CHECK(bench.sent().size() == 1);
}

TEST_CASE("A slow link is no loss: what is queued behind an acknowledged batch has its time again",
          "[engine][uplink]") {
    Bench bench(
        {.batch_entries = 1, .batch_bytes = 1000, .urgent_window = 1U << 20U, .ack_timeout = timeout});
    bench.record(WORK, 3);
    bench.resume(0, bench.reply(0, 0, 0));
    bench.ack(timeout, bench.ack(WORK, 1, 1, 1));
    CHECK_FALSE(bench.uplink.stalled(timeout + timeout));
    bench.ack(timeout + timeout, bench.ack(WORK, 2, 2, 2));
    CHECK_FALSE(bench.uplink.stalled(3 * timeout));
    CHECK(bench.uplink.stalled(3 * timeout + 1));
}

TEST_CASE("A lost batch is noticed although another lane goes on", "[engine][uplink]") {
    Bench bench;
    bench.record(WORK, 1);
    bench.resume(0, bench.reply(0, 0, 0));  // and it is lost
    Millis now = 0;
    for (std::uint64_t seq = 1; seq <= 10; ++seq) {
        now = static_cast<Millis>(seq) * timeout / 5;
        bench.record(TELEMETRY, 1);
        bench.pump(now);
        bench.ack(now + 10, bench.ack(TELEMETRY, seq, seq, seq));
    }
    CHECK(bench.uplink.stalled(now + 20));
}

TEST_CASE("When the hub holds other content a new epoch is opened, and nothing is sent before",
          "[engine][uplink]") {
    Bench bench;
    bench.record(WORK, 5);
    auto reply = bench.reply(0, 5, 0);
    reply.mutable_lanes(1)->set_hash(sha256("another journal"));
    bench.resume(0, reply);
    CHECK(all<OpenEpoch>(bench.actions).size() == 1);
    CHECK(bench.sent().empty());
    CHECK_FALSE(bench.uplink.running());
}

TEST_CASE("When the hub holds more than the journal a new epoch is opened", "[engine][uplink]") {
    Bench bench;
    bench.record(WORK, 5);
    auto reply = bench.reply(0, 5, 0);
    reply.mutable_lanes(1)->set_seq(6);
    bench.resume(0, reply);
    CHECK(all<OpenEpoch>(bench.actions).size() == 1);
}

TEST_CASE("An acknowledgement of other content opens a new epoch", "[engine][uplink]") {
    Bench bench;
    bench.record(WORK, 5);
    bench.resume(0, bench.reply(0, 0, 0));
    bench.actions.clear();
    auto ack = bench.ack(WORK, 3, 1, 3);
    ack.mutable_applied()->set_hash(sha256("another"));
    bench.ack(1, ack);
    CHECK(all<OpenEpoch>(bench.actions).size() == 1);
    CHECK(all<NoteAck>(bench.actions).empty());
    bench.actions.clear();
    bench.ack(2, ack);
    CHECK(bench.actions.empty());
}

TEST_CASE("A new epoch leaves behind only what the hub proves to hold", "[engine][uplink]") {
    Bench bench;
    bench.record(URGENT, 2);
    bench.record(WORK, 10);
    bench.record(TELEMETRY, 10);
    for (const auto lane : {WORK, TELEMETRY}) bench.disk.note(bench.ack(lane, 6, 1, 6));
    bench.view.refresh();

    // The hub was restored from a backup, which ends at 4, and holds other content of another lane.
    auto reply = bench.reply(2, 4, 8);
    reply.mutable_lanes(2)->set_hash(sha256("another journal"));
    bench.resume(0, reply);
    auto opened = all<OpenEpoch>(bench.actions);
    REQUIRE(opened.size() == 1);
    CHECK(opened[0].held.at(URGENT) == 0);  // what became of them is not known
    CHECK(opened[0].held.at(WORK) == 4);
    CHECK(opened[0].held.at(TELEMETRY) == 6);

    // Other content where it once said to hold ours: nothing of that lane is certain.
    reply.mutable_lanes(2)->set_seq(5);
    bench.actions.clear();
    bench.resume(1, reply);
    opened = all<OpenEpoch>(bench.actions);
    REQUIRE(opened.size() == 1);
    CHECK(opened[0].held.at(TELEMETRY) == 0);

    bench.actions.clear();
    bench.resume(2, bench.reply(2, 4, 8));
    auto ack = bench.ack(WORK, 7, 7, 7);
    ack.mutable_applied()->set_hash(sha256("another"));
    bench.actions.clear();
    bench.ack(3, ack);
    opened = all<OpenEpoch>(bench.actions);
    REQUIRE(opened.size() == 1);
    CHECK(opened[0].held.at(URGENT) == 0);
    CHECK(opened[0].held.at(WORK) == 6);
    CHECK(opened[0].held.at(TELEMETRY) == 6);
}

TEST_CASE("Results beyond what an acknowledgement proves to be applied are not believed",
          "[engine][uplink]") {
    Bench bench;
    bench.record(WORK, 10);
    bench.resume(0, bench.reply(0, 0, 0));
    const auto none = bench.ack(WORK, 0, 1, 10);  // anyone can compute the hash of an empty lane
    const auto more = bench.ack(WORK, 4, 1, 5);
    auto from_nowhere = bench.ack(WORK, 4, 1, 4);
    from_nowhere.set_first_seq(0);
    auto far_beyond = bench.ack(WORK, 4, 1, 4);
    far_beyond.set_first_seq(std::numeric_limits<std::uint64_t>::max() - 2);
    for (const auto& ack : {none, more, from_nowhere, far_beyond}) {
        bench.actions.clear();
        bench.ack(1, ack);
        CHECK(all<NoteAck>(bench.actions).empty());
        CHECK(all<Notice>(bench.actions).size() == 1);
        CHECK(bench.uplink.acknowledged(WORK) == 0);
    }
    bench.actions.clear();
    bench.ack(2, bench.ack(WORK, 4, 1, 4));
    CHECK(all<NoteAck>(bench.actions).size() == 1);
}

TEST_CASE("In a new epoch the operations travel with their first place", "[engine][uplink]") {
    Bench bench;
    bench.record(WORK, 5);
    const Bytes third_hash = bench.disk.lane(WORK)[2].hash;
    bench.disk.open_epoch(epoch, 78, {{WORK, 2}});
    bench.view.refresh();
    bench.resume(0, bench.reply(0, 0, 0));
    const auto sent = bench.sent();
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].epoch() == 78);
    CHECK(sent[0].first_seq() == 1);
    REQUIRE(sent[0].entries_size() == 3);
    CHECK(sent[0].entries(0).origin().epoch() == epoch);
    CHECK(sent[0].entries(0).origin().seq() == 3);
    CHECK(sent[0].entries(0).origin().hash() == third_hash);
}

TEST_CASE("An answer to a hello of an earlier epoch does not start the uplink", "[engine][uplink]") {
    Bench bench;
    bench.record(WORK, 5);
    bench.resume(0, bench.reply(0, 3, 0));
    const auto late = bench.reply(0, 3, 0);
    bench.uplink.pause();
    bench.disk.open_epoch(epoch, 78, {{WORK, 2}});
    bench.view.refresh();
    bench.actions.clear();

    bench.resume(1, late);
    CHECK_FALSE(bench.uplink.running());
    CHECK(bench.actions.empty());
    bench.resume(2, bench.reply(0, 0, 0));
    CHECK(bench.uplink.running());
    CHECK(bench.sent().size() == 1);
}

TEST_CASE("Of what was trimmed no hash is the same", "[engine][uplink]") {
    Bench bench;
    bench.record(WORK, 5);
    bench.disk.note(bench.ack(WORK, 4, 1, 4));
    bench.disk.trim(WORK, 3);
    bench.view.refresh();
    auto reply = bench.reply(0, 2, 0);
    for (const Bytes& hash : {Bytes(), bench.disk.lane(WORK)[1].hash}) {
        reply.mutable_lanes(1)->set_hash(hash);
        bench.actions.clear();
        bench.resume(0, reply);
        CHECK_FALSE(bench.uplink.running());
        REQUIRE(all<OpenEpoch>(bench.actions).size() == 1);
        CHECK(all<OpenEpoch>(bench.actions)[0].held.at(WORK) == 0);
        CHECK(all<Publish>(bench.actions).empty());
    }
    bench.actions.clear();
    bench.resume(1, bench.reply(0, 4, 0));
    CHECK(bench.sent().size() == 1);
}

TEST_CASE("A disk that does not answer is no other content", "[engine][uplink]") {
    Bench bench;
    bench.record(WORK, 5);
    bench.view.unreadable = true;
    bench.resume(0, bench.reply(0, 4, 0));
    CHECK(all<OpenEpoch>(bench.actions).empty());
    CHECK(all<Notice>(bench.actions).size() == 1);
    CHECK_FALSE(bench.uplink.running());

    bench.view.unreadable = false;
    bench.actions.clear();
    bench.resume(1, bench.reply(0, 0, 0));
    bench.actions.clear();
    bench.view.unreadable = true;
    bench.ack(2, bench.ack(WORK, 4, 1, 4));
    CHECK(bench.actions.empty());
    bench.record(WORK, 1);
    bench.pump(3);
    CHECK(all<Publish>(bench.actions).empty());
    CHECK(all<Notice>(bench.actions).size() == 1);
}

TEST_CASE("Acknowledgements of another epoch or no lane are not ours", "[engine][uplink]") {
    Bench bench;
    bench.record(WORK, 5);
    bench.resume(0, bench.reply(0, 0, 0));
    bench.actions.clear();
    auto other_epoch = bench.ack(WORK, 5, 1, 5);
    other_epoch.mutable_applied()->set_epoch(epoch + 1);
    bench.ack(1, other_epoch);
    auto no_lane = bench.ack(WORK, 5, 1, 5);
    no_lane.mutable_applied()->set_lane(static_cast<protocol::Lane>(17));
    bench.ack(1, no_lane);
    CHECK(bench.actions.empty());
    CHECK(bench.uplink.acknowledged(WORK) == 0);
}

TEST_CASE("Without a signature nothing is sent, and it is said", "[engine][uplink]") {
    class Broken final : public protocol::Signer {
      public:
        Result<Bytes> sign(BytesView) override {
            return fail(ErrorCode::unavailable, "the chip does not answer");
        }
    };
    Bench bench;
    bench.record(WORK, 5);
    Broken broken;
    Uplink uplink("truck-1", bench.view, broken, bench.credit);
    uplink.resume(bench.reply(0, 0, 0), bench.actions);
    uplink.pump(0, WORK, bench.actions);
    CHECK(all<Publish>(bench.actions).empty());
    REQUIRE(all<Notice>(bench.actions).size() == 1);
    CHECK(all<Notice>(bench.actions)[0].text.find("the chip does not answer") != std::string::npos);
}
