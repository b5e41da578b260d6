// What the device reports of itself: how it is doing.
#include <catch2/catch.hpp>

#include "daemon/device/record/recorder.hpp"
#include "hal/clock/sim.hpp"
#include "tests/unit/device_journal/bench.hpp"

using namespace fieldpost;
using namespace fieldpost::device;
using protocol::TELEMETRY;

namespace {

constexpr std::int64_t second = 1'000'000;

class NoBlobs final : public KeptBlobs {
  public:
    std::optional<std::uint64_t> bytes_of(BytesView) const override { return std::nullopt; }
};

NewHealth some_health() {
    NewHealth health;
    health.version = "1.2.3";
    health.start = NewStart{{RunEnd::clean, 0, true}, "generic/sim", "B"};
    health.broken = {{"gnss", "no answer for 20 s"}};
    auto& supervisor = health.supervisor.emplace();
    supervisor.started_by = hal::StartReason::timer;
    supervisor.cut_by = hal::CutReason::host_watchdog;
    supervisor.failed_runs = 2;
    supervisor.supply = hal::SupplyLevel::low;
    supervisor.supply_mv = 11'400;
    supervisor.tamper_openings = 1;
    auto& storage = health.storage.emplace();
    storage.free_bytes = 1'000'000;
    storage.wear_percent = 30;
    storage.spare = hal::Spare::warning;
    storage.errors = 4;
    health.uptime = std::chrono::seconds(42);
    return health;
}

struct Box {
    Box() { clock.advance(1000 * second); }

    void report(const NewHealth& health) {
        recorder.report_health(health);
        settle();
    }
    void pass(std::int64_t seconds) { clock.advance(seconds * second); }
    // Everything that was appended before is answered: answers come in the order of commits.
    void settle() {
        bool answered = false;
        bench.journal->append(protocol::WORK, testing::observation("settled-" + std::to_string(++settled)),
                              [&](const Result<Recorded>&) { answered = true; });
        bench.loop.run_until([&] { return answered; });
    }
    std::vector<protocol::Operation> records() {
        std::vector<protocol::Operation> out;
        for (const auto& entry : bench.read(TELEMETRY)) {
            protocol::Operation operation;
            REQUIRE(operation.ParseFromString(entry.operation));
            if (operation.has_health_reported()) out.push_back(std::move(operation));
        }
        return out;
    }

    testing::Bench bench;
    hal::SimClock clock;
    NoBlobs blobs;
    Recorder recorder{*bench.journal, clock, blobs};
    int settled = 0;
};

}  // namespace

TEST_CASE("a health record says how the box is doing and why it runs, in the words of its parts") {
    const auto record = health_record(some_health());
    CHECK(record.version() == "1.2.3");
    CHECK(record.start().started_by() == "timer");
    CHECK(record.start().cut_by() == "host_watchdog");
    CHECK(record.start().failed_runs() == 2);
    CHECK(record.start().ended() == "clean");
    CHECK(record.start().has_exit_code());
    CHECK(record.start().exit_code() == 0);
    CHECK(record.start().booted_since());
    CHECK(record.start().board() == "generic/sim");
    CHECK(record.start().revision() == "B");
    REQUIRE(record.broken_size() == 1);
    CHECK(record.broken(0).name() == "gnss");
    CHECK(record.broken(0).detail() == "no answer for 20 s");
    CHECK(record.supply() == "low");
    CHECK(record.supply_mv() == 11'400);
    CHECK(record.has_tamper());
    CHECK_FALSE(record.tamper());
    CHECK(record.tamper_openings() == 1);
    CHECK(record.storage().free_bytes() == 1'000'000);
    CHECK(record.storage().wear_percent() == 30);
    CHECK(record.storage().spare() == "warning");
    CHECK(record.storage().has_read_only());
    CHECK(record.storage().errors() == 4);
    CHECK(record.uptime_s() == 42);
}

TEST_CASE("what is not known is absent from a health record, not zero") {
    NewHealth health;
    health.start.emplace();
    const auto record = health_record(health);
    CHECK(record.start().started_by() == "unknown");
    CHECK(record.start().cut_by() == "unknown");
    CHECK(record.start().ended() == "unknown");
    CHECK_FALSE(record.start().has_failed_runs());
    CHECK_FALSE(record.start().has_exit_code());
    CHECK_FALSE(record.start().has_booted_since());
    CHECK_FALSE(record.has_supply_mv());
    CHECK(record.supply().empty());
    CHECK_FALSE(record.has_tamper());
    CHECK_FALSE(record.has_storage());
    health.storage.emplace();
    CHECK_FALSE(health_record(health).storage().has_wear_percent());
    CHECK_FALSE(health_record(health).storage().has_errors());
    CHECK(health_record(health).storage().spare().empty());
}

TEST_CASE("however much a part says, a health record is small, and sound text") {
    NewHealth health = some_health();
    health.version = std::string(1000, 'v');
    health.broken.clear();
    health.broken.push_back({"", "a part without a name"});
    for (int i = 0; i < 100; ++i)
        health.broken.push_back(
            {"part " + std::to_string(i) + std::string(1000, 'n'), std::string(199, 'd') + "\u00e9"});
    health.broken[1].detail = "\xff broken text";
    health.start->board = std::string(1000, 'b');
    const auto record = health_record(health);
    CHECK(record.version().size() == HealthBounds::word);
    CHECK(record.start().board().size() == HealthBounds::word);
    REQUIRE(record.broken_size() == static_cast<int>(HealthBounds::broken));
    CHECK(record.broken(0).name().starts_with("part 0"));
    CHECK(record.broken(0).name().size() == HealthBounds::word);
    CHECK(record.broken(0).detail() == "\u00ff broken text");
    CHECK(record.broken(1).detail() == std::string(199, 'd'));  // no half of a character
    CHECK(record.ByteSizeLong() < 8000);
    Box box;
    box.report(health);
    CHECK(box.records().size() == 1);
}

TEST_CASE("a health record is telemetry, and only the first of a run tells of its start") {
    Box box;
    box.clock.set_utc(1'772'366'400 * second, hal::TimeQuality::ntp);
    box.report(some_health());
    box.pass(30);
    box.report(some_health());
    CHECK(box.records().size() == 1);
    box.pass(3600);
    box.report(some_health());
    const auto records = box.records();
    REQUIRE(records.size() == 2);
    CHECK(is_uuid(records[0].id()));
    CHECK(records[0].time().quality() == protocol::TIME_NTP);
    CHECK(records[0].property() == 0);
    CHECK(records[0].health_reported().start().started_by() == "timer");
    CHECK_FALSE(records[1].health_reported().has_start());
    CHECK(records[1].health_reported().version() == "1.2.3");
    CHECK(box.bench.journal->waiting(TELEMETRY).positions == 2);
    Recorder next_run(*box.bench.journal, box.clock, box.blobs);
    next_run.report_health(some_health());
    box.settle();
    REQUIRE(box.records().size() == 3);
    CHECK(box.records()[2].health_reported().has_start());
}

TEST_CASE("a health record does not tell where the vehicle is: its positions do, or nothing does") {
    Box box;
    hal::Fix fix;
    fix.type = hal::FixType::fix_3d;
    fix.position = hal::Position{40.5, -89.25};
    fix.received_us = box.clock.boottime_us();
    box.recorder.fix(fix);
    box.report(some_health());
    REQUIRE(box.records().size() == 1);
    CHECK_FALSE(box.records()[0].has_gnss());
}

TEST_CASE("a start that could not be saved is told by the next record that is") {
    Box box;
    box.bench.journal->accept_telemetry(false);
    box.report(some_health());
    CHECK(box.records().empty());
    box.bench.journal->accept_telemetry(true);
    box.pass(59);
    box.report(some_health());
    CHECK(box.records().empty());
    box.pass(1);
    box.report(some_health());
    REQUIRE(box.records().size() == 1);
    CHECK(box.records()[0].health_reported().has_start());
    box.pass(3600);
    box.report(some_health());
    CHECK_FALSE(box.records().back().health_reported().has_start());
}

TEST_CASE("the start is told again until a supervisor that is fitted has said why the box has power") {
    Box box;
    NewHealth unheard = some_health();
    unheard.has_supervisor = true;
    unheard.supervisor.reset();
    box.report(unheard);
    REQUIRE(box.records().size() == 1);
    CHECK(box.records()[0].health_reported().start().started_by() == "unknown");
    box.pass(60);
    NewHealth heard = some_health();
    heard.has_supervisor = true;
    box.report(heard);
    REQUIRE(box.records().size() == 2);
    CHECK(box.records()[1].health_reported().start().started_by() == "timer");
    CHECK(box.records()[1].health_reported().start().cut_by() == "host_watchdog");
    box.pass(3600);
    box.report(heard);
    CHECK_FALSE(box.records().back().health_reported().has_start());
}

TEST_CASE("a box without a supervisor tells of its start once") {
    Box box;
    NewHealth health = some_health();
    health.supervisor.reset();
    box.report(health);
    box.pass(3600);
    box.report(health);
    REQUIRE(box.records().size() == 2);
    CHECK(box.records()[0].health_reported().has_start());
    CHECK_FALSE(box.records()[1].health_reported().has_start());
}

TEST_CASE("a health record from before the time was known makes no correction that would wait for the hub") {
    Box box;
    const auto corrections = [&] {
        box.settle();
        int count = 0;
        for (const auto& entry : box.bench.read(protocol::WORK)) {
            protocol::Operation operation;
            REQUIRE(operation.ParseFromString(entry.operation));
            if (operation.has_time_corrected()) ++count;
        }
        return count;
    };
    box.report(some_health());
    REQUIRE(box.records()[0].time().quality() < protocol::TIME_NTP);
    box.pass(10);
    box.clock.set_utc(1'772'366'400 * second, hal::TimeQuality::ntp);
    box.recorder.check_time();
    CHECK(corrections() == 0);
    Recorder next_run(*box.bench.journal, box.clock, box.blobs);
    next_run.check_time();
    CHECK(corrections() == 0);
}

TEST_CASE("while a slow disk saves one health record no other is made") {
    Box box;
    box.recorder.report_health(some_health());
    box.pass(7200);
    box.recorder.report_health(some_health());
    box.settle();
    CHECK(box.records().size() == 1);
    box.report(some_health());
    CHECK(box.records().size() == 2);
}
