#include <catch2/catch.hpp>

#include "hal/clock/system.hpp"
#include "sync/base/time.hpp"
#include "tests/unit/hal/gnss/fix_log.hpp"
#include "tests/unit/hal/gnss/nmea.hpp"
#include "tests/unit/hal/temp_folder.hpp"

using namespace fieldpost;
using namespace fieldpost::hal;
using namespace fieldpost::hal::testing;

namespace {

struct Drive {
    TempFolder folder;
    std::unique_ptr<Clock> clock = make_system_clock(0);
    FixLog log;
    std::unique_ptr<Gnss> gnss;

    explicit Drive(const std::string& recording, SettingMap settings) {
        settings["path"] = folder.write("drive.nmea", recording).string();
        gnss = make_gnss({"replay", settings}, *clock).value();
        REQUIRE(gnss->start(log.handler()).has_value());
    }
};

}  // namespace

TEST_CASE("a recording is replayed to its end, which is told as broken with no fix") {
    Drive drive("# a comment\r\n" + good_epoch("120000") + lost_epoch("120001") + good_epoch("120002"),
                {{"rate", "1000"}});
    REQUIRE(drive.log.wait_for_count(4));
    const std::vector<Fix> fixes = drive.log.all();
    CHECK(fixes[0].type == FixType::fix_3d);
    CHECK(fixes[1].type == FixType::none);
    CHECK(fixes[2].type == FixType::fix_3d);
    CHECK(fixes[3].type == FixType::none);
    CHECK(drive.gnss->status().state == PartState::broken);
    CHECK(drive.gnss->status().detail.find("has ended") != std::string::npos);
}

TEST_CASE("a replay keeps the pace of the recording, times its rate, over midnight too") {
    Drive drive(good_epoch("235958") + good_epoch("000000") + good_epoch("000002"), {{"rate", "20"}});
    REQUIRE(drive.log.wait_for_count(3));
    const std::vector<Fix> fixes = drive.log.all();
    // Two seconds at twenty times the speed; late is possible on a busy machine, early is not.
    CHECK(fixes[2].received_us - fixes[0].received_us >= 190'000);
}

TEST_CASE("a looping replay goes on for ever") {
    Drive drive(good_epoch("120000") + good_epoch("120001"), {{"rate", "1000000"}, {"loop", "true"}});
    CHECK(drive.log.wait_for_count(20));
    CHECK(drive.gnss->status().state == PartState::ok);
}

TEST_CASE("a replayed fix is received now and knows no present time") {
    Drive drive(good_epoch("120000"), {});
    REQUIRE(drive.log.wait_for(has_position));
    const Fix fix = drive.log.all().front();
    CHECK(fix.age_us(drive.clock->boottime_us()) < stale_after_us);
    CHECK_FALSE(fix.utc_us);
    CHECK_FALSE(fix.utc_valid);
}

TEST_CASE("a replay can carry the recorded time") {
    Drive drive(good_epoch("120000"), {{"time", "recorded"}});
    REQUIRE(drive.log.wait_for(has_position));
    CHECK(format_rfc3339(*drive.log.all().front().utc_us) == "2024-03-15T12:00:00Z");
}

TEST_CASE("a file without sentences is told as broken, also when it should loop") {
    Drive drive(std::string(100'000, 'x'), {{"loop", "true"}});
    REQUIRE(drive.log.wait_for(has_no_position));
    CHECK(drive.gnss->status().state == PartState::broken);
}

TEST_CASE("a recording that is missing is refused with its name") {
    const auto clock = make_system_clock(0);
    const auto made = make_gnss({"replay", {{"path", "/nowhere/drive.nmea"}}}, *clock);
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().code == ErrorCode::not_found);
    CHECK(made.error().message.find("/nowhere/drive.nmea") != std::string::npos);
}
