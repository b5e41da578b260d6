#include "hal/clock/gnss_time.hpp"

#include <catch2/catch.hpp>

using namespace fieldpost::hal;

namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t utc = 1'750'000'000 * second;

}  // namespace

TEST_CASE("satellite time is carried on by the boot clock") {
    GnssTime time(0);
    CHECK_FALSE(time.utc_at(5 * second));
    REQUIRE(time.offer(utc, 4 * second, 5 * second));
    CHECK(time.utc_at(5 * second) == utc + second);
    CHECK(time.utc_at(3600 * second) == utc + 3596 * second);
}

TEST_CASE("satellite time is fresh for a minute") {
    GnssTime time(0);
    CHECK_FALSE(time.fresh_at(0));
    time.offer(utc, 0, 0);
    CHECK(time.fresh_at(60 * second));
    CHECK_FALSE(time.fresh_at(60 * second + 1));
    time.offer(utc + 61 * second, 61 * second, 61 * second);
    CHECK(time.fresh_at(61 * second));
}

TEST_CASE("a satellite time below the build date, from the future, or out of order is not believed") {
    GnssTime time(utc);
    CHECK_FALSE(time.offer(utc - 1, 0, 0));
    CHECK_FALSE(time.offer(utc, 1, 0));
    REQUIRE(time.offer(utc, 2 * second, 2 * second));
    CHECK_FALSE(time.offer(utc + second, second, 3 * second));
}

TEST_CASE("uneven delivery of fixes does not make time uneven") {
    GnssTime time(0);
    time.offer(utc, 0, 0);
    time.offer(utc + second, second + 300'000, second + 300'000);
    CHECK(time.utc_at(second + 300'000) == utc + second + 300'000);
}

TEST_CASE("a satellite time that differs by more than jitter is taken over") {
    GnssTime time(0);
    time.offer(utc, 0, 0);
    time.offer(utc + 10 * second, second, second);
    CHECK(time.utc_at(second) == utc + 10 * second);
}
