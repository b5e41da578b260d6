#include "hal/clock/even_utc.hpp"

#include <rapidcheck.h>

#include <catch2/catch.hpp>

using namespace fieldpost::hal;

namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t noon = 1'710'504'000 * second;

}  // namespace

TEST_CASE("a source that steps back a little does not turn time back, and is caught up with") {
    EvenUtc even;
    CHECK(even.tell({noon, TimeQuality::ntp, 0}).utc_us == noon);
    // NTP steps the clock back by two seconds.
    CHECK(even.tell({noon - 1 * second, TimeQuality::ntp, 1 * second}).utc_us == noon + second / 2);
    CHECK(even.tell({noon + 1 * second, TimeQuality::ntp, 3 * second}).utc_us == noon + 3 * second / 2);
    CHECK(even.tell({noon + 3 * second, TimeQuality::ntp, 5 * second}).utc_us == noon + 3 * second);
}

TEST_CASE("satellites that fall silent do not turn time back to the system's clock") {
    EvenUtc even;
    even.tell({noon, TimeQuality::gnss, 0});
    const TimeReading fallen = even.tell({noon - 3 * second, TimeQuality::ntp, 1});
    CHECK(fallen.utc_us == noon);
    CHECK(fallen.quality == TimeQuality::ntp);
}

TEST_CASE("a better source overrules, also backwards, and a large step is a new truth") {
    EvenUtc even;
    even.tell({noon, TimeQuality::rtc, 0});
    CHECK(even.tell({noon - 2 * second, TimeQuality::gnss, 1}).utc_us == noon - 2 * second);
    CHECK(even.tell({noon - 3600 * second, TimeQuality::gnss, 2}).utc_us == noon - 3600 * second);
}

TEST_CASE("satellites that are heard again a little behind the system's clock do not turn time back") {
    EvenUtc even;
    even.tell({noon, TimeQuality::ntp, 0});
    const TimeReading heard = even.tell({noon - second / 2, TimeQuality::gnss, 1});
    CHECK(heard.utc_us == noon);
    CHECK(heard.quality == TimeQuality::gnss);
    CHECK(even.tell({noon + second, TimeQuality::gnss, 2 * second}).utc_us == noon + second);
}

TEST_CASE("whatever a source's small steps, its UTC never runs back") {
    CHECK(rc::check([](const std::vector<int>& steps) {
        EvenUtc even;
        std::int64_t told = 0;
        std::int64_t boottime = 0;
        for (const int step : steps) {
            boottime += 100'000;
            const std::int64_t wrong = step % (EvenUtc::step_us / 2);
            const std::int64_t utc = even.tell({noon + boottime + wrong, TimeQuality::ntp, boottime}).utc_us;
            RC_ASSERT(utc >= told);
            told = utc;
        }
    }));
}
