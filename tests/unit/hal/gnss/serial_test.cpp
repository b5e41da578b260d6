#include <catch2/catch.hpp>

#include "hal/clock/system.hpp"
#include "tests/unit/hal/gnss/fix_log.hpp"
#include "tests/unit/hal/gnss/nmea.hpp"
#include "tests/unit/hal/gnss/pseudo_port.hpp"
#include "tests/unit/hal/temp_folder.hpp"

using namespace fieldpost;
using namespace fieldpost::hal;
using namespace fieldpost::hal::testing;

namespace {

struct Bench {
    TempFolder folder;
    PseudoPort port{folder / "gnss"};
    std::unique_ptr<Clock> clock = make_system_clock(0);
    FixLog log;
    std::unique_ptr<Gnss> gnss;
    int second = 0;

    void open(SettingMap settings = {}) {
        settings["path"] = port.path().string();
        settings.try_emplace("retry_max_ms", "20");
        gnss = make_gnss({"serial", settings}, *clock).value();
        REQUIRE(gnss->start(log.handler()).has_value());
    }

    // A receiver talks on whether anybody listens or not, until the driver has a fix after the first `skip`
    // ones.
    bool talk_until_heard(std::size_t skip) {
        for (int turn = 0; turn < 500; ++turn) {
            char time[16];
            std::snprintf(time, sizeof time, "12%02d%02d", second / 60 % 60, second % 60);
            ++second;
            port.say(good_epoch(time));
            if (log.wait_for(has_position, skip, std::chrono::milliseconds(40))) return true;
        }
        return false;
    }
};

}  // namespace

TEST_CASE("a receiver on a serial port delivers fixes") {
    Bench bench;
    bench.port.plug_in();
    bench.open({{"baud", "115200"}});
    REQUIRE(bench.talk_until_heard(0));
    CHECK(bench.gnss->status().state == PartState::ok);
    const Fix fix = bench.log.all().back();
    CHECK(fix.position->latitude == Approx(42.375));
    CHECK(fix.age_us(bench.clock->boottime_us()) < stale_after_us);
    CHECK(fix.utc_valid);
    const termios settings = bench.port.settings();
    CHECK(::cfgetispeed(&settings) == B115200);
    CHECK((settings.c_lflag & (ICANON | ECHO)) == 0);
}

TEST_CASE("the last epoch of a burst is delivered without waiting for the next") {
    Bench bench;
    bench.port.plug_in();
    bench.open();
    REQUIRE(bench.talk_until_heard(0));
    const std::size_t before = bench.log.count();
    bench.port.say(lost_epoch("130000"));
    CHECK(bench.log.wait_for(has_no_position, before));
}

TEST_CASE("a receiver that is unplugged is broken with no fix, and heard again when it is back") {
    Bench bench;
    bench.port.plug_in();
    bench.open();
    for (int round = 0; round < 3; ++round) {
        REQUIRE(bench.talk_until_heard(bench.log.count()));
        const std::size_t before = bench.log.count();
        bench.port.unplug();
        REQUIRE(bench.log.wait_for(has_no_position, before));
        CHECK(bench.gnss->status().state == PartState::broken);
        bench.port.plug_in();
    }
    REQUIRE(bench.talk_until_heard(bench.log.count()));
    CHECK(bench.gnss->status().state == PartState::ok);
}

TEST_CASE("a receiver may be plugged in long after the start") {
    Bench bench;
    bench.open();
    REQUIRE(bench.log.wait_for(has_no_position));
    CHECK(bench.gnss->status().state == PartState::broken);
    CHECK(bench.gnss->status().detail.find("there is no serial port") != std::string::npos);
    bench.port.plug_in();
    CHECK(bench.talk_until_heard(0));
}

TEST_CASE("a port that is open but silent is broken, until the receiver speaks") {
    Bench bench;
    bench.port.plug_in();
    bench.open({{"silence_ms", "50"}});
    REQUIRE(bench.log.wait_for(has_no_position));
    CHECK(bench.gnss->status().state == PartState::broken);
    CHECK(bench.gnss->status().detail.find("baud rate") != std::string::npos);
    REQUIRE(bench.talk_until_heard(0));
}

TEST_CASE("noise, as of a wrong baud rate, counts as silence") {
    Bench bench;
    bench.port.plug_in();
    bench.open({{"silence_ms", "100"}});
    for (int turn = 0; turn < 500 && bench.log.count() == 0; ++turn) {
        bench.port.say("\xf8\x80\x00\x78$\xe6\x9e");
        bench.log.wait_for(has_no_position, 0, std::chrono::milliseconds(20));
    }
    CHECK(bench.gnss->status().state == PartState::broken);
    CHECK(bench.gnss->status().detail.find("No NMEA sentence") != std::string::npos);
}

TEST_CASE("a path that is no serial port is told so") {
    Bench bench;
    bench.folder.write("gnss", "not a port");
    bench.open();
    REQUIRE(bench.log.wait_for(has_no_position));
    CHECK(bench.gnss->status().detail.find("is not a serial port") != std::string::npos);
}

TEST_CASE("a baud rate that no port has is refused") {
    const auto clock = make_system_clock(0);
    const auto made = make_gnss({"serial", {{"path", "/dev/gnss"}, {"baud", "9601"}}}, *clock);
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().message.find("9601") != std::string::npos);
}

TEST_CASE("a silent port whose device was replaced without a word is opened anew") {
    Bench bench;
    bench.port.plug_in();
    bench.open({{"silence_ms", "50"}});
    REQUIRE(bench.talk_until_heard(0));
    const std::size_t before = bench.log.count();
    const Fd old = bench.port.take_over();
    REQUIRE(bench.log.wait_for(has_no_position, before));
    CHECK(bench.talk_until_heard(bench.log.count()));
}
