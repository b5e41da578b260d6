#include "tests/unit/device_journal/bench.hpp"

using namespace fieldpost;
using namespace fieldpost::device;
using namespace fieldpost::device::testing;
using protocol::URGENT;
using protocol::WORK;

namespace {

std::vector<std::string> ids(const std::vector<Recorded>& found) {
    std::vector<std::string> out;
    for (const auto& one : found) out.push_back(one.operation.id());
    return out;
}

protocol::Operation at(protocol::Operation operation, std::int64_t utc_us) {
    operation.mutable_time()->set_utc_us(utc_us);
    return operation;
}

}  // namespace

TEST_CASE("What the hub said of each operation is kept, also over a restart", "[journal]") {
    Bench bench;
    bench.append_numbered(5);
    auto ack = bench.ack(1, 4);
    auto& conflict = *ack.add_exceptions();
    conflict.set_seq(2);
    conflict.set_outcome(protocol::CONFLICT);
    conflict.set_reason("another was first");
    auto& quarantined = *ack.add_exceptions();
    quarantined.set_seq(3);
    quarantined.set_outcome(protocol::QUARANTINED);
    quarantined.set_reason("cannot be read");
    ack.set_versions(2, 0);
    bench.note(ack);

    for (int restart = 0; restart < 2; ++restart) {
        CHECK(bench.journal->noted(WORK) == 4);
        const auto first = bench.journal->by_id("id-1").value().value();
        CHECK(first.state == OperationState::accepted);
        CHECK(first.version == 101);
        const auto second = bench.journal->by_id("id-2").value().value();
        CHECK(second.state == OperationState::conflict);
        CHECK(second.version == 102);
        CHECK(second.reason == "another was first");
        const auto third = bench.journal->by_id("id-3").value().value();
        CHECK(third.state == OperationState::quarantined);
        CHECK(third.version == 0);
        CHECK(third.reason == "cannot be read");
        CHECK(bench.journal->by_id("id-5").value()->state == OperationState::pending);
        bench.open();
    }
}

TEST_CASE("Notes are counted, and what the city holds of them is kept over a restart", "[journal]") {
    Bench bench;
    bench.append_numbered(3);
    const auto noted_in = [&](const char* id) { return bench.journal->by_id(id).value()->noted_in; };
    CHECK(bench.journal->notes() == 0);
    bench.note(Bench::parked(bench.ack(1, 2), 1));
    bench.note(Bench::parked(bench.ack(1, 2), 1));  // told again, nothing is new
    CHECK(bench.journal->notes() == 1);
    CHECK(noted_in("id-2") == 1);
    bench.note(bench.ack(1, 1));  // what it waited for has come
    CHECK(bench.journal->notes() == 2);
    CHECK(noted_in("id-1") == 2);
    CHECK(noted_in("id-2") == 1);
    CHECK(noted_in("id-3") == 0);

    const records::FeedId feed{"east", {records::INTERNAL, "fire"}};
    bench.journal->note_in_city({1, {{{"west", {records::PUBLIC, "general"}}, {5, 6}}}});
    const engine::InCity known{2, {{feed, {1000, 17}}}};
    bench.journal->note_in_city(known);
    bench.loop.run_until([&] { return bench.journal->in_city() == known; });
    bench.open();
    CHECK(bench.journal->in_city() == known);
    CHECK(bench.journal->notes() == 2);
    // A new epoch's operations are pending again, in no note yet.
    REQUIRE(bench.open_epoch({{WORK, 1}}).has_value());
    CHECK(noted_in("id-1") == 2);
    CHECK(noted_in("id-2") == 0);
    CHECK(bench.journal->notes() == 2);
}

TEST_CASE("What was written last is found first, also when the clock went back and an epoch began",
          "[journal]") {
    Bench bench;
    REQUIRE(bench.append(at(observation("first"), 4'000'000)).has_value());
    REQUIRE(bench.append(at(observation("second"), 2'000'000)).has_value());
    bench.note(bench.ack(1, 1));
    REQUIRE(bench.open_epoch({{WORK, 1}}).has_value());
    REQUIRE(bench.append(at(observation("third"), 3'000'000)).has_value());
    JournalQuery query;
    CHECK(ids(bench.journal->find(query).value()) == std::vector<std::string>{"first", "third", "second"});
    query.as_written = true;
    CHECK(ids(bench.journal->find(query).value()) == std::vector<std::string>{"third", "second", "first"});
    query.limit = 2;
    CHECK(ids(bench.journal->find(query).value()) == std::vector<std::string>{"third", "second"});
    query.effects = {protocol::Operation::kObservationMade};
    query.limit = 1;
    CHECK(ids(bench.journal->find(query).value()) == std::vector<std::string>{"third"});
}

TEST_CASE("The last of its lane is the one that was written last, though an earlier clock was far ahead",
          "[journal]") {
    const auto status = [](const std::string& id, std::int64_t utc_us) {
        auto out = at(observation(id), utc_us);
        out.mutable_status_reported()->set_status("on_scene");
        return out;
    };
    constexpr int effect = protocol::Operation::kStatusReported;
    Bench bench;
    CHECK_FALSE(bench.journal->last(URGENT, effect).value().has_value());
    REQUIRE(bench.append(status("ahead", 9'000'000), URGENT).has_value());
    REQUIRE(bench.append(status("right", 2'000'000), URGENT).has_value());
    REQUIRE(bench.append(observation("no status"), URGENT).has_value());
    REQUIRE(bench.append(status("elsewhere", 3'000'000)).has_value());
    CHECK(bench.journal->last(URGENT, effect).value()->operation.id() == "right");
    // The new epoch carries none of them.
    bench.note(bench.ack(1, 3, URGENT));
    REQUIRE(bench.open_epoch({{URGENT, 3}, {WORK, 0}}).has_value());
    CHECK(bench.journal->last(URGENT, effect).value()->operation.id() == "right");
    REQUIRE(bench.append(status("newest", 1'000'000), URGENT).has_value());
    CHECK(bench.journal->last(URGENT, effect).value()->operation.id() == "newest");
}

TEST_CASE("What waits at the hub stays pending with its reason, until the hub says what became of it",
          "[journal]") {
    Bench bench;
    bench.append_numbered(4);
    const auto waiting = bench.parked(bench.ack(1, 4), 2);
    bench.note(waiting);
    for (int restart = 0; restart < 2; ++restart) {
        const auto parked = bench.journal->by_id("id-2").value().value();
        CHECK(parked.state == OperationState::pending);
        CHECK(parked.reason == "waits for another");
        CHECK(bench.journal->noted(WORK) == 4);
        CHECK(bench.journal->waiting(WORK).count == 0);
        CHECK(bench.journal->parked(WORK, 0, 10) == std::vector<std::uint64_t>{2});
        CHECK(bench.journal->parked(URGENT, 0, 10).empty());
        bench.open();
    }
    auto settled = bench.ack(2, 2);
    settled.mutable_applied()->set_seq(4);
    for (const auto& said : {settled, waiting}) {  // the first word of it comes late
        bench.note(said);
        const auto known = bench.journal->by_id("id-2").value().value();
        CHECK(known.state == OperationState::accepted);
        CHECK(known.version == 102);
        CHECK(known.reason.empty());
        CHECK(bench.journal->noted(WORK) == 4);
        CHECK(bench.journal->parked(WORK, 0, 10).empty());
    }
}

TEST_CASE("The journal tells from where on it holds a lane", "[journal]") {
    Bench bench;
    CHECK(bench.journal->first_held(WORK) == 1);
    bench.append_numbered(10);
    CHECK(bench.journal->first_held(WORK) == 1);
    bench.note(bench.parked(bench.parked(bench.ack(1, 10), 3), 7));
    protocol::LanePosition position;
    position.set_epoch(bench.journal->epoch());
    position.set_lane(WORK);
    position.set_safe(7);
    bench.journal->note_safe(position);
    std::optional<Result<RoomMade>> made;
    bench.journal->make_room(0, {}, [&](const Result<RoomMade>& room) { made = room; });
    bench.loop.run_until([&] { return made.has_value(); });
    CHECK((*made)->trimmed == 5);  // 1 to 7, but what waits at the hub
    CHECK(bench.journal->first_held(WORK) == 7);
    CHECK(bench.journal->parked(WORK, 0, 10) == std::vector<std::uint64_t>{3, 7});
    CHECK(bench.journal->parked(WORK, 3, 10) == std::vector<std::uint64_t>{7});
}

TEST_CASE("Results behind a hole are not kept, and those told twice are kept once", "[journal]") {
    Bench bench;
    bench.append_numbered(6);
    bench.note(bench.ack(3, 4));
    CHECK(bench.journal->noted(WORK) == 0);
    CHECK(bench.journal->by_id("id-3").value()->state == OperationState::pending);
    bench.note(bench.ack(1, 2));
    bench.note(bench.ack(1, 4));
    CHECK(bench.journal->noted(WORK) == 4);
    bench.note(bench.ack(2, 3));
    CHECK(bench.journal->noted(WORK) == 4);
    CHECK(bench.journal->noted(URGENT) == 0);
}

TEST_CASE("Results of entries that the journal does not hold are not kept", "[journal]") {
    Bench bench;
    bench.append_numbered(4);
    bench.note(bench.ack(1, 5));
    auto before_the_first = bench.ack(1, 4);
    before_the_first.set_first_seq(0);
    bench.note(before_the_first);
    CHECK(bench.journal->noted(WORK) == 0);
    CHECK(bench.journal->waiting(WORK).count == 4);
    CHECK(bench.journal->by_id("id-1").value()->state == OperationState::pending);
    bench.note(bench.ack(1, 4));
    CHECK(bench.journal->noted(WORK) == 4);
}

TEST_CASE("What waits for the hub is counted, with the time of the oldest", "[journal]") {
    Bench bench;
    CHECK(bench.journal->waiting(WORK).count == 0);
    CHECK_FALSE(bench.journal->waiting(WORK).oldest_us.has_value());
    for (int n = 1; n <= 4; ++n)
        REQUIRE(bench.append(at(observation("w-" + std::to_string(n)), n * 1000)).has_value());
    CHECK(bench.journal->waiting(WORK).count == 4);
    CHECK(bench.journal->waiting(WORK).oldest_us == 1000);
    CHECK(bench.journal->waiting(URGENT).count == 0);
    bench.note(bench.ack(1, 2));
    CHECK(bench.journal->waiting(WORK).count == 2);
    CHECK(bench.journal->waiting(WORK).oldest_us == 3000);
    REQUIRE(bench.open_epoch({{WORK, 2}}).has_value());
    CHECK(bench.journal->waiting(WORK).count == 2);
    CHECK(bench.journal->waiting(WORK).oldest_us == 3000);
    bench.note(bench.ack(1, 2));
    CHECK(bench.journal->waiting(WORK).count == 0);
}

TEST_CASE("What the device reports of itself is counted apart and stands in no list of what people did",
          "[journal]") {
    Bench bench;
    const auto report = [](const std::string& id, bool of_health) {
        protocol::Operation out;
        out.set_id(id);
        of_health ? (void)out.mutable_health_reported() : (void)out.mutable_position_reported();
        return out;
    };
    REQUIRE(bench.append(observation("sos"), URGENT).has_value());
    REQUIRE(bench.append(report("position", false), URGENT).has_value());
    REQUIRE(bench.append(report("health", true), URGENT).has_value());
    REQUIRE(bench.append(report("health as it goes", true), protocol::TELEMETRY).has_value());
    for (int restart = 0; restart < 2; ++restart) {
        CHECK(bench.journal->last_by_people() == 1);
        CHECK(bench.journal->waiting(URGENT).count == 3);
        CHECK(bench.journal->waiting(URGENT).positions == 2);
        CHECK(bench.journal->waiting(protocol::TELEMETRY).count == 1);
        CHECK(bench.journal->waiting(protocol::TELEMETRY).positions == 1);
        CHECK(ids(bench.journal->find({}).value()) == std::vector<std::string>{"sos"});
        JournalQuery pending;
        pending.state = OperationState::pending;
        CHECK(ids(bench.journal->find(pending).value()) == std::vector<std::string>{"sos"});
        bench.open();
    }
    // A hub that does not know them yet keeps them unread: nothing that a crew has to hear of.
    auto ack = bench.ack(1, 1, protocol::TELEMETRY);
    auto& exception = *ack.add_exceptions();
    exception.set_seq(1);
    exception.set_outcome(protocol::QUARANTINED);
    exception.set_reason("an effect that this hub does not know: update the hub");
    bench.note(ack);
    JournalQuery quarantined;
    quarantined.state = OperationState::quarantined;
    CHECK(bench.journal->find(quarantined).value().empty());
}

TEST_CASE("Entries are read in order within their bounds, one at least", "[journal]") {
    Bench bench;
    for (int n = 0; n < 6; ++n) {
        REQUIRE(bench.append(observation("r-" + std::to_string(n), std::string(1000, 'n'))).has_value());
    }
    CHECK(bench.journal->read(WORK, 0, 4, 1'000'000).value().size() == 4);
    CHECK(bench.journal->read(WORK, 0, 100, 2'500).value().size() == 2);
    CHECK(bench.journal->read(WORK, 0, 100, 1).value().size() == 1);
    CHECK(bench.journal->read(WORK, 6, 100, 1'000'000).value().empty());
    const auto rest = bench.journal->read(WORK, 4, 100, 1'000'000).value();
    REQUIRE(rest.size() == 2);
    CHECK(rest[0].seq == 5);
    protocol::Operation operation;
    REQUIRE(operation.ParseFromString(rest[0].operation));
    CHECK(operation.id() == "r-4");
}

TEST_CASE("Operations are found by visit, property, state and effect, newest first", "[journal]") {
    Bench bench;
    protocol::Operation started;
    started.set_id("visit-1");
    started.set_visit_id("visit-1");
    started.set_property(7);
    started.mutable_time()->set_utc_us(1);
    started.mutable_visit_started();
    REQUIRE(bench.append(started).has_value());
    REQUIRE(bench.append(at(observation("a", "in the visit", 7, "visit-1"), 2)).has_value());
    REQUIRE(bench.append(at(observation("b", "at the place", 7), 3)).has_value());
    REQUIRE(bench.append(at(observation("c", "elsewhere", 8), 4)).has_value());
    REQUIRE(bench.append(at(observation("d", "nowhere"), 5)).has_value());
    bench.note(bench.ack(1, 2));
    const auto found = [&](const std::function<void(Journal::Query&)>& ask) {
        Journal::Query query;
        ask(query);
        return ids(bench.journal->find(query).value());
    };
    using Query = Journal::Query;
    using Ids = std::vector<std::string>;

    CHECK(found([](Query&) {}) == Ids{"d", "c", "b", "a", "visit-1"});
    CHECK(found([](Query& query) { query.limit = 2; }) == Ids{"d", "c"});
    CHECK(found([](Query& query) { query.visit = "visit-1"; }) == Ids{"a", "visit-1"});
    CHECK(found([](Query& query) { query.visit = ""; }).empty());
    CHECK(found([](Query& query) { query.visit = "' OR 1 --"; }).empty());
    CHECK(found([](Query& query) { query.property = 7; }) == Ids{"b", "a", "visit-1"});
    CHECK(found([](Query& query) { query.property = 0; }).empty());
    CHECK(found([](Query& query) { query.state = OperationState::accepted; }) == Ids{"a", "visit-1"});
    CHECK(found([](Query& query) { query.state = OperationState::pending; }) == Ids{"d", "c", "b"});
    CHECK(found([](Query& query) { query.effects = {protocol::Operation::kVisitStarted}; }) ==
          Ids{"visit-1"});
    CHECK(found([](Query& query) {
              query.property = 7;
              query.state = OperationState::pending;
              query.effects = {protocol::Operation::kObservationMade};
          }) == Ids{"b"});
    CHECK_FALSE(bench.journal->by_id("none").value().has_value());
}

TEST_CASE(
    "The newest operations are listed without sorting all there are, and those that are few without seeing "
    "them",
    "[journal]") {
    using protocol::Operation;
    const Bench bench;
    Database database((bench.folder.path / "journal.db").string());
    struct Asked {
        std::vector<int> effects;
        std::optional<OperationState> state;
        std::string index;
    };
    const std::vector<int> visits = {Operation::kVisitStarted, Operation::kVisitFinished};
    const Asked all_asked[] = {
        {{}, std::nullopt, "operation_recorded"},
        {visits, std::nullopt, "operation_visiting"},
        {visits, OperationState::accepted, "operation_visiting"},
        {visits, OperationState::pending, "operation_pending"},
        {{}, OperationState::pending, "operation_pending"},
        {{Operation::kObservationMade}, OperationState::pending, "operation_pending"},
        {{Operation::kObservationMade}, std::nullopt, "operation_recorded"},
        {{Operation::kObservationMade}, OperationState::quarantined, "operation_judged"},
        {{Operation::kObservationMade}, OperationState::conflict, "operation_judged"},
        {{Operation::kObservationCorrected}, std::nullopt, "operation_correction"},
    };
    for (const auto& [effects, state, index] : all_asked) {
        JournalQuery query;
        query.effects = effects;
        query.state = state;
        SQLite::Statement plan(database, "EXPLAIN QUERY PLAN " + JournalReader::text_of(query));
        std::string steps;
        while (plan.executeStep()) steps += plan.getColumn("detail").getString() + "; ";
        INFO(steps);
        CHECK(steps.find("USING INDEX " + index) != std::string::npos);
        CHECK(steps.find("TEMP B-TREE") == std::string::npos);
    }
}

TEST_CASE("The journal's size is that of its files", "[journal]") {
    Bench bench;
    const auto before = bench.journal->bytes();
    CHECK(before > 0);
    bench.append_numbered(20);
    CHECK(bench.journal->bytes() > before);
}
