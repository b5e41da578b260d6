#include "hal/clock/clock.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <limits>

#include "hal/clock/sim.hpp"
#include "hal/clock/system.hpp"
#include "tests/unit/hal/temp_folder.hpp"

using namespace fieldpost;
using namespace fieldpost::hal;
using namespace fieldpost::hal::testing;

namespace {

constexpr std::int64_t second = 1'000'000;
constexpr UnixMicros far_future = 4'000'000'000 * second;  // 2096

UnixMicros system_utc_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

// What every clock keeps to.
void check_clock(Clock& clock) {
    CHECK_FALSE(clock.boot_id().empty());
    const std::int64_t first = clock.boottime_us();
    const TimeReading reading = clock.now();
    CHECK(first >= 0);
    CHECK(reading.boottime_us >= first);
    CHECK(clock.boottime_us() >= reading.boottime_us);

    clock.offer_gnss_time(far_future, clock.boottime_us());
    const TimeReading offered = clock.now();
    CHECK(offered.quality == TimeQuality::gnss);
    CHECK(offered.utc_us >= far_future);
    CHECK(offered.utc_us < far_future + 60 * second);

    clock.offer_gnss_time(1, clock.boottime_us());  // 1970: below any build date
    CHECK(clock.now().utc_us >= far_future);
}

}  // namespace

TEST_CASE("the system clock keeps the clock's contract") {
    check_clock(*make_system_clock(second));
}

TEST_CASE("the simulated clock keeps the clock's contract") {
    SimClock clock(second);
    check_clock(clock);
}

TEST_CASE("the system clock tells the system's UTC and this boot's id") {
    const auto clock = make_system_clock(0);
    const UnixMicros before = system_utc_us();
    const TimeReading reading = clock->now();
    CHECK(reading.utc_us >= before);
    CHECK(reading.utc_us <= system_utc_us());
    CHECK(reading.quality >= TimeQuality::build_floor);
    CHECK(clock->boot_id().size() == 36);
    CHECK(clock->boot_id() == make_system_clock(0)->boot_id());
}

TEST_CASE("a system time before the program was built is worth nothing") {
    CHECK(make_system_clock(far_future)->now().quality == TimeQuality::none);
}

TEST_CASE("a system without boot id and battery clock still has a clock") {
    const auto clock = make_system_clock(0, {"/nowhere/boot_id", "/nowhere/rtc"});
    CHECK(clock->boot_id().empty());
    CHECK(clock->now().quality != TimeQuality::rtc);
}

TEST_CASE("a battery clock that set the system's time is told from none") {
    const TempFolder folder;
    std::filesystem::create_directory(folder / "rtc0");
    folder.write("rtc0/hctosys", "1\n");
    const TimeQuality quality = make_system_clock(0, {"/nowhere", folder.path().string()})->now().quality;
    CHECK((quality == TimeQuality::rtc ||
           quality == TimeQuality::ntp));  // ntp where this machine is synchronised
}

TEST_CASE("satellite time that has grown old still beats a clock that nobody set") {
    SimClock clock(second);
    clock.offer_gnss_time(far_future, 0);
    clock.advance(3600 * second);
    CHECK(clock.now() == TimeReading{far_future + 3600 * second, TimeQuality::rtc, 3600 * second});
    clock.set_utc(far_future, TimeQuality::ntp);
    CHECK(clock.now() == TimeReading{far_future, TimeQuality::ntp, 3600 * second});
}
