// Where vehicles are and what their crews say: the newest report of each.
#include <boost/json/object.hpp>
#include <chrono>
#include <map>

#include "tests/unit/hub_journal/bench.hpp"

namespace fieldpost::hub {
extern const std::string_view schema_012_lane_reports;
}  // namespace fieldpost::hub

using namespace fieldpost;
using namespace fieldpost::hub;
using namespace fieldpost::hub::testing;

namespace {

protocol::Operation position(const Bench& bench, const std::string& id, std::int64_t boottime_s,
                             std::int32_t lat_e7) {
    auto out = bench.operation(id);
    out.mutable_time()->set_boot_id("boot-1");
    out.mutable_time()->set_boottime_us(boottime_s * 1'000'000);
    out.mutable_gnss()->set_fix(protocol::FIX_3D);
    out.mutable_gnss()->mutable_position()->set_lat_e7(lat_e7);
    out.mutable_position_reported()->set_has_motion(true);
    out.mutable_position_reported()->set_speed_mps(12.5);
    return out;
}

protocol::Operation voided(const Bench& bench, std::uint64_t first, std::uint64_t last) {
    auto out = bench.operation("void");
    out.mutable_voided()->set_first(first);
    out.mutable_voided()->set_last(last);
    return out;
}

protocol::Operation health(const Bench& bench, const std::string& id, const std::string& version) {
    auto out = bench.operation(id);
    out.mutable_time()->set_boot_id("boot-1");
    out.mutable_health_reported()->set_version(version);
    return out;
}

constexpr std::int64_t year_2090 = 3'786'912'000'000'000;

std::int64_t now_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

struct Reporting : Bench {
    // At the next place of the lane.
    void report(protocol::Lane lane, const protocol::Operation& operation,
                protocol::Outcome outcome = protocol::ACCEPTED) {
        const auto at = ++next[lane];
        const engine::OperationPlace where{
            77, lane, at, sha256(protocol::lane_name(lane) + std::to_string(at)), std::nullopt};
        const auto result = try_apply(where, operation.SerializeAsString());
        REQUIRE(result.has_value());
        CHECK(result->outcome == outcome);
    }
    protocol::Operation status(const std::string& id, const std::string& said) const {
        auto out = operation(id);
        out.mutable_time()->set_boot_id("boot-1");
        out.mutable_status_reported()->set_status(said);
        return out;
    }
    std::string crew_says() {
        const auto report = operations->reports("truck-1").value().at("status");
        return std::string(report.at("status").as_string());
    }
    double latitude() {
        return operations->reports("truck-1").value().at("position").at("point").at("lat").as_double();
    }
    std::map<protocol::Lane, std::uint64_t> next;
};

}  // namespace

TEST_CASE("The newest position of a device counts, and no position makes a record", "[reports]") {
    Reporting bench;
    const auto records = bench.count("record");
    CHECK(bench.operations->reports("truck-1")->at("position").is_null());
    bench.report(protocol::URGENT, position(bench, "p-1", 10, 430000000));
    bench.report(protocol::URGENT, position(bench, "p-3", 30, 430000300));
    bench.report(protocol::TELEMETRY, position(bench, "p-2", 20, 430000200));  // over a slower lane
    const auto report = bench.operations->reports("truck-1").value().at("position");
    CHECK(report.at("point").at("lat").as_double() == Approx(43.00003));
    CHECK(report.at("speed_mps").as_double() == Approx(12.5));
    CHECK(bench.count("record") == records);
    CHECK(bench.operations->reports("truck-2")->at("position").is_null());
}

TEST_CASE("A clock that was far ahead does not freeze where a vehicle is, nor what its crew says",
          "[reports]") {
    Reporting bench;
    auto ahead = bench.status("s-1", "on_scene");
    ahead.mutable_time()->set_utc_us(year_2090);
    bench.report(protocol::URGENT, ahead);
    auto moved_ahead = position(bench, "p-1", 10, 430000000);
    moved_ahead.mutable_time()->set_utc_us(year_2090);
    bench.report(protocol::TELEMETRY, moved_ahead);
    // The next boot knows the time.
    auto right = bench.status("s-2", "available");
    right.mutable_time()->set_boot_id("boot-2");
    bench.report(protocol::URGENT, right);
    auto moved = position(bench, "p-2", 5, 430000200);
    moved.mutable_time()->set_boot_id("boot-2");
    bench.report(protocol::TELEMETRY, moved);
    CHECK(bench.crew_says() == "available");
    CHECK(bench.latitude() == Approx(43.00002));
}

TEST_CASE("Between two lanes a clock that was far ahead loses to what is recorded after that", "[reports]") {
    Reporting bench;
    auto ahead = position(bench, "p-1", 10, 430000000);
    ahead.mutable_time()->set_utc_us(year_2090);
    bench.report(protocol::TELEMETRY, ahead);
    auto right = position(bench, "p-2", 5, 430000200);
    right.mutable_time()->set_boot_id("boot-2");
    right.mutable_time()->set_utc_us(now_us());
    bench.report(protocol::URGENT, right);
    CHECK(bench.latitude() == Approx(43.00002));
    // What the other lane still holds of an earlier boot is older.
    auto backlog = position(bench, "p-3", 20, 430000300);
    bench.report(protocol::TELEMETRY, backlog);
    CHECK(bench.latitude() == Approx(43.00002));
}

TEST_CASE("A status that had to wait does not take the place of those that came after it", "[reports]") {
    Reporting bench;
    auto waits = bench.status("s-1", "responding");
    waits.mutable_time()->set_boottime_us(10'000'000);
    waits.mutable_after()->set_epoch(77);
    waits.mutable_after()->set_lane(protocol::WORK);
    waits.mutable_after()->set_seq(1);
    bench.report(protocol::URGENT, waits, protocol::PARKED);
    auto later = bench.status("s-2", "on_scene");
    later.mutable_time()->set_boottime_us(20'000'000);
    bench.report(protocol::URGENT, later);
    bench.apply(bench.observation("w-1"));
    CHECK(bench.count("parked") == 0);
    CHECK(bench.crew_says() == "on_scene");
}

TEST_CASE("Reports that an older hub received count as they came", "[reports]") {
    Reporting bench;
    bench.report(protocol::URGENT, bench.status("s-1", "responding"));
    bench.report(protocol::URGENT, bench.status("s-2", "on_scene"));
    bench.report(protocol::TELEMETRY, position(bench, "p-1", 10, 430000100));
    auto& database = bench.store->database();
    database.exec("DROP TABLE device_report");
    database.exec("CREATE TABLE device_report (device TEXT, effect INTEGER, body BLOB)");
    database.exec(std::string(schema_012_lane_reports));
    const auto reports = bench.operations->reports("truck-1").value();
    CHECK(reports.at("status").at("status").as_string() == "on_scene");
    CHECK(reports.at("position").at("point").at("lat").as_double() == Approx(43.00001));
}

TEST_CASE("A crew's newest status counts", "[reports]") {
    Bench bench;
    auto responding = bench.operation("s-1");
    responding.mutable_status_reported()->set_status("responding");
    bench.apply(responding);
    auto sos = bench.operation("s-2");
    sos.mutable_time()->set_utc_us(sos.time().utc_us() + 1);
    sos.mutable_status_reported()->set_status("sos");
    sos.mutable_status_reported()->set_note("roof is down");
    bench.apply(sos);
    const auto report = bench.operations->reports("truck-1").value().at("status");
    CHECK(report.at("status").as_string() == "sos");
    CHECK(report.at("note").as_string() == "roof is down");
}

TEST_CASE("A vehicle's newest health counts, beside why its box started last", "[reports]") {
    Reporting bench;
    const auto shown = [&] { return bench.operations->reports("truck-1").value().at("health"); };
    CHECK(shown().is_null());
    const auto records = bench.count("record");
    auto first = health(bench, "h-1", "1.2.3");
    auto& start = *first.mutable_health_reported()->mutable_start();
    start.set_started_by("timer");
    start.set_cut_by("host_watchdog");
    start.set_failed_runs(2);
    start.set_ended("cut_short");
    start.set_booted_since(true);
    start.set_board("generic/sim");
    bench.report(protocol::TELEMETRY, first);
    auto later = health(bench, "h-2", "1.2.4");
    later.mutable_time()->set_utc_us(later.time().utc_us() + 3'600'000'000);
    auto& said = *later.mutable_health_reported();
    said.set_supply("low");
    said.set_tamper(false);
    said.set_uptime_s(3605);
    said.mutable_storage()->set_wear_percent(30);
    said.mutable_storage()->set_read_only(true);
    auto& broken = *said.add_broken();
    broken.set_name("gnss");
    broken.set_detail("no answer");
    bench.report(protocol::TELEMETRY, later);

    const auto report = shown();
    CHECK(report.at("version").as_string() == "1.2.4");
    CHECK(report.at("uptime_s").to_number<int>() == 3605);
    REQUIRE(report.at("broken").as_array().size() == 1);
    CHECK(report.at("broken").at(0).at("name").as_string() == "gnss");
    CHECK(report.at("broken").at(0).at("detail").as_string() == "no answer");
    CHECK(report.at("supply").as_string() == "low");
    CHECK(report.at("supply_mv").is_null());  // not said
    CHECK_FALSE(report.at("tamper").as_bool());
    CHECK(report.at("storage").at("wear_percent").to_number<int>() == 30);
    CHECK(report.at("storage").at("read_only").as_bool());
    CHECK(report.at("storage").at("free_bytes").is_null());
    CHECK(report.at("start").at("started_by").as_string() == "timer");
    CHECK(report.at("start").at("cut_by").as_string() == "host_watchdog");
    CHECK(report.at("start").at("failed_runs").to_number<int>() == 2);
    CHECK(report.at("start").at("ended").as_string() == "cut_short");
    CHECK(report.at("start").at("exit_code").is_null());
    CHECK(report.at("start").at("booted_since").as_bool());
    CHECK(report.at("start").at("board").as_string() == "generic/sim");
    CHECK(report.at("start").at("at").as_string() < report.at("at").as_string());
    CHECK(bench.count("record") == records);
    CHECK(bench.operations->reports("truck-2")->at("health").is_null());

    auto restarted = health(bench, "h-3", "1.2.4");
    restarted.mutable_health_reported()->mutable_start()->set_ended("clean");
    restarted.mutable_health_reported()->mutable_start()->set_exit_code(0);
    bench.report(protocol::TELEMETRY, restarted);
    CHECK(shown().at("start").at("ended").as_string() == "clean");
    CHECK(shown().at("start").at("exit_code").to_number<int>() == 0);
    CHECK(shown().at("broken").as_array().empty());
}

TEST_CASE("A health record whose start was thinned out shows no start", "[reports]") {
    Reporting bench;
    bench.report(protocol::TELEMETRY, voided(bench, 1, 3));
    bench.report(protocol::TELEMETRY, health(bench, "h-1", "1.2.3"));
    const auto report = bench.operations->reports("truck-1").value().at("health");
    CHECK(report.at("version").as_string() == "1.2.3");
    CHECK(report.at("start").is_null());
    CHECK(report.at("storage").is_null());
}

TEST_CASE("Only telemetry may be thinned", "[reports]") {
    Bench bench;
    CHECK(bench.apply(voided(bench, 1, 9)).outcome == protocol::QUARANTINED);
    const Bytes body = voided(bench, 1, 9).SerializeAsString();
    const engine::OperationPlace place{77, protocol::TELEMETRY, 1, sha256("telemetry"), std::nullopt};
    CHECK(bench.try_apply(place, body)->outcome == protocol::ACCEPTED);
    const engine::OperationPlace next{77, protocol::TELEMETRY, 2, sha256("telemetry 2"), std::nullopt};
    CHECK(bench.try_apply(next, voided(bench, 9, 1).SerializeAsString())->outcome == protocol::QUARANTINED);
}
