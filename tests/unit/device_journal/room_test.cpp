#include <algorithm>
#include <set>

#include "daemon/device/journal/journal.hpp"
#include "tests/unit/device_journal/bench.hpp"

using namespace fieldpost;
using namespace fieldpost::device;
using namespace fieldpost::device::testing;
using protocol::TELEMETRY;
using protocol::URGENT;
using protocol::WORK;

namespace {

constexpr UnixMicros recorded = 1'772'366'400'000'000;  // when the bench records
constexpr std::uint64_t everything = 0;                 // a goal that no journal reaches

struct RoomBench : Bench {
    // Records that know the time.
    void record(int count, protocol::Lane lane, protocol::TimeQuality quality = protocol::TIME_GNSS) {
        int saved = 0;
        for (int i = 0; i < count; ++i) {
            auto operation = observation("r-" + std::to_string(++made));
            operation.mutable_time()->set_quality(quality);
            journal->append(lane, std::move(operation), [&](const Result<Recorded>& answer) {
                REQUIRE(answer.has_value());
                ++saved;
            });
        }
        loop.run_until([&] { return saved == count; });
    }
    void acknowledge(std::uint64_t through, protocol::Lane lane) { note(ack(1, through, lane)); }
    void a_backup_holds(std::uint64_t through, protocol::Lane lane) {
        protocol::LanePosition position;
        position.set_epoch(journal->epoch());
        position.set_lane(lane);
        position.set_safe(through);
        journal->note_safe(position);
    }
    RoomMade make_room(std::optional<UnixMicros> acknowledged_before = std::nullopt,
                       std::uint64_t goal = everything) {
        RoomRule rule;
        rule.acknowledged_before = acknowledged_before;
        rule.now.set_utc_us(recorded + 1);
        std::optional<Result<RoomMade>> answer;
        journal->make_room(goal, rule, [&](const Result<RoomMade>& made_room) { answer = made_room; });
        loop.run_until([&] { return answer.has_value(); });
        REQUIRE(answer->has_value());
        return **answer;
    }
    // No more than the first step makes.
    RoomMade make_some_room() { return make_room(std::nullopt, journal->size()->used - 1); }
    std::vector<std::uint64_t> seqs(protocol::Lane lane) {
        std::vector<std::uint64_t> out;
        for (const auto& entry : read(lane)) out.push_back(entry.seq);
        return out;
    }
    // The chain joins from the last entry that is noted to the end.
    void check_chain_behind_noted(protocol::Lane lane) {
        const std::uint64_t noted = journal->noted(lane);
        Bytes hash = journal->hash_at(lane, noted).value();
        CHECK_FALSE(hash.empty());
        std::uint64_t seq = noted;
        for (const auto& entry : journal->read(lane, noted, 100'000, std::size_t{1} << 30U).value()) {
            CHECK(entry.seq == ++seq);
            hash = protocol::chain_next(hash, entry.operation);
            CHECK(journal->hash_at(lane, seq) == hash);
        }
        CHECK(journal->last_seq(lane) == seq);
    }
};

protocol::Operation operation_of(const engine::JournalEntry& entry) {
    protocol::Operation operation;
    REQUIRE(operation.ParseFromString(entry.operation));
    return operation;
}

}  // namespace

TEST_CASE("Nothing that a crew recorded and the hub does not hold ever makes room", "[journal]") {
    RoomBench bench;
    bench.record(50, WORK);
    bench.record(10, URGENT);
    bench.record(10, TELEMETRY);  // too few to be worth voiding
    bench.a_backup_holds(50, WORK);
    const RoomMade made = bench.make_room(recorded + 1);
    CHECK_FALSE(made.anything());
    CHECK(bench.seqs(WORK).size() == 50);
    CHECK(bench.seqs(URGENT).size() == 10);
    CHECK(bench.seqs(TELEMETRY).size() == 10);
}

TEST_CASE("What is acknowledged stays while no backup holds it and it is not old", "[journal]") {
    RoomBench bench;
    bench.record(20, WORK);
    bench.acknowledge(20, WORK);
    CHECK_FALSE(bench.make_room().anything());
    CHECK_FALSE(bench.make_room(recorded - 1).anything());
    CHECK(bench.seqs(WORK).size() == 20);
}

TEST_CASE("What a backup of the hub holds makes room, but for the last that both ends compare", "[journal]") {
    RoomBench bench;
    bench.record(1200, WORK);
    bench.acknowledge(1000, WORK);
    bench.a_backup_holds(600, WORK);
    RoomMade made = bench.make_room();
    CHECK(made.trimmed == 600);
    CHECK(made.telemetry == 0);
    CHECK_FALSE(made.rewritten);
    CHECK(bench.seqs(WORK).front() == 601);
    bench.a_backup_holds(1200, WORK);  // more than is known to be acknowledged
    made = bench.make_room();
    CHECK(made.trimmed == 399);
    CHECK(bench.seqs(WORK).front() == 1000);
    CHECK(bench.journal->last_seq(WORK) == 1200);
    bench.check_chain_behind_noted(WORK);
    bench.open();
    CHECK(bench.journal->last_seq(WORK) == 1200);
    CHECK(bench.journal->noted(WORK) == 1000);
    bench.record(1, WORK);
    CHECK(bench.journal->last_seq(WORK) == 1201);
    bench.check_chain_behind_noted(WORK);
}

TEST_CASE("A lane of which everything is held goes on with its next number after a restart", "[journal]") {
    RoomBench bench;
    bench.record(30, WORK);
    bench.acknowledge(30, WORK);
    bench.a_backup_holds(30, WORK);
    CHECK(bench.make_room().trimmed == 29);
    bench.open();
    bench.record(1, WORK);
    CHECK(bench.journal->last_seq(WORK) == 31);
    bench.check_chain_behind_noted(WORK);
}

TEST_CASE("What is acknowledged and older than the rule says makes room", "[journal]") {
    RoomBench bench;
    bench.record(20, WORK);
    bench.acknowledge(15, WORK);
    CHECK(bench.make_room(recorded + 1).trimmed == 14);
    CHECK(bench.seqs(WORK).front() == 15);
}

TEST_CASE("A stamp of a clock that did not know the time makes nothing old, but a later one that knew does",
          "[journal]") {
    RoomBench bench;
    bench.record(5, WORK, protocol::TIME_NONE);
    bench.record(5, WORK, protocol::TIME_BUILD_FLOOR);
    bench.acknowledge(10, WORK);
    CHECK_FALSE(bench.make_room(recorded + 1).anything());
    bench.record(2, WORK, protocol::TIME_RTC);
    bench.acknowledge(12, WORK);
    CHECK(bench.make_room(recorded + 1).trimmed == 11);
}

TEST_CASE("Telemetry goes before anything of the crew does", "[journal]") {
    RoomBench bench;
    bench.record(600, TELEMETRY);
    bench.record(600, WORK);
    bench.acknowledge(600, TELEMETRY);
    bench.acknowledge(600, WORK);
    bench.a_backup_holds(600, TELEMETRY);
    bench.a_backup_holds(600, WORK);
    const RoomMade made = bench.make_some_room();
    CHECK(made.trimmed == 500);
    CHECK(bench.seqs(TELEMETRY).size() == 100);
    CHECK(bench.seqs(WORK).size() == 600);
    CHECK(bench.journal->size()->spare > 0);
}

TEST_CASE("Acknowledged telemetry makes room without a trace in the chain", "[journal]") {
    RoomBench bench;
    bench.record(300, TELEMETRY);
    bench.acknowledge(150, TELEMETRY);
    const RoomMade made = bench.make_some_room();
    CHECK(made.telemetry == 149);
    CHECK_FALSE(made.rewritten);
    CHECK(bench.seqs(TELEMETRY).front() == 150);
    bench.check_chain_behind_noted(TELEMETRY);
}

TEST_CASE("The oldest telemetry gives way to one operation that says what it stands for", "[journal]") {
    RoomBench bench;
    bench.record(400, TELEMETRY);
    bench.record(3, WORK);
    bench.acknowledge(100, TELEMETRY);
    const auto epoch = bench.journal->epoch();
    const auto before = bench.read(TELEMETRY);
    const auto hash_of_251 = bench.journal->hash_at(TELEMETRY, 251);
    const RoomMade made = bench.make_room();
    CHECK(made.rewritten);
    CHECK(made.telemetry == 99 + 150);

    // 100, the void at 101 for 101..250, and what were 251..400.
    const auto after = bench.read(TELEMETRY);
    REQUIRE(after.size() == 152);
    CHECK(after[0].seq == 100);
    CHECK(operation_of(after[1]).voided().first() == 101);
    CHECK(operation_of(after[1]).voided().last() == 250);
    CHECK_FALSE(after[1].origin.has_value());
    CHECK(operation_of(after[1]).id().size() == 36);
    CHECK(after[2].seq == 102);
    CHECK(after[2].operation == before[250].operation);
    REQUIRE(after[2].origin.has_value());
    CHECK(after[2].origin->epoch() == epoch);
    CHECK(after[2].origin->seq() == 251);
    CHECK(after[2].origin->hash() == hash_of_251.value());
    CHECK(after.back().operation == before.back().operation);
    CHECK(bench.journal->last_seq(TELEMETRY) == 251);
    bench.check_chain_behind_noted(TELEMETRY);
    bench.check_chain(WORK);

    bench.open();
    CHECK(bench.journal->last_seq(TELEMETRY) == 251);
    bench.record(1, TELEMETRY);
    bench.check_chain_behind_noted(TELEMETRY);
}

TEST_CASE("A void that covers an earlier one stands for all that went", "[journal]") {
    RoomBench bench;
    bench.record(400, TELEMETRY);
    CHECK(bench.make_some_room().telemetry == 200);
    bench.record(399, TELEMETRY);  // with the void and the 200 behind it: 600
    CHECK(bench.make_some_room().telemetry == 300);
    const auto entries = bench.read(TELEMETRY);
    REQUIRE(entries.size() == 301);
    const auto operation = operation_of(entries.front());
    CHECK(operation.voided().last() - operation.voided().first() + 1 == 200 + 299);
    bench.check_chain(TELEMETRY);
}

TEST_CASE("What the hub says of numbers from before a void is not written to those that came after it",
          "[journal]") {
    RoomBench bench;
    bench.record(400, TELEMETRY);
    auto late = bench.ack(1, 200, TELEMETRY);
    late.mutable_applied()->set_hash(bench.journal->hash_at(TELEMETRY, 200).value());
    REQUIRE(bench.make_some_room().rewritten);
    bench.note(late);
    CHECK(bench.journal->noted(TELEMETRY) == 0);
    CHECK(bench.journal->find({}).value().front().state == OperationState::pending);
    auto now = bench.ack(1, 201, TELEMETRY);
    now.mutable_applied()->set_hash(bench.journal->hash_at(TELEMETRY, 201).value());
    bench.note(now);
    CHECK(bench.journal->noted(TELEMETRY) == 201);
}

TEST_CASE("A new epoch after a void carries each entry with its first place, and the void with its own",
          "[journal]") {
    RoomBench bench;
    bench.record(400, TELEMETRY);
    const auto epoch = bench.journal->epoch();
    REQUIRE(bench.make_some_room().rewritten);
    REQUIRE(bench.open_epoch({}).has_value());
    const auto entries = bench.read(TELEMETRY);
    REQUIRE(entries.size() == 201);
    CHECK(entries[0].origin->epoch() == epoch);
    CHECK(entries[0].origin->seq() == 1);
    std::set<std::uint64_t> origins;
    for (std::size_t i = 1; i < entries.size(); ++i) origins.insert(entries[i].origin->seq());
    CHECK(*origins.begin() == 201);
    CHECK(*origins.rbegin() == 400);
    CHECK(origins.size() == 200);
    bench.check_chain(TELEMETRY);
}

TEST_CASE("What an earlier epoch left with the hub makes room by the same rules", "[journal]") {
    RoomBench bench;
    bench.record(10, WORK);
    bench.acknowledge(10, WORK);
    REQUIRE(bench.open_epoch({{WORK, 10}}).has_value());
    bench.record(2, WORK);
    CHECK_FALSE(bench.make_room().anything());
    CHECK(bench.make_room(recorded + 1).trimmed == 10);
    CHECK(bench.journal->earlier(1).at(0).first() == 11);
    CHECK(bench.journal->first_held(WORK) == 1);
    CHECK(bench.seqs(WORK).size() == 2);
    bench.check_chain(WORK);
}

TEST_CASE("An epoch that was left says from where on it holds anything, though the hub has none of it",
          "[journal]") {
    RoomBench bench;
    bench.record(10, WORK);
    bench.acknowledge(10, WORK);
    bench.a_backup_holds(10, WORK);
    REQUIRE(bench.make_room().trimmed == 9);
    REQUIRE(bench.open_epoch({}).has_value());  // the hub was restored to before it had any
    const auto earlier = bench.journal->earlier(10);
    REQUIRE(earlier.size() == 1);
    CHECK(earlier[0].seq() == 0);
    CHECK(earlier[0].noted() == 0);
    CHECK(earlier[0].first() == 10);
    CHECK(bench.seqs(WORK).size() == 1);
}

TEST_CASE("A hub that stands where the journal was trimmed is another one, not a disk that cannot be read",
          "[journal]") {
    RoomBench bench;
    bench.record(10, WORK);
    bench.acknowledge(10, WORK);
    bench.a_backup_holds(10, WORK);
    REQUIRE(bench.make_room().trimmed == 9);
    const auto hash = bench.journal->hash_at(WORK, 5);
    REQUIRE(hash.has_value());
    CHECK(hash->empty());
    CHECK_FALSE(bench.journal->hash_at(WORK, 10).value().empty());
}

TEST_CASE("Recording goes on between the steps of making room", "[journal]") {
    RoomBench bench;
    bench.record(3000, WORK);
    bench.acknowledge(3000, WORK);
    bench.a_backup_holds(3000, WORK);
    std::vector<std::string> order;
    // The writer stands still until both are asked for.
    bench.loop.shut();
    bench.journal->append(WORK, observation("first"), [](const Result<Recorded>&) {});
    bench.loop.await_event();
    bench.journal->append(WORK, observation("second"), [](const Result<Recorded>&) {});
    bench.loop.await_blocked(1);
    bench.journal->make_room(everything, {}, [&](const Result<RoomMade>&) { order.emplace_back("room"); });
    bench.journal->append(WORK, observation("meanwhile"), [&](const Result<Recorded>& saved) {
        CHECK(saved.has_value());
        order.emplace_back("saved");
    });
    bench.loop.open();
    bench.loop.run_until([&] { return order.size() == 2; });
    CHECK(order == std::vector<std::string>{"saved", "room"});
    bench.check_chain_behind_noted(WORK);
}
