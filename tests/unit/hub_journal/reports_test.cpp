// Where vehicles are and what their crews say: the newest report of each.
#include <boost/json/object.hpp>

#include "tests/unit/hub_journal/bench.hpp"

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

}  // namespace

TEST_CASE("The newest position of a device counts, and no position makes a record", "[reports]") {
    Bench bench;
    const auto records = bench.count("record");
    CHECK(bench.operations->reports("truck-1")->at("position").is_null());
    bench.apply(position(bench, "p-1", 10, 430000000));
    bench.apply(position(bench, "p-3", 30, 430000300));
    bench.apply(position(bench, "p-2", 20, 430000200));  // over a slower lane
    const auto report = bench.operations->reports("truck-1").value().at("position");
    CHECK(report.at("point").at("lat").as_double() == Approx(43.00003));
    CHECK(report.at("speed_mps").as_double() == Approx(12.5));
    CHECK(bench.count("record") == records);
    CHECK(bench.count("device_report") == 1);
    CHECK(bench.operations->reports("truck-2")->at("position").is_null());
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

TEST_CASE("Only telemetry may be thinned", "[reports]") {
    Bench bench;
    CHECK(bench.apply(voided(bench, 1, 9)).outcome == protocol::QUARANTINED);
    const Bytes body = voided(bench, 1, 9).SerializeAsString();
    const engine::OperationPlace place{77, protocol::TELEMETRY, 1, sha256("telemetry"), std::nullopt};
    CHECK(bench.try_apply(place, body)->outcome == protocol::ACCEPTED);
    const engine::OperationPlace next{77, protocol::TELEMETRY, 2, sha256("telemetry 2"), std::nullopt};
    CHECK(bench.try_apply(next, voided(bench, 9, 1).SerializeAsString())->outcome == protocol::QUARANTINED);
}
