#include "daemon/hub/journal/parking.hpp"

#include <sqlite3.h>

#include "tests/unit/hub_journal/bench.hpp"

using namespace fieldpost;
using namespace fieldpost::hub;
using namespace fieldpost::hub::testing;

namespace {

struct Waiting : Bench {
    // An observation at a place of the urgent lane that needs one of the work lane.
    engine::OperationResult urgent(const std::string& id, std::uint64_t at, std::uint64_t needs,
                                   protocol::Lane lane = protocol::WORK, std::uint64_t epoch = 77) {
        auto made = observation(id);
        made.mutable_after()->set_epoch(epoch);
        made.mutable_after()->set_lane(lane);
        made.mutable_after()->set_seq(needs);
        const Bytes body = made.SerializeAsString();
        const engine::OperationPlace where{77, protocol::URGENT, at, sha256("urgent " + id), std::nullopt};
        auto result = try_apply(where, body);
        REQUIRE(result.has_value());
        return *result;
    }
    int outcome(const std::string& id) {
        SQLite::Statement get(store->database(), "SELECT outcome FROM operation WHERE id = ?");
        get.bind(1, id);
        REQUIRE(get.executeStep());
        return get.getColumn(0).getInt();
    }
    bool is_there(const std::string& id) { return stored().head(observation_id(id)).value().has_value(); }
};

}  // namespace

TEST_CASE("An operation waits for the one that it needs, and takes effect with it", "[parking]") {
    Waiting bench;
    const auto parked = bench.urgent("u-1", 1, 1);
    CHECK(parked.outcome == protocol::PARKED);
    CHECK(parked.version == 0);
    CHECK_FALSE(parked.reason.empty());
    CHECK_FALSE(bench.is_there("u-1"));
    bench.apply(bench.observation("w-1"));
    CHECK(bench.is_there("u-1"));
    CHECK(bench.outcome("u-1") == protocol::ACCEPTED);
    CHECK(bench.count("parked") == 0);
    const auto results = bench.operations->results("truck-1", 77, protocol::URGENT, 1, 1).value();
    CHECK(results[0].outcome == protocol::ACCEPTED);
    CHECK(results[0].version == 1);
    // Its device has heard only that it waits.
    const auto settled = bench.operations->take_settled().value();
    REQUIRE(settled.size() == 1);
    CHECK(settled[0].device == "truck-1");
    CHECK(settled[0].epoch == 77);
    CHECK(settled[0].lane == protocol::URGENT);
    CHECK(settled[0].seq == 1);
    CHECK(bench.operations->take_settled()->empty());
}

TEST_CASE("What is there already need not be waited for", "[parking]") {
    Waiting bench;
    bench.apply(bench.observation("w-1"));
    CHECK(bench.urgent("u-1", 1, 1).outcome == protocol::ACCEPTED);
    CHECK(bench.operations->take_settled()->empty());
}

TEST_CASE("A chain of waiting operations takes effect at once, in order", "[parking]") {
    Waiting bench;
    CHECK(bench.urgent("u-1", 1, 1).outcome == protocol::PARKED);
    CHECK(bench.urgent("u-2", 2, 1, protocol::URGENT).outcome == protocol::PARKED);
    CHECK(bench.urgent("u-3", 3, 2, protocol::URGENT).outcome == protocol::PARKED);
    bench.apply(bench.observation("w-1"));
    for (const char* id : {"u-1", "u-2", "u-3"}) CHECK(bench.outcome(id) == protocol::ACCEPTED);
    CHECK(bench.operations->take_settled()->size() == 3);
}

TEST_CASE("What needs a quarantined operation is quarantined, whichever comes first", "[parking]") {
    Waiting bench;
    CHECK(bench.urgent("u-1", 1, 1).outcome == protocol::PARKED);
    CHECK(bench.urgent("u-2", 2, 1, protocol::URGENT).outcome == protocol::PARKED);
    CHECK(bench.apply_bytes("\xff garbage").outcome == protocol::QUARANTINED);
    CHECK(bench.outcome("u-1") == protocol::QUARANTINED);
    CHECK(bench.outcome("u-2") == protocol::QUARANTINED);
    CHECK(bench.urgent("u-3", 3, 1).outcome == protocol::QUARANTINED);
    CHECK_FALSE(bench.is_there("u-1"));
}

TEST_CASE("An operation that waits for itself, or for what comes after it, is quarantined", "[parking]") {
    Waiting bench;
    CHECK(bench.urgent("u-1", 1, 1, protocol::URGENT).outcome == protocol::QUARANTINED);
    CHECK(bench.urgent("u-2", 2, 7, protocol::URGENT).outcome == protocol::QUARANTINED);
}

TEST_CASE("What is waited for is known by any place at which it came", "[parking]") {
    Waiting bench;
    const Bytes body = bench.observation("w-1").SerializeAsString();
    const auto first = bench.next_place(body);
    REQUIRE(bench.try_apply(first, body).has_value());
    CHECK(bench.urgent("u-1", 1, 5, protocol::WORK, 78).outcome == protocol::PARKED);
    engine::OperationPlace again{78, protocol::WORK, 5, sha256("in epoch 78"), std::nullopt};
    again.origin.emplace();
    again.origin->set_epoch(first.epoch);
    again.origin->set_seq(first.seq);
    again.origin->set_hash(first.hash);
    REQUIRE(bench.try_apply(again, body).has_value());
    CHECK(bench.outcome("u-1") == protocol::ACCEPTED);
    CHECK(bench.urgent("u-2", 2, 5, protocol::WORK, 78).outcome == protocol::ACCEPTED);
}

TEST_CASE("Another device's operation at that place is not what is waited for", "[parking]") {
    Waiting bench;
    CHECK(bench.urgent("u-1", 1, 1).outcome == protocol::PARKED);
    bench.apply(bench.observation("w-1"), "truck-2");
    CHECK(bench.outcome("u-1") == protocol::PARKED);
}

TEST_CASE("No more than so many operations of a device wait", "[parking]") {
    Waiting bench;
    SQLite::Transaction round(bench.store->database());
    for (std::uint64_t n = 1; n <= Parking::limit; ++n) {
        bench.urgent("u-" + std::to_string(n), n, 1);
    }
    CHECK(bench.urgent("one more", Parking::limit + 1, 1).outcome == protocol::QUARANTINED);
    CHECK(bench.count("parked") == Parking::limit);
    bench.apply(bench.observation("w-1"));
    CHECK(bench.count("parked") == 0);
}

TEST_CASE("No more than so many bytes of a device wait, and those that still wait for another count on",
          "[parking]") {
    Waiting bench;
    SQLite::Transaction round(bench.store->database());
    const auto large = [&](std::uint64_t at) {
        // It waits for the work lane's first, and then for the observation that it corrects.
        auto made = bench.operation("u-" + std::to_string(at));
        made.mutable_observation_corrected()->set_observation("not here");
        made.mutable_observation_corrected()->mutable_made()->set_note(std::string(60'000, 'n'));
        made.mutable_after()->set_epoch(77);
        made.mutable_after()->set_lane(protocol::WORK);
        made.mutable_after()->set_seq(1);
        return made.SerializeAsString();
    };
    const auto send = [&](std::uint64_t at, const std::string& device = "truck-1") {
        const engine::OperationPlace where{77, protocol::URGENT, at, sha256(std::to_string(at)),
                                           std::nullopt};
        return bench.try_apply(where, large(at), device).value().outcome;
    };
    const auto bytes = [&] {
        return bench.store->database()
            .execAndGet("SELECT sum(bytes) FROM parked WHERE device = 'truck-1'")
            .getInt64();
    };
    std::uint64_t at = 1;
    while (send(at) == protocol::PARKED) ++at;
    CHECK(bytes() <= Parking::limit_bytes);
    CHECK(bytes() > Parking::limit_bytes - 64'000);
    CHECK(bench.outcome("u-" + std::to_string(at)) == protocol::QUARANTINED);
    CHECK(bench.urgent("small", at + 1, 1).outcome == protocol::PARKED);
    CHECK(send(1, "truck-2") == protocol::PARKED);

    const auto before = bytes();
    const auto small = bench.store->database()
                           .execAndGet("SELECT length(body) FROM operation WHERE id = 'small'")
                           .getInt64();
    bench.apply(bench.observation("w-1"));
    CHECK(bytes() == before - small);
    CHECK(send(at + 2) == protocol::QUARANTINED);
    bench.apply(bench.observation("not here"));
    CHECK(bytes() == 0);
    CHECK(bench.count("parked") == 1);
    CHECK(bench.urgent("room again", at + 3, 99).outcome == protocol::PARKED);
}

TEST_CASE("A parked operation that comes again still waits, and is there once", "[parking]") {
    Waiting bench;
    bench.urgent("u-1", 1, 1);
    CHECK(bench.urgent("u-1", 1, 1).outcome == protocol::PARKED);
    CHECK(bench.operations->count().value() == 1);
    bench.apply(bench.observation("w-1"));
    CHECK(bench.urgent("u-1", 1, 1).outcome == protocol::ACCEPTED);
    CHECK(bench.operations->count().value() == 2);
}

TEST_CASE("What waited is told at each place where its device knows it, and nowhere else", "[parking]") {
    Waiting bench;
    // It comes in a later epoch first; nothing ever arrives where it was first written.
    auto made = bench.observation("u-1");
    made.mutable_after()->set_epoch(77);
    made.mutable_after()->set_lane(protocol::WORK);
    made.mutable_after()->set_seq(1);
    engine::OperationPlace later{78, protocol::URGENT, 4, sha256("in epoch 78"), std::nullopt};
    later.origin.emplace();
    later.origin->set_epoch(77);
    later.origin->set_seq(9);
    later.origin->set_hash("hash in epoch 77");
    REQUIRE(bench.try_apply(later, made.SerializeAsString())->outcome == protocol::PARKED);
    bench.apply(bench.observation("w-1"));
    const auto settled = bench.operations->take_settled().value();
    REQUIRE(settled.size() == 1);
    CHECK(settled[0].epoch == 78);
    CHECK(settled[0].seq == 4);
}

TEST_CASE("Asking what was settled takes no longer when there are many operations", "[parking]") {
    Bench bench;
    {
        SQLite::Transaction round(bench.store->database());
        for (int i = 0; i < 500; ++i) bench.apply(bench.observation("obs-" + std::to_string(i)));
        round.commit();
    }
    int hundreds = 0;  // of the database's steps
    sqlite3_progress_handler(
        bench.store->database().getHandle(), 100,
        [](void* count) {
            ++*static_cast<int*>(count);
            return 0;
        },
        &hundreds);
    CHECK(bench.operations->take_settled().value().empty());
    CHECK(hundreds < 5);
}

TEST_CASE("What was settled in a round that is rolled back is not told", "[parking]") {
    Waiting bench;
    bench.urgent("u-1", 1, 1);
    {
        SQLite::Transaction round(bench.store->database());
        bench.apply(bench.observation("w-1"));
    }
    CHECK(bench.operations->take_settled()->empty());
    CHECK(bench.outcome("u-1") == protocol::PARKED);
}
