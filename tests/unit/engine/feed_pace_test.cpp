#include "sync/engine/feed_pace.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

using namespace fieldpost::engine;

namespace {

constexpr std::uint32_t kib = 1U << 10U;
constexpr std::uint32_t least = 2 * kib;
constexpr std::uint32_t most = 256 * kib;
constexpr Millis near_by = 50;
constexpr Millis far_off = 600;

// A link over which a small answer takes `round_trip`, and a range the time of its bytes more.
struct Link {
    double bytes_per_ms = 0;
    Millis round_trip = 0;

    Millis takes(std::size_t bytes) const {
        return round_trip + static_cast<Millis>(static_cast<double>(bytes) / bytes_per_ms);
    }
};

FeedPace over(Millis first_answer) {
    FeedPace pace;
    pace.answered(0, first_answer);
    return pace;
}

// Near, and ranges have grown to what shows that a link is fast.
FeedPace fast() {
    FeedPace pace = over(near_by);
    while (pace.range_bytes() < 64 * kib) pace.came(0, near_by + 1, pace.range_bytes());
    return pace;
}

// A long backlog: every range is full. Until when it took.
Millis catch_up(FeedPace& pace, const Link& link, Millis now = 0, int ranges = 30) {
    for (int range = 0; range < ranges; ++range) {
        const Millis took = link.takes(pace.range_bytes());
        now += took;
        pace.came(now, took, pace.range_bytes());
    }
    return now;
}

}  // namespace

TEST_CASE("Of a new connection nothing is known, whatever the last one was", "[engine][pace]") {
    FeedPace pace;
    CHECK_FALSE(pace.is_fast());
    CHECK(pace.range_bytes() == 8 * kib);
    pace.answered(0, near_by);
    pace.reset();
    CHECK_FALSE(pace.is_fast());
    CHECK(pace.range_bytes() == 8 * kib);
}

TEST_CASE("The first answer says whether a link is near, the next ones do not", "[engine][pace]") {
    FeedPace pace = over(299);
    CHECK(pace.is_fast());
    CHECK_FALSE(over(300).is_fast());

    pace = over(far_off);
    pace.answered(0, near_by);
    CHECK_FALSE(pace.is_fast());
}

TEST_CASE("However near a link is, ranges begin small and one at a time, until one was measured",
          "[engine][pace]") {
    FeedPace pace = over(1);
    CHECK(pace.range_bytes() == 8 * kib);
    CHECK(pace.at_once() == 1);
    SECTION("128 kbit/s: it is slow") {
        pace.came(0, 1 + 512, 8 * kib);
        CHECK_FALSE(pace.is_fast());
        CHECK(pace.range_bytes() == 4 * kib);
        CHECK(pace.at_once() == 1);
    }
    SECTION("1 MiB/s: it is fast") {
        pace.came(0, 1 + 8, 8 * kib);
        CHECK(pace.range_bytes() == 16 * kib);
        CHECK(pace.at_once() == 4);
    }
    SECTION("one that is not full shows only what the link carries at least") {
        pace.came(0, 10, 2'000);
        CHECK(pace.at_once() == 1);
        pace.came(0, 7, 2'000);
        CHECK(pace.range_bytes() == 8 * kib);
        CHECK(pace.at_once() == 4);
    }
}

TEST_CASE("A pause of the hub does not make a near link slow for long", "[engine][pace]") {
    FeedPace pace = over(near_by);
    pace.came(0, near_by + 600, 8 * kib);
    CHECK_FALSE(pace.is_fast());
    CHECK(pace.range_bytes() == 4 * kib);
    SECTION("a full range comes quickly") {
        pace.came(1'000, 10, 4 * kib);
    }
    SECTION("or a small one") {
        pace.came(1'000, 2, 1'000);
    }
    CHECK(pace.is_fast());
}

TEST_CASE("An answer that comes very late shows that what is pushed fills a fast link", "[engine][pace]") {
    FeedPace pace = fast();
    pace.answered(0, near_by + 1'500);
    pace.acknowledged(near_by + 1'500);
    CHECK(pace.is_fast());
    SECTION("to a hello") {
        pace.answered(0, near_by + 1'501);
    }
    SECTION("to each batch of the last minute") {
        pace.acknowledged(near_by + 1'501);
    }
    CHECK_FALSE(pace.is_fast());
    CHECK(pace.range_bytes() == 16 * kib);
    pace.answered(0, 60'000);  // as slow as before
    CHECK(pace.range_bytes() == 16 * kib);
}

TEST_CASE("Ranges grow by double at most, and a link that carries large ones is fast", "[engine][pace]") {
    FeedPace pace = over(far_off);
    pace.came(0, far_off + 1, 8 * kib);
    CHECK(pace.range_bytes() == 16 * kib);
    pace.came(0, far_off + 125, 16 * kib);
    CHECK(pace.range_bytes() == 32 * kib);
    CHECK_FALSE(pace.is_fast());
    pace.came(0, far_off + 1, 32 * kib);
    CHECK(pace.range_bytes() == 64 * kib);
    CHECK(pace.is_fast());
}

TEST_CASE("Ranges shrink by half at most, and a link that carries small ones only is slow",
          "[engine][pace]") {
    FeedPace pace = fast();
    pace.came(0, 60'000, 64 * kib);
    CHECK(pace.range_bytes() == 32 * kib);
    pace.came(0, near_by + 500, 32 * kib);
    CHECK(pace.range_bytes() == 16 * kib);
    CHECK(pace.is_fast());
    pace.came(0, 60'000, 16 * kib);
    CHECK(pace.range_bytes() == 8 * kib);
    CHECK_FALSE(pace.is_fast());
}

TEST_CASE("A range that is not full says nothing of the link, early or late", "[engine][pace]") {
    FeedPace pace = fast();
    pace.came(0, 60'000, 32 * kib - 1);
    CHECK(pace.range_bytes() == 64 * kib);
    CHECK(pace.is_fast());

    pace = over(far_off);
    for (Millis took = far_off; took > far_off - 20; --took) pace.came(0, took, 500);
    CHECK(pace.range_bytes() == 8 * kib);
    CHECK_FALSE(pace.is_fast());
}

TEST_CASE("What so many bytes take is known once a range has come", "[engine][pace]") {
    FeedPace pace = over(far_off);
    CHECK(pace.takes(256 * kib) == 256 * kib / 8);
    pace.came(0, far_off + 512, 8 * kib);
    CHECK(pace.takes(256 * kib) == 256 * kib / 16);
    pace.came(0, far_off + 8, 8 * kib, 8 * kib);
    CHECK(pace.takes(256 * kib) == 256 * kib / 2048);

    // One that is not full shows how fast the link is at least.
    pace = over(near_by);
    pace.came(0, 2 * near_by, 2'000);
    CHECK(pace.takes(20'000) == 1'000);
    pace.came(0, 2 * near_by, 1'000);
    CHECK(pace.takes(20'000) == 1'000);
    // Or shows nothing.
    pace = over(near_by);
    pace.came(0, 2 * near_by, 100);
    CHECK(pace.takes(256 * kib) == 256 * kib / 8);
    pace = over(near_by);

    // When everything is late, what was known is not true any more.
    pace.acknowledged(near_by + 2'000);
    CHECK(pace.takes(256 * kib) == 256 * kib / 8);
}

TEST_CASE("After a range that was missed the next one is smaller", "[engine][pace]") {
    FeedPace pace = over(far_off);
    for (const std::uint32_t bytes : {4 * kib, 2 * kib, 2 * kib}) {
        pace.missed();
        CHECK(pace.range_bytes() == bytes);
    }
}

TEST_CASE("Ranges that share the link are measured together", "[engine][pace]") {
    FeedPace pace = fast();
    for (int i = 0; i < 10; ++i) pace.came(0, near_by + 1'000, 64 * kib, 192 * kib);
    CHECK(pace.range_bytes() == 64 * kib);
    CHECK(pace.is_fast());
}

TEST_CASE("However long answers and ranges take, a range has 2 to 256 KiB", "[engine][pace]") {
    CHECK(rc::check([] {
        FeedPace pace;
        const int count = *rc::gen::inRange(1, 60);
        Millis now = 0;
        for (int i = 0; i < count; ++i) {
            const Millis took =
                *rc::gen::oneOf(rc::gen::inRange<Millis>(-1, 3'000), rc::gen::arbitrary<Millis>());
            now += *rc::gen::inRange<Millis>(0, 100'000);
            switch (*rc::gen::inRange(0, 4)) {
                case 0:
                    pace.answered(now, took);
                    break;
                case 1:
                    pace.acknowledged(took);
                    break;
                default: {
                    const std::size_t full = pace.range_bytes();
                    pace.came(now, took,
                              *rc::gen::oneOf(rc::gen::just(full), rc::gen::arbitrary<std::size_t>()),
                              *rc::gen::oneOf(rc::gen::just(full), rc::gen::arbitrary<std::size_t>()));
                }
            }
            RC_ASSERT(pace.range_bytes() >= least);
            RC_ASSERT(pace.range_bytes() <= most);
        }
    }));
}

TEST_CASE("Over any link a range comes to take a quarter of a second more than an answer", "[engine][pace]") {
    CHECK(rc::check([] {
        const Link link{static_cast<double>(*rc::gen::inRange(1, 3'000)),
                        *rc::gen::inRange<Millis>(1, 3'000)};
        FeedPace pace = over(link.round_trip);
        catch_up(pace, link);
        const double fits = std::clamp<double>(250 * link.bytes_per_ms, least, most);
        RC_ASSERT(pace.range_bytes() >= 0.98 * fits);
        RC_ASSERT(pace.range_bytes() <= 1.02 * fits);
        if (pace.range_bytes() > least) RC_ASSERT(link.takes(pace.range_bytes()) <= link.round_trip + 256);
        if (pace.range_bytes() < most) RC_ASSERT(link.takes(pace.range_bytes()) >= link.round_trip + 244);
    }));
}

TEST_CASE("A link that grows slow and is well again is followed", "[engine][pace]") {
    FeedPace pace = over(near_by);
    Millis now = catch_up(pace, {1'000, near_by});
    CHECK(pace.is_fast());
    now = catch_up(pace, {8, near_by}, now);
    CHECK_FALSE(pace.is_fast());
    CHECK(pace.range_bytes() == 2 * kib);
    catch_up(pace, {1'000, near_by}, now);
    CHECK(pace.is_fast());
    CHECK(pace.range_bytes() > 240 * kib);
}

TEST_CASE("A link that grows long, or whose hub grows busy, carries whole ranges again after some minutes",
          "[engine][pace]") {
    FeedPace pace = over(near_by);
    Millis now = catch_up(pace, {1'000, near_by});
    now = catch_up(pace, {1'000, far_off}, now);
    CHECK(pace.range_bytes() < 16 * kib);
    while (now < 400'000) now = catch_up(pace, {1'000, far_off}, now, 1);
    CHECK(pace.range_bytes() > 240 * kib);
}

TEST_CASE("A link that is far and carries much is fast, and stays so whatever it is asked",
          "[engine][pace]") {
    const Link link{1'000, 3'000};
    FeedPace pace = over(link.round_trip);
    CHECK_FALSE(pace.is_fast());
    Millis now = catch_up(pace, link);
    for (int i = 0; i < 10; ++i) {
        pace.acknowledged(link.round_trip);
        pace.answered(now, link.round_trip + 250);
        now = catch_up(pace, link, now, 1);
        CHECK(pace.is_fast());
    }
}
