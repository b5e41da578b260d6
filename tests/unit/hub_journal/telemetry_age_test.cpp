// Telemetry is kept for a time.
#include "daemon/hub/journal/telemetry_age.hpp"

#include <boost/json/object.hpp>

#include "daemon/hub/journal/gaps.hpp"
#include "tests/unit/hub_journal/bench.hpp"

using namespace fieldpost;
using namespace fieldpost::hub;
using namespace fieldpost::hub::testing;

namespace {

constexpr std::chrono::hours kept{24 * 90};
constexpr std::int64_t day_us = 86'400'000'000;
constexpr std::int64_t now_us = 1'800'000'000'000'000;
constexpr std::uint64_t epoch = 77;

struct Aging : Bench {
    // A report at the next place of the lane, as it was received so many days ago.
    engine::OperationPlace report(protocol::Lane lane, int days_ago, std::int32_t lat_e7 = 430000000) {
        const auto body = position(lat_e7);
        auto& chain = chains[lane];
        if (chain.empty()) chain = protocol::chain_start("truck-1", epoch, lane);
        chain = protocol::chain_next(chain, body);
        const engine::OperationPlace where{epoch, lane, ++next[lane], chain, std::nullopt};
        take(where, body);
        received(days_ago);
        protocol::LanePosition reached;
        reached.set_epoch(epoch);
        reached.set_lane(lane);
        reached.set_seq(where.seq);
        reached.set_hash(chain);
        REQUIRE(operations->set_lane_position("truck-1", reached));
        return where;
    }
    Bytes position(std::int32_t lat_e7) const {
        auto out = operation("p-" + std::to_string(lat_e7));
        out.mutable_time()->set_boot_id("boot-1");
        out.mutable_time()->set_boottime_us(lat_e7);
        out.mutable_gnss()->set_fix(protocol::FIX_3D);
        out.mutable_gnss()->mutable_position()->set_lat_e7(lat_e7);
        out.mutable_position_reported();
        return out.SerializeAsString();
    }
    void take(const engine::OperationPlace& where, const Bytes& body) {
        const auto result = try_apply(where, body);
        REQUIRE(result.has_value());
        CHECK(result->outcome == protocol::ACCEPTED);
    }
    // The last operation was.
    void received(int days_ago) {
        SQLite::Statement set(store->database(),
                              "UPDATE operation SET received_at = ? WHERE operation = "
                              "(SELECT max(operation) FROM operation)");
        set.bind(1, now_us - days_ago * day_us);
        set.exec();
    }
    // On a day before now: by a clock that is ahead when negative.
    void forget(std::size_t rows = 2000, int days_ago = 0) {
        auto more = forget_old_telemetry(*store, now_us - days_ago * day_us, kept, rows);
        REQUIRE(more.has_value());
        if (*more) forget(rows, days_ago);
    }
    std::vector<engine::OperationResult> results_of(protocol::Lane lane, std::uint64_t last) {
        return operations->results("truck-1", epoch, lane, 1, last).value();
    }
    double latitude() {
        return operations->reports("truck-1").value().at("position").at("point").at("lat").as_double();
    }

    std::map<protocol::Lane, Bytes> chains;
    std::map<protocol::Lane, std::uint64_t> next;
};

}  // namespace

TEST_CASE("Old reports of the telemetry lane go, younger ones and those of other lanes stay", "[telemetry]") {
    Aging bench;
    bench.report(protocol::URGENT, 200);
    for (int i = 0; i < 5; ++i) bench.report(protocol::TELEMETRY, 200 - i);
    bench.apply(bench.observation("o-1"));
    bench.received(150);
    bench.report(protocol::TELEMETRY, 89);
    bench.report(protocol::TELEMETRY, 1);
    bench.forget(2);
    CHECK(bench.count("operation WHERE lane = 3") == 2);
    CHECK(bench.count("operation WHERE lane <> 3") == 2);
    bench.forget();
    CHECK(bench.count("operation") == 4);
}

TEST_CASE("The cursor stays where telemetry was forgotten, and its device hears that it was accepted",
          "[telemetry]") {
    Aging bench;
    for (int i = 0; i < 4; ++i) bench.report(protocol::TELEMETRY, 200, 430000000 + i);
    const auto before = bench.operations->lane_position("truck-1", epoch, protocol::TELEMETRY).value();
    bench.apply(bench.observation("o-1"));
    bench.received(0);
    bench.forget();
    CHECK(bench.count("operation") == 1);
    const auto after = bench.operations->lane_position("truck-1", epoch, protocol::TELEMETRY).value();
    CHECK(after.SerializeAsString() == before.SerializeAsString());
    const auto results = bench.results_of(protocol::TELEMETRY, 4);
    REQUIRE(results.size() == 4);
    for (const auto& result : results) CHECK(result.outcome == protocol::ACCEPTED);
    CHECK(bench.latitude() == Approx(43.0000003));
    CHECK_FALSE(bench.operations->results("truck-1", epoch, protocol::TELEMETRY, 1, 5));  // never was here
}

TEST_CASE("Old health records go like positions, and what the last start was about stays known",
          "[telemetry]") {
    Aging bench;
    auto started = bench.operation("h-1");
    started.mutable_health_reported()->mutable_start()->set_ended("cut_short");
    auto later = bench.operation("h-2");
    later.mutable_health_reported()->set_version("1.2.3");
    std::uint64_t seq = 0;
    for (const auto& operation : {started, later}) {
        const Bytes body = operation.SerializeAsString();
        bench.take({epoch, protocol::TELEMETRY, ++seq, sha256(body), std::nullopt}, body);
        bench.received(200);
    }
    bench.apply(bench.observation("o-1"));
    bench.received(0);
    bench.forget();
    CHECK(bench.count("operation") == 1);
    const auto health = bench.operations->reports("truck-1").value().at("health");
    CHECK(health.at("version").as_string() == "1.2.3");
    CHECK(health.at("start").at("ended").as_string() == "cut_short");
}

TEST_CASE("A number is never given twice, so what comes after all was forgotten is forgotten in its time",
          "[telemetry]") {
    Aging bench;
    bench.report(protocol::TELEMETRY, 300);
    bench.report(protocol::TELEMETRY, 200);
    bench.forget(2000, 100);
    CHECK(bench.count("operation") == 1);
    bench.report(protocol::TELEMETRY, 150);
    bench.report(protocol::TELEMETRY, 1);
    bench.forget();
    CHECK(bench.count("operation") == 1);
}

TEST_CASE("What a later epoch brings again that was forgotten does not go back behind the newest report",
          "[telemetry]") {
    Aging bench;
    const auto first = bench.report(protocol::TELEMETRY, 200, 430000000);
    bench.report(protocol::TELEMETRY, 1, 440000000);
    bench.forget();
    REQUIRE(bench.count("operation") == 1);
    engine::OperationPlace again{epoch + 1, protocol::TELEMETRY, 1, sha256("again"), protocol::Origin()};
    again.origin->set_epoch(first.epoch);
    again.origin->set_seq(first.seq);
    again.origin->set_hash(first.hash);
    bench.take(again, bench.position(430000000));
    CHECK(bench.latitude() == Approx(44.0));
}

TEST_CASE("What needs an operation that was forgotten takes effect", "[telemetry]") {
    Aging bench;
    bench.report(protocol::TELEMETRY, 200);
    bench.report(protocol::TELEMETRY, 200);
    bench.report(protocol::URGENT, 1);
    bench.forget();
    REQUIRE(bench.count("operation WHERE lane = 3") == 0);
    auto needs = bench.observation("o-1");
    needs.mutable_after()->set_epoch(epoch);
    needs.mutable_after()->set_lane(protocol::TELEMETRY);
    needs.mutable_after()->set_seq(1);
    CHECK(bench.apply(needs).outcome == protocol::ACCEPTED);
    auto waits = bench.observation("o-2");
    *waits.mutable_after() = needs.after();
    waits.mutable_after()->set_seq(3);
    CHECK(bench.apply(waits).outcome == protocol::PARKED);
}

TEST_CASE("What was quarantined and what fills a named gap is not forgotten", "[telemetry]") {
    Aging bench;
    bench.report(protocol::TELEMETRY, 200);
    bench.report(protocol::TELEMETRY, 200);
    const engine::OperationPlace where{epoch, protocol::TELEMETRY, 3, sha256("unreadable"), std::nullopt};
    REQUIRE(bench.try_apply(where, "\xff\xff")->outcome == protocol::QUARANTINED);
    bench.received(200);
    bench.report(protocol::URGENT, 1);
    Gaps gaps(*bench.store);
    REQUIRE(gaps.name("truck-1", epoch, protocol::TELEMETRY, 2, 2));
    bench.forget();
    CHECK(bench.count("operation WHERE lane = 3") == 2);
    const auto named = gaps.list(10).value();
    REQUIRE(named.size() == 1);
    CHECK(named[0].missing == 0);
}

TEST_CASE("A report that came while the hub's clock was ahead keeps nothing behind it", "[telemetry]") {
    Aging bench;
    bench.report(protocol::TELEMETRY, -1000);
    bench.report(protocol::TELEMETRY, 200);
    bench.report(protocol::TELEMETRY, 1);
    bench.forget();
    CHECK(bench.count("operation") == 2);
}

TEST_CASE("A clock that is ahead takes nothing away that is young beside the last report", "[telemetry]") {
    Aging bench;
    bench.report(protocol::TELEMETRY, 200);
    bench.report(protocol::TELEMETRY, 80);
    bench.report(protocol::TELEMETRY, 1);
    bench.forget(2000, -5000);
    CHECK(bench.count("operation") == 2);
}

TEST_CASE("However far a clock jumps ahead, a pass counts two days more as gone", "[telemetry]") {
    Aging bench;
    const auto present = [&](int days) {
        return (telemetry_present(*bench.store, now_us + days * day_us).value() - now_us) / day_us;
    };
    CHECK(present(0) == 0);
    CHECK(present(5000) == 2);
    CHECK(present(5000) == 4);
    CHECK(present(1) == 1);
    CHECK(present(5) == 5);
    CHECK(present(100) == 7);
}

TEST_CASE("What a clock that is behind does not take away goes when it is right again", "[telemetry]") {
    Aging bench;
    const auto rows = GENERATE(as<std::size_t>{}, 1, 2000);
    bench.report(protocol::TELEMETRY, 200);
    bench.report(protocol::TELEMETRY, 150);
    bench.report(protocol::TELEMETRY, 80);
    SECTION("before anything came by it") {
        bench.forget(rows, 10'000);
    }
    SECTION("after") {
        bench.report(protocol::TELEMETRY, 10'000);
        bench.forget(rows, 10'000);
    }
    CHECK(bench.count("operation WHERE received_at > 1500000000000000") == 3);
    bench.report(protocol::TELEMETRY, 1);
    bench.forget(rows);
    CHECK(bench.count("operation WHERE received_at > 1500000000000000") == 2);
}

TEST_CASE("Many reports that came while the hub's clock was ahead keep nothing behind them", "[telemetry]") {
    Aging bench;
    for (int i = 0; i < 20; ++i) bench.report(protocol::TELEMETRY, -1000);
    bench.report(protocol::TELEMETRY, 80);
    bench.report(protocol::TELEMETRY, 1);
    bench.forget(3);
    CHECK(bench.count("operation") == 22);  // nothing is old
    bench.forget(3, -30);
    CHECK(bench.count("operation") == 22);
    bench.report(protocol::TELEMETRY, -30);
    bench.forget(3, -30);
    CHECK(bench.count("operation") == 22);
}
