#include "daemon/hub/journal/operations.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <limits>

#include "tests/unit/hub_journal/bench.hpp"

using namespace fieldpost;
using namespace fieldpost::hub;
using namespace fieldpost::hub::testing;
using protocol::WORK;

namespace {

// Brought by epoch 78 at `seq`, first written at `first`.
engine::OperationPlace again(const engine::OperationPlace& first, std::uint64_t seq,
                             std::uint64_t epoch = 78) {
    engine::OperationPlace place{epoch, first.lane, seq, sha256("in epoch " + std::to_string(epoch)),
                                 std::nullopt};
    place.origin.emplace();
    place.origin->set_epoch(first.epoch);
    place.origin->set_seq(first.seq);
    place.origin->set_hash(first.hash);
    return place;
}

}  // namespace

TEST_CASE("An observation becomes a record at its property, and its version is told", "[hub_journal]") {
    Bench bench;
    auto operation = bench.observation("obs-1", "broken hydrant");
    operation.mutable_gnss()->set_fix(protocol::FIX_3D);
    operation.mutable_gnss()->set_accuracy_m(2.5F);
    operation.mutable_gnss()->mutable_position()->set_lat_e7(430481000);
    operation.mutable_observation_made()->set_severity("major");
    auto& value = *operation.mutable_observation_made()->add_values();
    value.set_name("flow");
    value.set_value("900");
    const auto result = bench.apply(operation);
    CHECK(result.outcome == protocol::ACCEPTED);
    CHECK(result.version == 1);

    const auto record = bench.message<records::Observation>(observation_id("obs-1"));
    CHECK(record.note() == "broken hydrant");
    CHECK(record.kind() == "hazard");
    CHECK(record.severity() == "major");
    CHECK(record.device() == "truck-1");
    CHECK(record.recorded_at() == 1'772'366'400);
    CHECK(record.time_quality() == "gnss");
    CHECK(record.fix() == "3d");
    CHECK(record.accuracy_m() == Approx(2.5));
    CHECK(record.position().lat_e7() == 430481000);
    REQUIRE(record.values_size() == 1);
    CHECK(record.values(0).value() == "900");

    const auto head = bench.stored().head(observation_id("obs-1")).value().value();
    CHECK(head.property == bench.place);
    CHECK(head.link_method == records::LinkMethod::source);
    CHECK(bench.areas(observation_id("obs-1")) == std::set<std::string>{"east"});
}

TEST_CASE("Without a fix a record has no position", "[hub_journal]") {
    Bench bench;
    bench.apply(bench.observation("obs-1"));
    const auto record = bench.message<records::Observation>(observation_id("obs-1"));
    CHECK(record.fix() == "none");
    CHECK_FALSE(record.has_position());
}

TEST_CASE("The start and the end of a visit make one record with two versions", "[hub_journal]") {
    Bench bench;
    CHECK(bench.apply(bench.visit_started("visit-1")).version == 1);
    auto record = bench.message<records::Visit>(visit_id("visit-1"));
    CHECK(record.purpose() == "inspection");
    CHECK(record.started_at() == 1'772'366'400);
    CHECK(record.finished_at() == 0);

    CHECK(bench.apply(bench.visit_finished("visit-1")).version == 2);
    record = bench.message<records::Visit>(visit_id("visit-1"));
    CHECK(record.purpose() == "inspection");
    CHECK(record.started_at() == 1'772'366'400);
    CHECK(record.finished_at() == 1'772'370'000);
    CHECK(record.result() == "passed");
    CHECK(bench.store->database().execAndGet("SELECT count(*) FROM record WHERE kind = 15").getInt() == 1);
}

TEST_CASE("An end that does not name the place leaves the visit where it stands", "[hub_journal]") {
    Bench bench;
    bench.apply(bench.visit_started("visit-1"));
    auto end = bench.visit_finished("visit-1");
    end.set_property(0);
    CHECK(bench.apply(end).outcome == protocol::ACCEPTED);
    const auto head = bench.stored().head(visit_id("visit-1")).value().value();
    CHECK(head.property == bench.place);
    CHECK(head.link_method == records::LinkMethod::source);
    CHECK(bench.areas(visit_id("visit-1")) == std::set<std::string>{"east"});
}

TEST_CASE("A record without a place goes to every area", "[hub_journal]") {
    Bench bench;
    auto operation = bench.observation("obs-1");
    operation.set_property(0);
    bench.apply(operation);
    CHECK(bench.areas(observation_id("obs-1")) == std::set<std::string>{"east", "west"});
    CHECK(bench.stored().head(observation_id("obs-1")).value()->property == 0);
}

TEST_CASE("An operation that a later epoch brings again is applied once, however often", "[hub_journal]") {
    Bench bench;
    const Bytes body = bench.observation("obs-1").SerializeAsString();
    const auto first = bench.next_place(body);
    const auto result = bench.try_apply(first, body).value();
    for (const std::uint64_t epoch : {78U, 79U, 80U}) {
        for (int repeat = 0; repeat < 2; ++repeat) {
            const auto repeated = bench.try_apply(again(first, 5, epoch), body);
            REQUIRE(repeated.has_value());
            CHECK(repeated->outcome == result.outcome);
            CHECK(repeated->version == result.version);
        }
        CHECK(bench.results(epoch, 5, 5)[0].version == result.version);
    }
    CHECK(bench.try_apply(first, body).has_value());
    CHECK(bench.operations->count().value() == 1);
    CHECK(bench.stored().head(observation_id("obs-1")).value()->version == 1);
    CHECK(bench.results(77, 1, 1).size() == 1);
}

TEST_CASE("An operation that a later epoch brings first is known when its own comes", "[hub_journal]") {
    Bench bench;
    const Bytes body = bench.observation("obs-1").SerializeAsString();
    const auto first = bench.next_place(body);
    bench.try_apply(again(first, 1), body).value();
    CHECK(bench.results(78, 1, 1).size() == 1);
    CHECK(bench.operations->results("truck-1", 77, WORK, 1, 1).has_error());  // it did not arrive there
    bench.try_apply(first, body).value();
    CHECK(bench.results(77, 1, 1)[0].version == 1);
    CHECK(bench.operations->count().value() == 1);
}

TEST_CASE("Two histories of one epoch are both kept, and each place has its own result", "[hub_journal]") {
    Bench bench;
    bench.apply(bench.observation("obs-1"));
    const auto common = bench.hash;
    bench.apply(bench.observation("obs-2"));
    bench.apply(bench.observation("obs-3"));

    // A journal restored to obs-1 went on with something else, and brings it in a new epoch.
    const Bytes other = bench.observation("obs-other").SerializeAsString();
    const engine::OperationPlace written{77, WORK, 2, protocol::chain_next(common, other), std::nullopt};
    CHECK(bench.try_apply(again(written, 1), other)->outcome == protocol::ACCEPTED);
    CHECK(bench.operations->count().value() == 4);
    CHECK(bench.results(78, 1, 1).size() == 1);
    // Restored once more, it asks again what became of its first epoch.
    const auto results = bench.operations->results("truck-1", 77, WORK, 1, 3);
    REQUIRE(results.has_value());
    CHECK(results->size() == 3);
}

TEST_CASE("The same place and bytes of another device are another operation", "[hub_journal]") {
    Bench bench;
    const Bytes body = bench.observation("obs-1").SerializeAsString();
    const auto place = bench.next_place(body);
    bench.try_apply(place, body, "truck-1").value();
    bench.try_apply(place, body, "truck-2").value();
    CHECK(bench.operations->count().value() == 2);
}

TEST_CASE("An observation never changes: another one under its id is in conflict, and both are kept",
          "[hub_journal]") {
    Bench bench;
    bench.apply(bench.observation("obs-1", "broken hydrant"));
    const Bytes first = bench.message<records::Observation>(observation_id("obs-1")).SerializeAsString();
    SECTION("of another device") {
        const auto result = bench.apply(bench.observation("obs-1", "broken hydrant"), "truck-2");
        CHECK(result.outcome == protocol::CONFLICT);
        CHECK_FALSE(result.reason.empty());
    }
    SECTION("of the same device") {
        const auto result = bench.apply(bench.observation("obs-1", "all is well"));
        CHECK(result.outcome == protocol::CONFLICT);
        CHECK(bench.results(77, 2, 2)[0].outcome == protocol::CONFLICT);
    }
    CHECK(bench.message<records::Observation>(observation_id("obs-1")).SerializeAsString() == first);
    CHECK(bench.stored().head(observation_id("obs-1")).value()->version == 1);
    CHECK(bench.operations->count().value() == 2);
}

TEST_CASE("The same observation that was recorded twice is one record", "[hub_journal]") {
    Bench bench;
    bench.apply(bench.observation("obs-1"));
    CHECK(bench.apply(bench.observation("obs-1")).outcome == protocol::ACCEPTED);
    CHECK(bench.stored().head(observation_id("obs-1")).value()->version == 1);
}

TEST_CASE("A visit is its device's alone: another one can neither start nor finish it", "[hub_journal]") {
    Bench bench;
    bench.apply(bench.visit_started("visit-1"));
    CHECK(bench.apply(bench.visit_started("visit-1"), "truck-2").outcome == protocol::CONFLICT);
    CHECK(bench.apply(bench.visit_finished("visit-1"), "truck-2").outcome == protocol::CONFLICT);
    CHECK(bench.apply(bench.visit_finished("visit-1")).outcome == protocol::ACCEPTED);
    const auto record = bench.message<records::Visit>(visit_id("visit-1"));
    CHECK(record.device() == "truck-1");
    CHECK(record.result() == "passed");
    CHECK(bench.operations->count().value() == 4);
}

TEST_CASE("What was said of a visit stands: another start or end is in conflict", "[hub_journal]") {
    Bench bench;
    bench.apply(bench.visit_started("visit-1", "inspection"));
    CHECK(bench.apply(bench.visit_started("visit-1", "emergency")).outcome == protocol::CONFLICT);
    CHECK(bench.apply(bench.visit_started("visit-1", "inspection")).outcome == protocol::ACCEPTED);
    bench.apply(bench.visit_finished("visit-1", "passed"));
    CHECK(bench.apply(bench.visit_finished("visit-1", "failed")).outcome == protocol::CONFLICT);
    CHECK(bench.apply(bench.visit_finished("visit-1", "passed")).outcome == protocol::ACCEPTED);
    const auto record = bench.message<records::Visit>(visit_id("visit-1"));
    CHECK(record.purpose() == "inspection");
    CHECK(record.result() == "passed");
    CHECK(bench.stored().head(visit_id("visit-1")).value()->version == 2);
}

TEST_CASE("An end that comes before its start is one visit with it", "[hub_journal]") {
    Bench bench;
    bench.apply(bench.visit_finished("visit-1"));
    CHECK(bench.apply(bench.visit_started("visit-1")).outcome == protocol::ACCEPTED);
    const auto record = bench.message<records::Visit>(visit_id("visit-1"));
    CHECK(record.purpose() == "inspection");
    CHECK(record.result() == "passed");
}

TEST_CASE("What cannot be understood is quarantined with its bytes, and the lane goes on", "[hub_journal]") {
    Bench bench;
    auto newer = bench.operation("new-1");
    Bytes newer_body =
        newer.SerializeAsString() + Bytes("\xf2\x06\x03new", 6);  // field 110, of a newer device
    auto far_away = bench.observation("obs-1");
    far_away.set_property(std::numeric_limits<std::uint64_t>::max());
    auto nameless = bench.observation("");
    auto no_visit = bench.visit_started("");
    auto broken_text = Bytes("\x0a\x02\xff\xfe", 4);
    auto too_long = bench.observation("long", std::string(protocol::max_operation_bytes, 'x'));

    const std::vector<Bytes> bodies{"\xff\xff garbage",
                                    broken_text,
                                    newer_body,
                                    Bytes(),
                                    far_away.SerializeAsString(),
                                    nameless.SerializeAsString(),
                                    no_visit.SerializeAsString(),
                                    too_long.SerializeAsString()};
    for (const Bytes& body : bodies) {
        const auto result = bench.apply_bytes(body);
        CHECK(result.outcome == protocol::QUARANTINED);
        CHECK(result.version == 0);
        CHECK_FALSE(result.reason.empty());
        SQLite::Statement kept(bench.store->database(), "SELECT body, outcome FROM operation WHERE seq = ?");
        kept.bind(1, static_cast<std::int64_t>(bench.seq));
        REQUIRE(kept.executeStep());
        CHECK(Bytes(static_cast<const char*>(kept.getColumn(0).getBlob()),
                    static_cast<std::size_t>(kept.getColumn(0).getBytes())) == body);
        CHECK(kept.getColumn(1).getInt() == protocol::QUARANTINED);
    }
    CHECK(bench.apply(bench.observation("obs-2")).outcome == protocol::ACCEPTED);
    CHECK(bench.count("record") == 2);  // the property and obs-2: nothing was made of the others
    const auto results = bench.results(77, 1, bench.seq);
    REQUIRE(results.size() == bodies.size() + 1);
    CHECK(results[2].reason.find("update the hub") != std::string::npos);
    CHECK(results.back().outcome == protocol::ACCEPTED);
}

TEST_CASE("A quarantined operation that comes again is told the same", "[hub_journal]") {
    Bench bench;
    const auto place = bench.next_place("\xff");
    const auto first = bench.try_apply(place, "\xff").value();
    const auto second = bench.try_apply(again(place, 1), "\xff").value();
    CHECK(second.outcome == protocol::QUARANTINED);
    CHECK(second.reason == first.reason);
    CHECK(bench.operations->count().value() == 1);
}

TEST_CASE("Results are whole from first to last or an error", "[hub_journal]") {
    Bench bench;
    for (int n = 1; n <= 10; ++n) bench.apply(bench.observation("obs-" + std::to_string(n)));
    CHECK(bench.results(77, 1, 10).size() == 10);
    CHECK(bench.results(77, 4, 6).size() == 3);
    for (const auto& [first, last] : {std::pair{5U, 11U}, {11U, 12U}, {0U, 3U}}) {
        const auto missing = bench.operations->results("truck-1", 77, WORK, first, last);
        REQUIRE(missing.has_error());
        CHECK(missing.error().code == ErrorCode::corrupt);
    }
    CHECK(bench.operations->results("truck-2", 77, WORK, 1, 1).has_error());
    CHECK(bench.results(77, 1, 1).size() == 1);  // a failure leaves nothing behind
}

TEST_CASE("A lane begins at its chain's start and stands where it was put", "[hub_journal]") {
    Bench bench;
    auto position = bench.operations->lane_position("truck-1", 5, WORK).value();
    CHECK(position.seq() == 0);
    CHECK(position.epoch() == 5);
    CHECK(position.lane() == WORK);
    CHECK(position.hash() == protocol::chain_start("truck-1", 5, WORK));
    position.set_seq(12);
    position.set_hash(sha256("there"));
    REQUIRE(bench.operations->set_lane_position("truck-1", position).has_value());
    CHECK(bench.operations->lane_position("truck-1", 5, WORK)->SerializeAsString() ==
          position.SerializeAsString());
    CHECK(bench.operations->lane_position("truck-1", 6, WORK)->seq() == 0);
    CHECK(bench.operations->lane_position("truck-2", 5, WORK)->seq() == 0);
    CHECK(bench.operations->lane_position("truck-1", 5, protocol::URGENT)->seq() == 0);
    position.set_seq(13);
    REQUIRE(bench.operations->set_lane_position("truck-1", position).has_value());
    CHECK(bench.operations->lane_position("truck-1", 5, WORK)->seq() == 13);
}

TEST_CASE("A round that is rolled back leaves neither operation nor record", "[hub_journal]") {
    Bench bench;
    const auto place = bench.next_place(bench.observation("obs-1").SerializeAsString());
    {
        SQLite::Transaction round(bench.store->database());
        REQUIRE(bench.try_apply(place, bench.observation("obs-1").SerializeAsString()).has_value());
    }
    CHECK(bench.operations->count().value() == 0);
    CHECK_FALSE(bench.stored().head(observation_id("obs-1")).value().has_value());
    SQLite::Transaction round(bench.store->database());
    auto result = bench.try_apply(place, bench.observation("obs-1").SerializeAsString());
    // The first round after may find a feed that was rolled back; the one after that goes through.
    if (!result) result = bench.try_apply(place, bench.observation("obs-1").SerializeAsString());
    REQUIRE(result.has_value());
    round.commit();
    CHECK(result->version == 1);
    CHECK(bench.operations->count().value() == 1);
}

TEST_CASE("An operation that fails half done leaves nothing, and is quarantined when its round comes again",
          "[hub_journal]") {
    Bench bench;
    auto& database = bench.store->database();
    // Its layer is written before its record.
    database.exec("CREATE TRIGGER broken BEFORE INSERT ON record WHEN NEW.kind = " +
                  std::to_string(records::OBSERVATION) + " BEGIN SELECT RAISE(ABORT, 'broken'); END");
    const Bytes body = bench.observation("obs-1").SerializeAsString();
    const auto place = bench.next_place(body);
    {
        SQLite::Transaction round(database);
        const auto result = bench.try_apply(place, body);
        REQUIRE(result.has_error());
        CHECK(result.error().code == ErrorCode::internal);
    }
    SQLite::Transaction round(database);
    const auto result = bench.try_apply(place, body);
    REQUIRE(result.has_value());
    CHECK(result->outcome == protocol::QUARANTINED);
    CHECK(bench.apply(bench.visit_started("visit-1")).outcome == protocol::ACCEPTED);
    round.commit();
    CHECK(bench.count("layer WHERE kind = " + std::to_string(records::OBSERVATION)) == 0);
    CHECK(bench.areas(visit_id("visit-1")) == std::set<std::string>{"east"});
}

TEST_CASE("What was received is listed newest first, whatever it says", "[hub_journal]") {
    Bench bench;
    bench.apply(bench.observation("obs-1", "first"));
    auto strange = bench.observation("obs-2", "from a clock gone mad");
    strange.mutable_time()->set_utc_us(std::numeric_limits<std::int64_t>::min());
    bench.apply(strange);
    bench.apply_bytes("\xff");
    const auto listed = bench.operations->list(10);
    REQUIRE(listed.has_value());
    REQUIRE(listed->size() == 3);
    CHECK(listed->at(0).at("outcome").as_string() == "quarantined");
    CHECK(listed->at(0).at("property").is_null());
    CHECK(listed->at(1).at("note").as_string() == "from a clock gone mad");
    CHECK(listed->at(2).at("note").as_string() == "first");
    CHECK(listed->at(2).at("lane").as_string() == "work");
    CHECK(listed->at(2).at("recorded_at").as_string() == "2026-03-01T12:00:00Z");
    CHECK(bench.operations->list(1)->size() == 1);
}

TEST_CASE("An operation that is kept unread has its bytes and its reason, and changes nothing",
          "[hub_journal]") {
    Bench bench;
    const Bytes body = bench.observation("obs-1").SerializeAsString();
    const auto place = bench.next_place(body);
    const engine::RegisteredDevice device{"truck-1", {}, "fire", {}, 1};
    const auto kept = bench.operations->quarantine(device, place, body, "it crashed the hub");
    REQUIRE(kept.has_value());
    CHECK(kept->outcome == protocol::QUARANTINED);
    CHECK(bench.results(77, 1, 1)[0].reason == "it crashed the hub");
    CHECK_FALSE(bench.stored().head(observation_id("obs-1")).value().has_value());
    CHECK(bench.store->database().execAndGet("SELECT body FROM operation").getString() == body);
    // It stays so, however often it comes.
    CHECK(bench.try_apply(place, body)->outcome == protocol::QUARANTINED);
    CHECK(bench.operations->count().value() == 1);
}

TEST_CASE("Moving a lane's position leaves what is safe of it", "[hub_journal]") {
    Bench bench;
    protocol::LanePosition position;
    position.set_lane(WORK);
    position.set_epoch(77);
    position.set_seq(3);
    position.set_hash("three");
    REQUIRE(bench.operations->set_lane_position("truck-1", position).has_value());
    CHECK(bench.operations->lane_position("truck-1", 77, WORK)->safe() == 0);
    bench.store->database().exec("UPDATE device_lane SET safe = 2");
    position.set_seq(4);
    REQUIRE(bench.operations->set_lane_position("truck-1", position).has_value());
    CHECK(bench.operations->lane_position("truck-1", 77, WORK)->seq() == 4);
    CHECK(bench.operations->lane_position("truck-1", 77, WORK)->safe() == 2);
}
