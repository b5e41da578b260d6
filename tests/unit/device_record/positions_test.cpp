// What the device reports of itself: where it is.
#include <catch2/catch.hpp>

#include "daemon/device/record/recorder.hpp"
#include "hal/clock/sim.hpp"
#include "tests/unit/device_journal/bench.hpp"

using namespace fieldpost;
using namespace fieldpost::device;
using protocol::TELEMETRY;
using protocol::URGENT;

namespace {

constexpr std::int64_t second = 1'000'000;

class NoBlobs final : public KeptBlobs {
  public:
    std::optional<std::uint64_t> bytes_of(BytesView) const override { return std::nullopt; }
};

struct Drive {
    Drive() { clock.advance(1000 * second); }

    // Time passes, the receiver says something, the device looks, and what it recorded is saved.
    void pass(std::int64_t seconds, bool has_fix = true) {
        clock.advance(seconds * second);
        hal::Fix fix;
        fix.received_us = clock.boottime_us();
        if (has_fix) {
            fix.type = hal::FixType::dgnss;
            fix.position = hal::Position{40.5, -89.25};
            fix.accuracy_m = 3;
            fix.hdop = 0.75;
            fix.satellites_used = 9;
            fix.speed_mps = speed;
            fix.course_deg = course;
        }
        recorder.fix(fix);
        look();
    }
    void look() {
        recorder.check_position([this] { ++urgent_told; });
        settle();
    }
    // Everything that was appended before is answered: answers come in the order of commits.
    void settle() {
        bool answered = false;
        bench.journal->append(protocol::WORK, testing::observation("settled-" + std::to_string(++settled)),
                              [&](const Result<Recorded>&) { answered = true; });
        bench.loop.run_until([&] { return answered; });
    }
    void status(const std::string& status) {
        bool answered = false;
        recorder.report_status({"", status, ""}, [&](const Result<Recorded>& saved) {
            CHECK(saved.has_value());
            answered = true;
        });
        bench.loop.run_until([&] { return answered; });
    }
    std::vector<protocol::Operation> positions(protocol::Lane lane) {
        std::vector<protocol::Operation> out;
        for (const auto& entry : bench.read(lane)) {
            protocol::Operation operation;
            REQUIRE(operation.ParseFromString(entry.operation));
            if (operation.has_position_reported()) out.push_back(std::move(operation));
        }
        return out;
    }

    testing::Bench bench;
    hal::SimClock clock;
    NoBlobs blobs;
    Recorder recorder{*bench.journal, clock, blobs};
    std::optional<double> speed = 12.5;
    std::optional<double> course = 90;
    int settled = 0;
    int urgent_told = 0;
};

}  // namespace

TEST_CASE("a vehicle's position is telemetry, with place, movement and time as the receiver said") {
    Drive drive;
    drive.clock.set_utc(1'772'366'400 * second, hal::TimeQuality::ntp);
    drive.pass(1);
    const auto positions = drive.positions(TELEMETRY);
    REQUIRE(positions.size() == 1);
    const auto& operation = positions[0];
    CHECK(is_uuid(operation.id()));
    CHECK(operation.property() == 0);
    CHECK(operation.visit_id().empty());
    CHECK(operation.gnss().fix() == protocol::FIX_DGNSS);
    CHECK(operation.gnss().position().lat_e7() == 405'000'000);
    CHECK(operation.gnss().position().lon_e7() == -892'500'000);
    CHECK(operation.gnss().accuracy_m() == 3);
    CHECK(operation.gnss().hdop() == 0.75);
    CHECK(operation.gnss().satellites() == 9);
    CHECK(operation.gnss().age_ms() == 0);
    CHECK(operation.time().quality() == protocol::TIME_NTP);
    CHECK(operation.position_reported().has_motion());
    CHECK(operation.position_reported().speed_mps() == 12.5);
    CHECK(operation.position_reported().course_deg() == 90);
    CHECK(drive.positions(URGENT).empty());
    CHECK(drive.bench.journal->waiting(TELEMETRY).positions == 1);
}

TEST_CASE("speed without a course is no movement, and without a fix nothing is recorded") {
    Drive drive;
    drive.course.reset();
    drive.pass(1, false);
    CHECK(drive.positions(TELEMETRY).empty());
    drive.pass(1);
    REQUIRE(drive.positions(TELEMETRY).size() == 1);
    CHECK_FALSE(drive.positions(TELEMETRY)[0].position_reported().has_motion());
    drive.clock.advance(3600 * second);  // the receiver has fallen silent
    drive.look();
    CHECK(drive.positions(TELEMETRY).size() == 1);
}

TEST_CASE(
    "positions are urgent while the crew responds or asks for help, and for no longer than half a day") {
    for (const std::string emergency : {"responding", "sos"}) {
        Drive drive;
        drive.pass(1);
        drive.status(emergency);
        for (int i = 0; i < 4; ++i) drive.pass(15);
        CHECK(drive.positions(URGENT).size() == 4);
        CHECK(drive.positions(TELEMETRY).size() == 1);
        CHECK(drive.bench.journal->waiting(URGENT).count == 5);
        CHECK(drive.bench.journal->waiting(URGENT).positions == 4);
        CHECK(drive.recorder.crew_status()->operation.status_reported().status() == emergency);
        CHECK(drive.recorder.asks_for_help() == (emergency == "sos"));

        Recorder next_run(*drive.bench.journal, drive.clock, drive.blobs);
        CHECK(next_run.asks_for_help() == (emergency == "sos"));
        drive.clock.advance(20 * second);
        hal::Fix fix;
        fix.type = hal::FixType::fix_3d;
        fix.position = hal::Position{40.5, -89.25};
        fix.received_us = drive.clock.boottime_us();
        next_run.fix(fix);
        next_run.check_position();
        drive.settle();
        CHECK(drive.positions(URGENT).size() == 5);

        drive.clock.advance(PositionLimits::urgent_at_most_us);
        drive.pass(1);
        CHECK(drive.positions(URGENT).size() == 5);
        CHECK(drive.positions(TELEMETRY).size() == 2);
        CHECK_FALSE(drive.recorder.asks_for_help());
    }
    Drive drive;
    drive.status("responding");
    drive.pass(1);
    drive.status("on_scene");
    drive.pass(60);
    CHECK(drive.positions(URGENT).size() == 1);
    CHECK(drive.positions(TELEMETRY).size() == 1);
}

TEST_CASE("only so many positions wait ahead of an SOS: more are telemetry, until the hub has those") {
    Drive drive;
    drive.status("responding");
    constexpr auto most = PositionLimits::urgent_waiting;
    for (int i = 0; i < 40; ++i) drive.pass(15);
    CHECK(drive.positions(URGENT).size() == most);
    CHECK(drive.positions(TELEMETRY).size() == 5);  // of the last five minutes, one each minute
    drive.status("sos");
    CHECK(drive.bench.journal->last_by_people() == most + 2);
    CHECK(drive.bench.journal->last_seq(URGENT) == most + 2);
    drive.bench.note(drive.bench.ack(1, 10, URGENT));
    drive.pass(15);
    CHECK(drive.positions(URGENT).size() == most + 1);
    CHECK(drive.bench.journal->last_by_people() == most + 2);
    CHECK(drive.bench.journal->last_seq(URGENT) == most + 3);
}

TEST_CASE("how long ago an emergency was is known by the clock after a restart of the device") {
    Drive drive;
    constexpr std::int64_t noon = 1'772'366'400 * second;
    drive.clock.set_utc(noon, hal::TimeQuality::ntp);
    drive.status("responding");
    const auto is_urgent_after = [&](std::int64_t hours) {
        hal::SimClock next_boot(0, "00000000-0000-4000-8000-000000000002");
        next_boot.advance(60 * second);
        next_boot.set_utc(noon + hours * 3600 * second, hal::TimeQuality::rtc);
        Recorder recorder(*drive.bench.journal, next_boot, drive.blobs);
        hal::Fix fix;
        fix.type = hal::FixType::fix_3d;
        fix.position = hal::Position{40.5, -89.25};
        fix.received_us = next_boot.boottime_us();
        recorder.fix(fix);
        const auto before = drive.positions(URGENT).size();
        recorder.check_position();
        drive.settle();
        return drive.positions(URGENT).size() > before;
    };
    CHECK(is_urgent_after(11));
    CHECK_FALSE(is_urgent_after(13));
    CHECK_FALSE(is_urgent_after(8 * 24));
    CHECK(is_urgent_after(20 * 365 * 24));  // a battery's clock that is wrong
}

TEST_CASE("a position that is not saved disturbs nothing, and the next is tried in its turn") {
    Drive drive;
    drive.bench.journal->accept_telemetry(false);
    drive.pass(1);
    drive.pass(60);
    CHECK(drive.positions(TELEMETRY).empty());
    CHECK(drive.bench.journal->writable());
    drive.bench.journal->accept_telemetry(true);
    drive.pass(1);
    CHECK(drive.positions(TELEMETRY).empty());
    drive.pass(60);
    CHECK(drive.positions(TELEMETRY).size() == 1);
}

TEST_CASE("while one position is being saved no other is recorded") {
    Drive drive;
    drive.pass(1);
    drive.bench.loop.shut();
    for (int i = 0; i < 5; ++i) {
        drive.clock.advance(60 * second);
        hal::Fix fix;
        fix.type = hal::FixType::fix_3d;
        fix.position = hal::Position{40.5 + i, -89.25};
        fix.received_us = drive.clock.boottime_us();
        drive.recorder.fix(fix);
        drive.recorder.check_position();
    }
    drive.bench.loop.open();
    drive.settle();
    CHECK(drive.positions(TELEMETRY).size() == 2);
}

TEST_CASE("an urgent position is told of as soon as it is saved, and no other") {
    Drive drive;
    drive.pass(1);
    CHECK(drive.positions(TELEMETRY).size() == 1);
    CHECK(drive.urgent_told == 0);
    drive.status("responding");
    drive.pass(15);
    CHECK(drive.positions(URGENT).size() == 1);
    CHECK(drive.urgent_told == 1);
}

TEST_CASE("positions are in no list of what crews recorded") {
    Drive drive;
    drive.pass(1);
    drive.status("responding");
    drive.pass(15);
    for (const auto& recorded : drive.bench.journal->find({}).value())
        CHECK_FALSE(recorded.operation.has_position_reported());
}
