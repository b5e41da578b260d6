#include "tests/unit/device_journal/bench.hpp"

using namespace fieldpost;
using namespace fieldpost::device;
using namespace fieldpost::device::testing;
using protocol::URGENT;
using protocol::WORK;

TEST_CASE("A new epoch carries what the hub has not acknowledged, with its first place", "[journal]") {
    Bench bench;
    bench.append_numbered(5);
    bench.append_numbered(2, URGENT);
    const auto first_epoch = bench.journal->epoch();
    const auto before = bench.read();
    const auto fourth_hash = bench.journal->hash_at(WORK, 4);
    REQUIRE(bench.open_epoch({{WORK, 3}}).has_value());

    CHECK(bench.journal->epoch() != first_epoch);
    const auto carried = bench.read();
    REQUIRE(carried.size() == 2);
    CHECK(carried[0].operation == before[3].operation);
    CHECK(carried[1].operation == before[4].operation);
    REQUIRE(carried[0].origin.has_value());
    CHECK(carried[0].origin->epoch() == first_epoch);
    CHECK(carried[0].origin->seq() == 4);
    CHECK(carried[0].origin->hash() == fourth_hash.value());
    CHECK(bench.read(URGENT).size() == 2);
    bench.check_chain(WORK);
    bench.check_chain(URGENT);

    // New operations go behind them, and what went before is still found.
    bench.append_numbered(1);
    CHECK(bench.journal->last_seq(WORK) == 3);
    CHECK_FALSE(bench.read().back().origin.has_value());
    CHECK(bench.journal->by_id("id-1").value()->epoch == first_epoch);
    CHECK(bench.journal->by_id("id-4").value()->epoch == bench.journal->epoch());
    CHECK(bench.journal->find({}).value().size() == 8);
    CHECK(bench.append(observation("id-1"))->repeated);
}

TEST_CASE("An operation keeps its first place through any number of epochs and restarts", "[journal]") {
    Bench bench;
    bench.append_numbered(4);
    const auto first_epoch = bench.journal->epoch();
    const auto hash = bench.journal->hash_at(WORK, 4).value();
    for (std::uint64_t gone = 0; gone < 3; ++gone) {
        REQUIRE(bench.open_epoch({{WORK, gone == 0 ? 0U : 1U}}).has_value());
        bench.open();
        const auto entries = bench.read();
        REQUIRE(entries.size() == 4 - gone);
        CHECK(entries.back().origin->epoch() == first_epoch);
        CHECK(entries.back().origin->seq() == 4);
        CHECK(entries.back().origin->hash() == hash);
        bench.check_chain();
    }
}

TEST_CASE("A new epoch that is wanted twice is opened once and loses nothing", "[journal]") {
    Bench bench;
    bench.append_numbered(5);
    int opened = 0;
    for (int i = 0; i < 2; ++i) {
        bench.journal->open_epoch("wanted", {{WORK, 3}}, [&](const Status& status) {
            CHECK(status.has_value());
            ++opened;
        });
    }
    bench.loop.run_until([&] { return opened == 2; });
    CHECK(bench.read().size() == 2);
    CHECK(bench.journal->last_seq(WORK) == 2);
    bench.check_chain();
}

TEST_CASE("What is appended while an epoch is opened lands behind it", "[journal]") {
    Bench bench;
    bench.append_numbered(2);
    const auto first_epoch = bench.journal->epoch();
    std::optional<Recorded> recorded;
    bool opened = false;
    bench.journal->open_epoch("wanted", {{WORK, 1}},
                              [&](const Status& status) { opened = status.has_value(); });
    bench.journal->append(WORK, observation("meanwhile"),
                          [&](const Result<Recorded>& saved) { recorded = *saved; });
    bench.loop.run_until([&] { return recorded.has_value(); });
    CHECK(opened);
    CHECK(recorded->epoch != first_epoch);
    CHECK(recorded->seq == 2);
    bench.check_chain();
}

TEST_CASE("What the hub says of an earlier epoch is not written to the new one", "[journal]") {
    Bench bench;
    bench.append_numbered(3);
    const auto late = bench.ack(1, 3);
    REQUIRE(bench.open_epoch({}).has_value());
    bench.note(late);
    CHECK(bench.journal->noted(WORK) == 0);
    CHECK(bench.journal->by_id("id-1").value()->state == OperationState::pending);
    bench.note(bench.ack(1, 3));
    CHECK(bench.journal->noted(WORK) == 3);
}
