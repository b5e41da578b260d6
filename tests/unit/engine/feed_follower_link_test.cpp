// How feeds are followed over links of different speed. What is followed, and what is done with it:
// feed_follower_test.cpp.
#include <catch2/catch.hpp>

#include "sync/engine/feed_follower.hpp"
#include "tests/unit/engine/actions.hpp"

using namespace fieldpost;
using namespace fieldpost::engine;
using namespace fieldpost::engine::testing;

namespace {

constexpr std::uint64_t generation = 1000;
constexpr Millis near_by = 20;
constexpr Millis far_off = 800;
constexpr std::uint32_t kib = 1U << 10U;
// 8 KiB at 64 kbit/s, and 3 s.
constexpr Millis late_after = 3'000 + 8 * kib / 8;
// A row of 256 KiB at 64 kbit/s, and 10 s.
constexpr Millis lost_after = 10'000 + 256 * kib / 8;
const records::FeedId east{"east", {records::PUBLIC, "general"}};
const records::FeedId north{"north", {records::PUBLIC, "general"}};
const records::FeedId west{"west", {records::PUBLIC, "general"}};

// A follower of three feeds, applied through 10. What it is given is committed at once.
struct Bench {
    Bench() {
        std::map<records::FeedId, FeedState> feeds;
        for (const auto& feed : {east, north, west}) feeds[feed] = {generation, 10, 10};
        follower.mount(true, feeds);
    }
    // The hub answers a hello: it has all feeds through `head`.
    Actions resume(Millis now, std::uint64_t head) {
        protocol::HelloReply reply;
        for (const auto& feed : {east, north, west}) *reply.add_heads() = cursor(feed, head);
        Actions out;
        follower.resume(now, reply, out);
        return out;
    }
    Actions head(Millis now, const records::FeedId& feed, std::uint64_t n) {
        protocol::FeedHead hint;
        *hint.mutable_head() = cursor(feed, n);
        Actions out;
        follower.head(now, protocol::seal(hint, hub, protocol::plain).value(), out);
        return out;
    }
    // The answer to a request: the next change alone, so large.
    static protocol::FeedSegment answer(const protocol::FeedRequest& asked, std::size_t bytes = 100) {
        protocol::FeedSegment segment;
        segment.set_feed(asked.feed());
        segment.set_hub_generation(generation);
        segment.set_after(asked.after());
        segment.set_through(asked.after() + 1);
        segment.set_head(segment.through());
        auto& entry = *segment.add_entries();
        entry.set_n(segment.through());
        entry.mutable_row()->set_record(1);
        entry.mutable_row()->set_body(Bytes(bytes, 'x'));
        return segment;
    }
    Actions comes(Millis now, const protocol::FeedSegment& segment) {
        Actions out;
        follower.range(now, protocol::seal(segment, hub, protocol::packed).value(), out);
        return out;
    }
    // It comes and is committed.
    Actions range(Millis now, const protocol::FeedRequest& asked, std::size_t bytes = 100) {
        Actions out = comes(now, answer(asked, bytes));
        for (const ApplySegment& apply : all<ApplySegment>(out))
            follower.applied(now, apply.feed, {apply.segment.through(), 0}, out);
        return out;
    }
    // A near link over which ranges came, as large as a fast one carries; applied through 13.
    void over_fast_link() {
        follower.answered(0, near_by);
        resume(0, 10);
        auto asked = feed_requests(head(0, west, 13));
        for (Millis now = near_by + 1; !asked.empty(); now += near_by + 1) {
            asked = feed_requests(range(now, asked[0], asked[0].max_bytes()));
        }
    }
    Actions tick(Millis now) {
        Actions out;
        follower.tick(now, out);
        return out;
    }
    static protocol::FeedCursor cursor(const records::FeedId& feed, std::uint64_t n) {
        protocol::FeedCursor cursor;
        cursor.set_feed(records::feed_text(feed));
        cursor.set_hub_generation(generation);
        cursor.set_n(n);
        return cursor;
    }

    KeySigner hub{"hub"};
    FeedFollower follower{"truck-1", hub.public_key()};
};

// What the broker is asked for, once.
SubscribeFeeds listening(const Actions& actions) {
    const auto asked = all<SubscribeFeeds>(actions);
    REQUIRE(asked.size() == 1);
    return asked[0];
}

protocol::FeedRequest only_request(const Actions& actions) {
    const auto asked = feed_requests(actions);
    REQUIRE(asked.size() == 1);
    return asked[0];
}

}  // namespace

TEST_CASE("Over a link of which nothing is known, or a far one, only heads are listened to",
          "[engine][feeds]") {
    Bench bench;
    SECTION("nothing is known") {}
    SECTION("it is far") {
        bench.follower.answered(0, far_off);
    }
    const auto wanted = listening(bench.resume(0, 10));
    CHECK_FALSE(wanted.live);
    CHECK(wanted.feeds == std::vector{east, north, west});
}

TEST_CASE("After a near answer changes are pushed", "[engine][feeds]") {
    Bench bench;
    bench.follower.answered(0, near_by);
    const auto wanted = listening(bench.resume(0, 10));
    CHECK(wanted.live);
    CHECK(wanted.feeds == std::vector{east, north, west});

    // Of the next connection nothing is known.
    bench.follower.pause();
    CHECK_FALSE(listening(bench.resume(100, 10)).live);
}

TEST_CASE("Over a fast link a range of each feed is asked for at once", "[engine][feeds]") {
    Bench bench;
    bench.over_fast_link();
    const auto asked = feed_requests(bench.resume(1'000, 100));
    REQUIRE(asked.size() == 3);
    CHECK(asked[0].max_bytes() == 64 * kib);
}

TEST_CASE("Over a near link one small range is asked for, until it shows that the link is fast",
          "[engine][feeds]") {
    Bench bench;
    bench.follower.answered(0, near_by);
    const auto asked = only_request(bench.resume(0, 100));
    CHECK(asked.max_bytes() == 8 * kib);
    SECTION("it is") {
        const auto next = feed_requests(bench.range(near_by + 8, asked, 8 * kib));
        REQUIRE(next.size() == 3);
        CHECK(next[0].max_bytes() == 16 * kib);
    }
    SECTION("it has 128 kbit/s") {
        const auto actions = bench.range(near_by + 512, asked, 8 * kib);
        CHECK(only_request(actions).max_bytes() <= 4 * kib);
        CHECK_FALSE(listening(actions).live);
    }
}

TEST_CASE("Over a slow link one range in all is on its way, and the feeds take turns", "[engine][feeds]") {
    Bench bench;
    bench.follower.answered(0, far_off);
    auto asked = only_request(bench.resume(0, 100));
    CHECK(asked.max_bytes() == 8 * kib);
    std::map<std::string, int> turns;
    for (Millis now = 1'000; now < 10'000; now += 1'000) {
        ++turns[asked.feed()];
        CHECK(feed_requests(bench.tick(now - 500)).empty());
        CHECK(feed_requests(bench.head(now - 400, west, 100)).empty());
        const auto next = only_request(bench.range(now, asked));
        CHECK(next.feed() != asked.feed());
        asked = next;
    }
    CHECK(turns.size() == 3);
    for (const auto& [feed, count] : turns) CHECK(count == 3);
}

TEST_CASE("Over a slow link a range that does not come gives its turn to the next feed", "[engine][feeds]") {
    Bench bench;
    bench.follower.answered(0, far_off);
    const auto first = only_request(bench.resume(0, 100));
    CHECK(feed_requests(bench.tick(late_after)).empty());
    const auto second = only_request(bench.tick(late_after + 1));
    CHECK(second.feed() != first.feed());
    // Where that does not come either, nothing more is asked for until the first is given up.
    CHECK(feed_requests(bench.tick(lost_after)).empty());
    const auto third = only_request(bench.tick(lost_after + 1));
    CHECK(third.feed() != first.feed());
    CHECK(third.feed() != second.feed());
}

TEST_CASE("Feeds that the hub does not answer for do not hold up the others", "[engine][feeds]") {
    Bench bench;
    bench.over_fast_link();
    std::size_t silent = 0;
    std::size_t at_once = 0;
    SECTION("over a slow link") {
        bench.follower.pause();
        bench.follower.answered(1'000, far_off);
        silent = 1;
        at_once = 1;
    }
    SECTION("over a fast one") {
        silent = 6;
        at_once = 4;
    }
    std::map<records::FeedId, FeedState> feeds;
    protocol::HelloReply reply;
    for (int i = 0; i < 30; ++i) {
        const records::FeedId feed{"area-" + std::to_string(i), {records::PUBLIC, "general"}};
        feeds[feed] = {generation, 10, 10};
        *reply.add_heads() = Bench::cursor(feed, 20);
    }
    bench.follower.mount(true, feeds);
    std::map<std::string, int> unanswered;
    for (auto feed = feeds.begin(); unanswered.size() < silent; ++feed)
        unanswered[records::feed_text(feed->first)] = 0;
    Actions actions;
    bench.follower.resume(1'000, reply, actions);
    std::vector<protocol::FeedRequest> on_their_way;
    std::size_t came = 0;
    for (Millis now = 2'000; now < 320'000; now += 1'000) {
        for (const auto& asked : feed_requests(actions)) {
            const auto known = unanswered.find(asked.feed());
            if (known == unanswered.end()) on_their_way.push_back(asked);
            if (known != unanswered.end()) ++known->second;
        }
        CHECK(on_their_way.size() <= 2 * at_once);
        actions = bench.tick(now - 500);
        if (on_their_way.empty()) continue;
        const auto more = bench.range(now, on_their_way.front());
        actions.insert(actions.end(), more.begin(), more.end());
        on_their_way.erase(on_their_way.begin());
        ++came;
    }
    CHECK(came == (30 - silent) * 10);
    // They are asked again all the same, less and less often.
    for (const auto& [feed, times] : unanswered) {
        CHECK(times >= 3);
        CHECK(times <= 8);
    }
}

TEST_CASE("A range is not asked for again while a slow link may still bring it", "[engine][feeds]") {
    Bench bench;
    bench.follower.answered(0, far_off);
    bench.resume(0, 10);
    auto asked = only_request(bench.head(0, west, 100));
    Millis now = 0;
    SECTION("of which nothing is known: 64 kbit/s are taken for granted") {}
    SECTION("which was measured: 256 KiB take 32 s") {
        for (int i = 0; i < 10; ++i) {
            now += far_off + asked.max_bytes() / 8;
            asked = only_request(bench.range(now, asked, asked.max_bytes()));
        }
        CHECK(asked.max_bytes() < 3 * kib);
    }
    const Millis row_takes = far_off + 256 * kib / 8;
    for (const Millis end = now + row_takes; now < end; now += 1'000) {
        CHECK(feed_requests(bench.tick(now)).empty());
    }
    // The row that comes is larger than what was asked for.
    CHECK(feed_requests(bench.range(now, asked, 255 * kib)).size() == 1);
}

TEST_CASE("A range that is lost on a fast link is asked for again soon", "[engine][feeds]") {
    Bench bench;
    bench.follower.answered(0, near_by);
    bench.resume(0, 10);
    auto asked = only_request(bench.head(0, west, 100));
    SECTION("whose rate was measured") {
        asked = only_request(bench.range(2 * near_by, asked, asked.max_bytes()));
    }
    SECTION("over which something came, at least as fast as that") {
        asked = only_request(bench.range(2 * near_by, asked, 3 * kib));
    }
    CHECK(feed_requests(bench.tick(10'000)).empty());
    CHECK(only_request(bench.tick(14'000)).after() == asked.after());
}

TEST_CASE("A range that does not come again and again is waited for longer, up to two minutes",
          "[engine][feeds]") {
    Bench bench;
    bench.follower.answered(0, far_off);
    bench.resume(0, 10);
    REQUIRE(feed_requests(bench.head(0, west, 100)).size() == 1);
    std::vector<Millis> waits;
    for (Millis now = 0, asked_at = 0; waits.size() < 6; now += 1'000) {
        if (feed_requests(bench.tick(now)).empty()) continue;
        waits.push_back(now - asked_at);
        asked_at = now;
    }
    CHECK(waits == std::vector<Millis>{43'000, 53'000, 73'000, 113'000, 121'000, 121'000});
}

TEST_CASE("A range that is late on a link where nothing else comes either is asked for with less",
          "[engine][feeds]") {
    Bench bench;
    bench.follower.answered(0, far_off);
    bench.resume(0, 10);
    CHECK(only_request(bench.head(0, west, 100)).max_bytes() == 8 * kib);
    CHECK(only_request(bench.tick(60'000)).max_bytes() == 4 * kib);
    // Once: perhaps it is this feed that the hub does not answer for.
    CHECK(only_request(bench.tick(120'001)).max_bytes() == 4 * kib);
}

TEST_CASE("When the hub answers what was said after it, a range does not come any more", "[engine][feeds]") {
    Bench bench;
    bench.follower.answered(0, far_off);
    bench.resume(0, 10);
    const auto asked = only_request(bench.head(1'000, west, 100));
    // To a hello that was said before.
    bench.follower.answered(2'000, 1'000);
    CHECK(feed_requests(bench.resume(2'000, 10)).empty());
    bench.follower.answered(3'000, 1'999);
    const auto again = only_request(bench.resume(3'000, 10));
    CHECK(again.feed() == asked.feed());
    CHECK(again.after() == asked.after());
}

TEST_CASE("Over a slow link ranges leave five seconds to own work", "[engine][feeds]") {
    Bench bench;
    bench.follower.answered(0, far_off);
    auto asked = only_request(bench.resume(10'000, 100));
    bench.follower.give_way(true);
    CHECK(feed_requests(bench.range(11'000, asked)).empty());
    CHECK(feed_requests(bench.tick(14'999)).empty());
    asked = only_request(bench.tick(15'000));
    CHECK(feed_requests(bench.range(19'000, asked)).empty());
    bench.follower.give_way(false);
    asked = only_request(bench.tick(19'001));
    CHECK(feed_requests(bench.range(20'000, asked)).size() == 1);
}

TEST_CASE("Over a fast link ranges do not wait for own work", "[engine][feeds]") {
    Bench bench;
    bench.follower.give_way(true);
    bench.over_fast_link();
    auto asked = feed_requests(bench.resume(1'000, 100));
    REQUIRE(asked.size() == 3);
    CHECK(feed_requests(bench.range(1'000 + near_by, asked[0])).size() == 1);
}

TEST_CASE("Changes are pushed once ranges show that a far link is fast", "[engine][feeds]") {
    Bench bench;
    bench.follower.answered(0, far_off);
    auto actions = bench.resume(0, 100);
    CHECK_FALSE(listening(actions).live);
    Millis now = 0;
    for (std::uint32_t bytes = 8 * kib; bytes < 64 * kib; bytes *= 2) {
        const auto asked = only_request(actions);
        CHECK(asked.max_bytes() == bytes);
        now += far_off;
        actions = bench.range(now, asked, bytes);
    }
    const auto wanted = listening(actions);
    CHECK(wanted.live);
    CHECK(wanted.feeds == std::vector{east, north, west});
    CHECK(feed_requests(actions).size() == 3);
    // And only once.
    CHECK(all<SubscribeFeeds>(bench.range(now + far_off, feed_requests(actions)[0], 64 * kib)).empty());
}

TEST_CASE("A range that comes twice is measured once", "[engine][feeds]") {
    Bench bench;
    bench.follower.answered(0, far_off);
    bench.resume(0, 10);
    const auto first = only_request(bench.head(0, west, 100));
    const auto second = only_request(bench.range(far_off, first, 8 * kib));
    CHECK(second.max_bytes() == 16 * kib);
    CHECK(feed_requests(bench.range(far_off + 1, first, 8 * kib)).empty());
    const auto third = only_request(bench.range(2 * far_off, second, 16 * kib));
    CHECK(third.max_bytes() == 32 * kib);
}

TEST_CASE("A range that was asked for twice is not measured: nobody knows which answer it is",
          "[engine][feeds]") {
    Bench bench;
    bench.follower.answered(0, far_off);
    bench.resume(0, 10);
    const auto first = only_request(bench.head(0, west, 100));
    const auto again = only_request(bench.tick(lost_after + 1));
    CHECK(again.after() == first.after());
    CHECK(again.max_bytes() == 4 * kib);
    const auto next = only_request(bench.range(lost_after + 2, first, 8 * kib));
    CHECK(next.max_bytes() == 4 * kib);
    CHECK(only_request(bench.range(lost_after + 2 + far_off, next, 4 * kib)).max_bytes() == 8 * kib);
}

TEST_CASE("A range that brings nothing is asked for again after a while, and others meanwhile",
          "[engine][feeds]") {
    Bench bench;
    bench.follower.answered(0, far_off);
    const auto asked = only_request(bench.resume(0, 100));
    auto segment = Bench::answer(asked);
    std::size_t notices = 0;
    SECTION("it is empty") {
        segment.clear_entries();
        segment.set_through(segment.after());
    }
    SECTION("it is out of order") {
        segment.mutable_entries(0)->set_n(segment.after());
        notices = 1;
    }
    SECTION("it is of another generation of the hub") {
        segment.set_hub_generation(generation + 1);
    }
    auto actions = bench.comes(1'000, segment);
    CHECK(all<Notice>(actions).size() == notices);
    for (Millis now = 2'000; now < 11'000; now += 1'000) {
        const auto other = only_request(actions);
        CHECK(other.feed() != asked.feed());
        actions = bench.range(now, other);
    }
    const auto second = only_request(bench.range(11'000, only_request(actions)));
    const auto third = only_request(bench.range(12'000, second));
    CHECK((second.feed() == asked.feed() || third.feed() == asked.feed()));
}

TEST_CASE("A feed that the disk refuses does not hold up the others on a slow link", "[engine][feeds]") {
    Bench bench;
    bench.follower.answered(0, far_off);
    const auto asked = only_request(bench.resume(0, 100));
    auto actions = bench.comes(1'000, Bench::answer(asked));
    REQUIRE(all<ApplySegment>(actions).size() == 1);
    bench.follower.apply_failed(1'001, records::parse_feed(asked.feed()).value(), ErrorCode::full);
    for (Millis now = 2'000; now < 11'000; now += 1'000) {
        const auto other = only_request(actions);
        CHECK(other.feed() != asked.feed());
        actions = bench.range(now, other);
    }
}

TEST_CASE("A range that was on its way while the disk refused the one before is kept behind it",
          "[engine][feeds]") {
    Bench bench;
    bench.follower.answered(0, far_off);
    bench.resume(0, 10);
    const auto first = only_request(bench.head(0, west, 100));
    const auto second = only_request(bench.comes(far_off, Bench::answer(first)));
    bench.follower.apply_failed(2 * far_off - 1, west, ErrorCode::full);
    auto actions = bench.comes(2 * far_off, Bench::answer(second));
    CHECK(all<ApplySegment>(actions).empty());
    CHECK(feed_requests(actions).empty());
    actions = bench.tick(20'000);
    auto applies = all<ApplySegment>(actions);
    REQUIRE(applies.size() == 1);
    CHECK(applies[0].segment.after() == first.after());
    actions.clear();
    bench.follower.applied(20'001, west, {applies[0].segment.through(), 0}, actions);
    applies = all<ApplySegment>(actions);
    REQUIRE(applies.size() == 1);
    CHECK(applies[0].segment.after() == second.after());
}

TEST_CASE("A feed whose ranges are of no use is asked for ever less often, every 10 minutes at last",
          "[engine][feeds]") {
    Bench bench;
    bench.follower.answered(0, near_by);
    bench.resume(0, 10);
    auto asked = only_request(bench.head(0, west, 100));
    auto empty = Bench::answer(asked);
    empty.clear_entries();
    empty.set_through(empty.after());
    Millis now = 0;
    for (Millis wait = 10'000; wait < 5'000'000; wait *= 2) {
        CHECK(feed_requests(bench.comes(now, empty)).empty());
        const Millis again = now + std::min<Millis>(wait, 600'000);
        CHECK(feed_requests(bench.tick(again - 1)).empty());
        asked = only_request(bench.tick(again));
        now = again;
    }
}

TEST_CASE("However many feeds there are, few ranges are on their way over a fast link", "[engine][feeds]") {
    Bench bench;
    std::map<records::FeedId, FeedState> feeds;
    protocol::HelloReply reply;
    for (int i = 0; i < 30; ++i) {
        const records::FeedId feed{"area-" + std::to_string(i), {records::PUBLIC, "general"}};
        feeds[feed] = {generation, 10, 10};
        *reply.add_heads() = Bench::cursor(feed, 20);
    }
    bench.over_fast_link();
    bench.follower.mount(true, feeds);
    Actions actions;
    bench.follower.resume(1'000, reply, actions);
    auto on_their_way = feed_requests(actions);
    CHECK(on_their_way.size() == 4);
    // 64 KiB take a quarter of a second each: the link stays fast, and all feeds are caught up with.
    std::size_t came = 0;
    for (Millis now = 1'000 + near_by + 250; !on_their_way.empty(); now += 250, ++came) {
        actions = bench.range(now, on_their_way.front(), 64 * kib);
        on_their_way.erase(on_their_way.begin());
        CHECK(all<SubscribeFeeds>(actions).empty());
        for (const auto& asked : feed_requests(actions)) on_their_way.push_back(asked);
        CHECK(on_their_way.size() <= 4);
    }
    CHECK(came == 300);
    CHECK(bench.follower.caught_up());
}

TEST_CASE("When acknowledgements are late on a fast link, changes are not pushed any more at once",
          "[engine][feeds]") {
    Bench bench;
    bench.follower.answered(0, near_by);
    CHECK(listening(bench.resume(0, 10)).live);
    Actions actions;
    bench.follower.acknowledged(1'000, actions);
    CHECK(actions.empty());
    bench.follower.acknowledged(2'000, actions);
    CHECK_FALSE(listening(actions).live);
    actions.clear();
    bench.follower.acknowledged(3'000, actions);
    CHECK(actions.empty());
}

TEST_CASE("While a slow link catches up with what it has heard of, the broker is not asked anew",
          "[engine][feeds]") {
    Bench bench;
    bench.follower.answered(0, far_off);
    CHECK(all<SubscribeFeeds>(bench.resume(0, 100)).size() == 1);
    CHECK(all<SubscribeFeeds>(bench.resume(60'000, 100)).empty());
    // It was not told of these.
    CHECK(all<SubscribeFeeds>(bench.resume(120'000, 101)).size() == 1);
}

TEST_CASE("A range that was lost once does not wait for feeds that are never answered for",
          "[engine][feeds]") {
    Bench bench;
    bench.over_fast_link();
    bench.follower.pause();
    bench.follower.answered(1'000, far_off);
    Actions actions = bench.resume(1'000, 1'000);
    const Millis lost_at = 300'000;
    bool lost = false;
    int silent_since = 0;  // requests of the silent ones since the lost one was given up
    Millis asked_again_at = 0;
    for (Millis now = 2'000; now < 700'000 && asked_again_at == 0; now += 1'000) {
        const auto asked = feed_requests(actions);
        actions = bench.tick(now);
        for (const auto& request : asked) {
            const bool is_silent = request.feed() != records::feed_text(west);
            if (lost && is_silent && now > lost_at + lost_after) ++silent_since;
            if (lost && !is_silent) asked_again_at = now;
            if (is_silent || asked_again_at != 0) continue;
            lost = now >= lost_at;
            if (lost) continue;
            const auto more = bench.range(now, request);
            actions.insert(actions.end(), more.begin(), more.end());
        }
    }
    CHECK(lost);
    CHECK(asked_again_at > 0);
    CHECK(silent_since <= 1);
}
