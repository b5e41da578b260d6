#include <catch2/catch.hpp>

#include "tests/unit/device_view/place.hpp"

using namespace fieldpost;
using namespace fieldpost::device;
using namespace fieldpost::test;

namespace {

constexpr std::int64_t day = 86'400;

Staleness judged(std::int64_t delivered_ago, std::int64_t refresh_s, std::int64_t as_of = 0) {
    const Now now(central(), noon);
    return Origins({{"s", "S", "", refresh_s, noon - delivered_ago}}, now).staleness("s", as_of);
}

}  // namespace

TEST_CASE("A fact is stale by what its own source promises to deliver") {
    CHECK(judged(day, day) == Staleness::current);
    CHECK(judged(2 * day, day) == Staleness::late);
    CHECK(judged(4 * day, day) == Staleness::stale);
    CHECK(judged(4 * day, 7 * day) == Staleness::current);
    CHECK(judged(3600, 900) == Staleness::stale);
}

TEST_CASE("An old record is not stale while its source delivers and leaves it as it was") {
    CHECK(judged(3600, day, noon - 2000 * day) == Staleness::current);
}

TEST_CASE("What a feed brought since the last delivery that is known counts") {
    CHECK(judged(10 * day, day, noon - 3600) == Staleness::current);
    CHECK(judged(10 * day, day, noon - 2 * day) == Staleness::late);
}

TEST_CASE("A date that is still to come vouches for nothing") {
    CHECK(judged(10 * day, day, noon + 30 * day) == Staleness::stale);
}

TEST_CASE("A delivery that a wrong clock set far ahead vouches for nothing") {
    CHECK(judged(-400 * day, day, noon - 3600) == Staleness::current);  // the fact itself still does
    CHECK(judged(-400 * day, day, noon - 10 * day) == Staleness::stale);
    CHECK(judged(-400 * day, day) == Staleness::unknown);
    CHECK(judged(-3600, day) == Staleness::current);  // clocks differ a little
}

TEST_CASE("What nobody promised is not called fresh") {
    CHECK(judged(3600, 0) == Staleness::unknown);
    const Now no_clock(central(), 0);
    CHECK(Origins(sources(), no_clock).staleness("fire", noon) == Staleness::unknown);
    CHECK(Origins(sources(), Now(central(), noon)).staleness("unheard of", noon) == Staleness::unknown);
    CHECK(no_clock.today().empty());
}

TEST_CASE("Today is the city's, not Greenwich's") {
    const UnixSeconds late_evening = noon + 11 * 3600;  // 23:00 in the city, 05:00 of the next day in UTC
    CHECK(Now(central(), late_evening).today() == "2026-03-01");
    CHECK(Now(central(), late_evening + 3600).today() == "2026-03-02");
    CHECK(Now(central(), noon).day_of(late_evening) == "2026-03-01");
}

TEST_CASE("Days are counted between dates, and not where one is none") {
    CHECK(days_between("2026-02-28", "2026-03-01") == 1);
    CHECK(days_between("2026-03-01", "2024-03-01") == -730);
    CHECK_FALSE(days_between("", "2026-03-01"));
    CHECK_FALSE(days_between("2026-02-30", "2026-03-01"));
    CHECK_FALSE(days_between("2026-3-1 ", "2026-03-01"));
}

TEST_CASE("A link that may be wrong is marked, a sure one is not") {
    const Place place;
    records::Permit permit;
    CHECK(place.origins().of({row(records::PERMIT, "1", permit, 65)}).doubtful);
    CHECK_FALSE(place.origins().of({row(records::PERMIT, "1", permit, 70)}).doubtful);
    auto crew = row(records::OBSERVATION, "1", permit, 0, "field");
    CHECK_FALSE(place.origins().of({crew}).doubtful);
    CHECK(place.origins().of({crew}).source_title == "Field crews");
}

TEST_CASE("A record with several layers is as new as its newest") {
    const Place place;
    auto older = row(records::PERMIT, "1", records::Permit());
    auto newer = older;
    newer.as_of += 100;
    const auto origin = place.origins().of({older, newer});
    CHECK(origin.as_of == newer.as_of);
    CHECK(origin.source_title == "Fire prevention");
}
