#include "sync/engine/feed_follower.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/engine/actions.hpp"

using namespace fieldpost;
using namespace fieldpost::engine;
using namespace fieldpost::engine::testing;

namespace {

constexpr std::uint64_t generation = 1000;
constexpr Millis long_after = 60'000;
const records::FeedId feed{"city", {records::PUBLIC, "general"}};

// A follower of one feed, applied through 10.
struct Bench {
    Bench() {
        follower.mount(true, {{feed, {generation, 10, 10}}});
        protocol::HelloReply reply = hello_reply(10);
        follower.resume(0, reply, actions);
        actions.clear();
    }
    static protocol::HelloReply hello_reply(std::uint64_t head, std::uint64_t of = generation) {
        protocol::HelloReply reply;
        auto& cursor = *reply.add_heads();
        cursor.set_feed(records::feed_text(feed));
        cursor.set_hub_generation(of);
        cursor.set_n(head);
        return reply;
    }
    static protocol::FeedSegment segment(std::uint64_t after, std::uint64_t through, std::uint64_t head = 0,
                                         std::size_t body = 10) {
        protocol::FeedSegment segment;
        segment.set_feed(records::feed_text(feed));
        segment.set_hub_generation(generation);
        segment.set_after(after);
        segment.set_through(through);
        segment.set_head(std::max(head, through));
        for (std::uint64_t n = after + 1; n <= through; ++n) {
            auto& entry = *segment.add_entries();
            entry.set_n(n);
            entry.mutable_row()->set_record(n);
            entry.mutable_row()->set_body(Bytes(body, static_cast<char>('a' + n % 26)));
        }
        return segment;
    }
    Actions give(const protocol::FeedSegment& segment, Millis now = 1) {
        Actions out;
        follower.segment(now, protocol::seal(segment, hub, protocol::packed).value(), out);
        return out;
    }
    Actions applied(std::uint64_t n, Millis now = 1, std::uint64_t checksum = 0) {
        Actions out;
        follower.applied(now, feed, {n, checksum}, out);
        return out;
    }
    Actions tick(Millis now) {
        Actions out;
        follower.tick(now, out);
        return out;
    }
    Actions head(std::uint64_t n, protocol::Signer& signer, std::uint64_t of = generation,
                 std::optional<std::uint64_t> checksum = std::nullopt, Millis now = 1) {
        protocol::FeedHead hint;
        *hint.mutable_head() = hello_reply(n, of).heads(0);
        if (checksum) hint.mutable_head()->set_checksum(*checksum);
        Actions out;
        follower.head(now, protocol::seal(hint, signer, protocol::plain).value(), out);
        return out;
    }
    std::uint64_t cursor() const { return follower.feeds().at(feed).cursor; }

    KeySigner hub{"hub"};
    FeedFollower follower{"truck-1", hub.public_key()};
    Actions actions;
};

}  // namespace

TEST_CASE("Segments are applied one after another as each is committed", "[engine][feeds]") {
    Bench bench;
    auto actions = bench.give(Bench::segment(10, 12));
    auto applies = all<ApplySegment>(actions);
    REQUIRE(applies.size() == 1);
    CHECK(applies[0].feed == feed);
    CHECK(applies[0].segment.entries_size() == 2);
    CHECK(all<ApplySegment>(bench.give(Bench::segment(12, 15))).empty());
    CHECK(bench.cursor() == 10);

    applies = all<ApplySegment>(bench.applied(12));
    REQUIRE(applies.size() == 1);
    CHECK(applies[0].segment.after() == 12);
    CHECK(applies[0].segment.through() == 15);
    CHECK(bench.cursor() == 12);
    CHECK_FALSE(bench.follower.caught_up());
    CHECK(all<ApplySegment>(bench.applied(15)).empty());
    CHECK(bench.cursor() == 15);
    CHECK(bench.follower.caught_up());
}

TEST_CASE("A gap is never applied: the range is asked for, once", "[engine][feeds]") {
    Bench bench;
    auto actions = bench.give(Bench::segment(12, 15));
    CHECK(all<ApplySegment>(actions).empty());
    auto asked = feed_requests(actions);
    REQUIRE(asked.size() == 1);
    CHECK(asked[0].feed() == "city/public/general");
    CHECK(asked[0].hub_generation() == generation);
    CHECK(asked[0].after() == 10);
    CHECK(feed_requests(bench.give(Bench::segment(15, 16))).empty());

    actions = bench.give(Bench::segment(10, 16));
    REQUIRE(all<ApplySegment>(actions).size() == 1);
    CHECK(feed_requests(actions).empty());
}

TEST_CASE("Of a segment that overlaps only what is new is applied", "[engine][feeds]") {
    Bench bench;
    const auto applies = all<ApplySegment>(bench.give(Bench::segment(5, 13)));
    REQUIRE(applies.size() == 1);
    CHECK(applies[0].segment.after() == 10);
    REQUIRE(applies[0].segment.entries_size() == 3);
    CHECK(applies[0].segment.entries(0).n() == 11);
}

TEST_CASE("Numbers may be missing inside a segment, and its end counts without an entry", "[engine][feeds]") {
    Bench bench;
    auto thin = Bench::segment(10, 20);
    thin.mutable_entries()->DeleteSubrange(2, 8);
    const auto applies = all<ApplySegment>(bench.give(thin));
    REQUIRE(applies.size() == 1);
    CHECK(applies[0].segment.entries_size() == 2);
    CHECK(applies[0].segment.through() == 20);
    bench.applied(20);
    CHECK(bench.follower.caught_up());
}

TEST_CASE("A repeated segment changes nothing and asks for nothing that is under way", "[engine][feeds]") {
    Bench bench;
    auto actions = bench.give(Bench::segment(10, 12, 30));
    REQUIRE(feed_requests(actions).size() == 1);
    CHECK(feed_requests(actions)[0].after() == 12);
    for (int i = 0; i < 5; ++i) CHECK(bench.give(Bench::segment(10, 12, 30)).empty());
    bench.applied(12);
    CHECK(bench.give(Bench::segment(8, 12, 30)).empty());
    CHECK(bench.give(Bench::segment(2, 3)).empty());
}

TEST_CASE("A hello in the middle of a range does not ask for it a second time", "[engine][feeds]") {
    Bench bench;
    REQUIRE(feed_requests(bench.head(50, bench.hub)).size() == 1);
    Actions actions;
    bench.follower.resume(100, Bench::hello_reply(60), actions);
    CHECK(feed_requests(actions).empty());
    // After an interruption nothing is under way any more.
    bench.follower.pause();
    actions.clear();
    bench.follower.resume(200, Bench::hello_reply(60), actions);
    CHECK(feed_requests(actions).size() == 1);
    CHECK(all<SubscribeFeeds>(actions).size() == 1);
}

TEST_CASE("Only the hub's own segments in order are taken", "[engine][feeds]") {
    Bench bench;
    KeySigner thief("thief");
    Actions actions;
    bench.follower.segment(1, protocol::seal(Bench::segment(10, 12), thief, protocol::packed).value(),
                           actions);
    CHECK(all<ApplySegment>(actions).empty());
    CHECK(all<Notice>(actions).size() == 1);

    auto turned = Bench::segment(10, 12);
    turned.mutable_entries()->SwapElements(0, 1);
    auto twice = Bench::segment(10, 12);
    twice.mutable_entries(1)->set_n(11);
    auto before = Bench::segment(10, 12);
    before.mutable_entries(0)->set_n(10);
    auto beyond = Bench::segment(10, 12);
    beyond.set_through(11);
    for (const auto& wrong : {turned, twice, before, beyond}) {
        const auto given = bench.give(wrong);
        CHECK(all<ApplySegment>(given).empty());
        CHECK(all<Notice>(given).size() == 1);
    }
    CHECK(bench.cursor() == 10);
}

TEST_CASE("A segment of a feed that is not followed is left alone", "[engine][feeds]") {
    Bench bench;
    for (const char* other : {"city/internal/general", "elsewhere/public/general", "#", ""}) {
        auto segment = Bench::segment(10, 12);
        segment.set_feed(other);
        CHECK(bench.give(segment).empty());
    }
}

TEST_CASE("A head that is further on makes it ask; an older or forged one does not", "[engine][feeds]") {
    Bench bench;
    KeySigner thief("thief");
    CHECK(bench.head(50, thief).empty());
    CHECK(bench.head(9, bench.hub).empty());
    CHECK(bench.head(10, bench.hub).empty());
    CHECK(bench.head(50, bench.hub, generation - 1).empty());
    CHECK(bench.follower.caught_up());
    CHECK(feed_requests(bench.head(11, bench.hub)).size() == 1);
    CHECK_FALSE(bench.follower.caught_up());
}

TEST_CASE("A range that does not come is asked for again after a while", "[engine][feeds]") {
    Bench bench;
    REQUIRE(feed_requests(bench.head(20, bench.hub)).size() == 1);
    CHECK(feed_requests(bench.tick(2'000)).empty());
    CHECK(feed_requests(bench.tick(long_after)).size() == 1);
    CHECK(feed_requests(bench.tick(long_after + 1)).empty());
    bench.follower.pause();
    CHECK(feed_requests(bench.tick(3 * long_after)).empty());
}

TEST_CASE("What could not be written is kept and tried again, ever less often, and not asked for",
          "[engine][feeds]") {
    Bench bench;
    REQUIRE(all<ApplySegment>(bench.give(Bench::segment(10, 12, 100))).size() == 1);
    bench.give(Bench::segment(12, 14, 100));
    Millis now = 2;
    // After 10, 20, 40 … seconds, and then every 10 minutes.
    for (Millis wait = 10'000; wait < 5'000'000; wait *= 2) {
        bench.follower.apply_failed(now, feed, ErrorCode::full);
        CHECK(bench.cursor() == 10);
        const Millis again = now + std::min<Millis>(wait, 600'000);
        CHECK(bench.tick(again - 1).empty());
        const auto actions = bench.tick(again);
        CHECK(feed_requests(actions).empty());
        const auto applies = all<ApplySegment>(actions);
        REQUIRE(applies.size() == 1);
        CHECK(applies[0].segment.after() == 10);
        now = again;
    }
    // There is room again: it goes on at once with what is here.
    const auto actions = bench.applied(12, now);
    const auto next = all<ApplySegment>(actions);
    REQUIRE(next.size() == 1);
    CHECK(next[0].segment.through() == 14);
    CHECK(feed_requests(actions).size() == 1);
    bench.applied(14, now);
    // The next refusal waits for a short time only.
    REQUIRE(all<ApplySegment>(bench.give(Bench::segment(14, 15, 100), now)).size() == 1);
    bench.follower.apply_failed(now, feed, ErrorCode::full);
    CHECK(all<ApplySegment>(bench.tick(now + 10'000)).size() == 1);
}

TEST_CASE("What could not be written is tried again at once on another connection", "[engine][feeds]") {
    Bench bench;
    bench.give(Bench::segment(10, 12));
    bench.follower.apply_failed(1, feed, ErrorCode::full);
    bench.follower.pause();
    Actions out;
    bench.follower.resume(2, Bench::hello_reply(12), out);
    CHECK(all<ApplySegment>(out).size() == 1);
}

TEST_CASE("What the city refuses for good is not held: it comes again, ever less often, and then a snapshot",
          "[engine][feeds]") {
    Bench bench;
    Millis now = 1;
    int tries = 0;
    for (Millis wait = 10'000; wait < 500'000'000; wait *= 2) {
        CHECK(bench.follower.needs_snapshot() == (tries >= 4));
        REQUIRE(all<ApplySegment>(bench.give(Bench::segment(10, 12, 100), now)).size() == 1);
        bench.give(Bench::segment(12, 14, 100), now);
        bench.follower.apply_failed(now, feed, tries % 2 == 0 ? ErrorCode::corrupt : ErrorCode::conflict);
        ++tries;
        const Millis again = now + std::min<Millis>(wait, 86'400'000);
        CHECK(bench.tick(again - 1).empty());
        const auto actions = bench.tick(again);
        CHECK(all<ApplySegment>(actions).empty());
        const auto asked = feed_requests(actions);
        REQUIRE(asked.size() == 1);
        CHECK(asked[0].after() == 10);
        now = again;
    }
    // The hub was mended: its rows are taken.
    REQUIRE(all<ApplySegment>(bench.give(Bench::segment(10, 12, 100), now)).size() == 1);
    bench.applied(12, now);
    CHECK_FALSE(bench.follower.needs_snapshot());
}

TEST_CASE("What a disk fails at comes again once, for what it is given may be behind it, and is then kept",
          "[engine][feeds]") {
    Bench bench;
    Millis now = 1;
    REQUIRE(all<ApplySegment>(bench.give(Bench::segment(10, 12), now)).size() == 1);
    for (int tries = 1; tries < 4; ++tries) {
        bench.follower.apply_failed(now, feed, ErrorCode::io);
        now += 100'000;
        const auto actions = bench.tick(now);
        CHECK(all<ApplySegment>(actions).size() == 1);
        CHECK(feed_requests(actions).empty());
    }
    bench.follower.apply_failed(now, feed, ErrorCode::io);
    const auto actions = bench.tick(now + 100'000);
    CHECK(all<ApplySegment>(actions).empty());
    CHECK(feed_requests(actions).size() == 1);
    now += 200'000;
    REQUIRE(all<ApplySegment>(bench.give(Bench::segment(10, 12), now)).size() == 1);
    for (int tries = 5; tries < 50; ++tries) {
        bench.follower.apply_failed(now, feed, ErrorCode::io);
        now += 600'000;
        const auto again = bench.tick(now);
        REQUIRE(all<ApplySegment>(again).size() == 1);
        REQUIRE(feed_requests(again).empty());
    }
    CHECK_FALSE(bench.follower.needs_snapshot());
}

TEST_CASE("What a disk failed at does not count as what the city refuses for good", "[engine][feeds]") {
    Bench bench;
    Millis now = 1;
    REQUIRE(all<ApplySegment>(bench.give(Bench::segment(10, 12), now)).size() == 1);
    for (int tries = 0; tries < 4; ++tries) {
        bench.follower.apply_failed(now, feed, ErrorCode::full);
        now += 100'000;
        REQUIRE(all<ApplySegment>(bench.tick(now)).size() == 1);
    }
    bench.follower.apply_failed(now, feed, ErrorCode::conflict);
    CHECK_FALSE(bench.follower.needs_snapshot());
}

TEST_CASE(
    "Of what could not be written no more is kept than may wait, and the rest is asked for ever less often",
    "[engine][feeds]") {
    Bench bench;
    const auto large = Bench::segment(10, 11, 0, 3U << 20U);
    Millis now = 1;
    for (Millis wait = 10'000; wait < 5'000'000; wait *= 2) {
        Actions comes;
        bench.follower.range(now, protocol::seal(large, bench.hub, protocol::packed).value(), comes);
        REQUIRE(all<ApplySegment>(comes).size() == 1);
        bench.follower.apply_failed(now, feed, ErrorCode::full);
        const Millis again = now + std::min<Millis>(wait, 600'000);
        CHECK(bench.tick(again - 1).empty());
        CHECK(feed_requests(bench.tick(again)).size() == 1);
        now = again;
    }
}

TEST_CASE("Numbers of another hub generation are not applied, until the hub counts as ours does",
          "[engine][feeds]") {
    Bench bench;
    auto other = Bench::segment(10, 12);
    other.set_hub_generation(generation + 1);
    CHECK(all<ApplySegment>(bench.give(other)).empty());
    CHECK(bench.follower.generation_changed());
    Actions actions;
    bench.follower.resume(1, Bench::hello_reply(10), actions);
    CHECK_FALSE(bench.follower.generation_changed());
    bench.follower.resume(1, Bench::hello_reply(99, generation + 1), actions);
    CHECK(bench.follower.generation_changed());
    CHECK(feed_requests(actions).empty());
    bench.follower.mount(true, {{feed, {generation + 1, 90, 90}}});
    CHECK_FALSE(bench.follower.generation_changed());
}

TEST_CASE("A city has reached the hub once it stands at heads that the hub said since it was mounted",
          "[engine][feeds]") {
    Bench bench;
    bench.follower.mount(true, {{feed, {generation, 10, 10}}});
    CHECK_FALSE(bench.follower.reached_hub());
    Actions actions;
    bench.follower.resume(1, Bench::hello_reply(99, generation + 1), actions);
    CHECK_FALSE(bench.follower.reached_hub());
    bench.follower.resume(2, Bench::hello_reply(11), actions);
    CHECK_FALSE(bench.follower.reached_hub());
    bench.give(Bench::segment(10, 11));
    bench.follower.applied(3, feed, {11, 0}, actions);
    CHECK(bench.follower.reached_hub());
    bench.follower.mount(true, {{feed, {generation, 11, 11}}});
    CHECK_FALSE(bench.follower.reached_hub());
}

TEST_CASE("What waits to be written is bounded, and what was dropped is asked for later", "[engine][feeds]") {
    Bench bench;
    std::uint64_t through = 10;
    std::size_t given = 0;
    for (; given < 100; ++given, ++through) bench.give(Bench::segment(through, through + 1, 0, 100'000));
    // The first is being written. Writing the rest, nothing is missing in between.
    std::uint64_t written = 11;
    std::size_t segments = 1;
    std::size_t asked = 0;
    for (;;) {
        const auto actions = bench.applied(written);
        asked += feed_requests(actions).size();
        const auto next = all<ApplySegment>(actions);
        if (next.empty()) break;
        CHECK(next[0].segment.after() == written);
        written = next[0].segment.through();
        ++segments;
    }
    CHECK(segments < 30);  // 2 MiB of them
    CHECK(asked == 1);
    const auto rest = bench.give(Bench::segment(written, through, 0, 100));
    CHECK(all<ApplySegment>(rest).size() == 1);
}

TEST_CASE("A single segment larger than what may wait is still applied", "[engine][feeds]") {
    Bench bench;
    CHECK(all<ApplySegment>(bench.give(Bench::segment(10, 11, 0, 3U << 20U))).size() == 1);
}

TEST_CASE("The end of a write to an earlier city says nothing of the one that is mounted",
          "[engine][feeds]") {
    Bench bench;
    REQUIRE(all<ApplySegment>(bench.give(Bench::segment(10, 500))).size() == 1);
    bench.follower.mount(true, {{feed, {generation, 100, 100}}});
    CHECK(bench.applied(500).empty());
    CHECK(bench.cursor() == 100);
    bench.follower.apply_failed(1, {"elsewhere", {}}, ErrorCode::full);
    CHECK(bench.applied(1).empty());
}

// What a mismatch asks for: the feed begins again; nothing else.
namespace {

bool begins_again(const Actions& actions) {
    const auto changes = all<ChangeFeeds>(actions);
    if (changes.empty()) return false;
    CHECK(changes.size() == 1);
    CHECK(changes[0].hub_generation == generation);
    CHECK(changes[0].again == std::vector{feed});
    CHECK(changes[0].drop.empty());
    CHECK(changes[0].add.empty());
    return true;
}

constexpr std::uint64_t right = 77;  // checksums
constexpr std::uint64_t wrong = 78;

}  // namespace

TEST_CASE("Checksums are compared where both ends stand at the same change, and nowhere else",
          "[engine][feeds][checksum]") {
    Bench bench;
    bench.follower.mount(true, {{feed, {generation, 10, 10, right}}});
    CHECK(bench.head(10, bench.hub, generation, right).empty());
    CHECK(bench.head(9, bench.hub, generation, wrong).empty());       // an old hint
    CHECK(bench.head(10, bench.hub, generation - 1, wrong).empty());  // another hub's
    CHECK(bench.head(10, bench.hub).empty());                         // a hub that keeps none
    // It is behind: the hub's is of rows that are not here yet.
    CHECK_FALSE(begins_again(bench.head(12, bench.hub, generation, wrong)));
    CHECK(bench.follower.mismatches() == 0);
    bench.give(Bench::segment(10, 12));
    const auto actions = bench.applied(12, 2, right);
    CHECK(begins_again(actions));
    CHECK(all<Notice>(actions).size() == 1);
    CHECK(bench.follower.mismatches() == 1);
}

TEST_CASE("A feed that begins again takes nothing until it is empty, then comes from 0",
          "[engine][feeds][checksum]") {
    Bench bench;
    REQUIRE(begins_again(bench.head(10, bench.hub, generation, wrong)));
    CHECK(all<ApplySegment>(bench.give(Bench::segment(10, 12))).empty());
    CHECK(bench.tick(long_after).empty());
    CHECK(bench.follower.differing().empty());
    bench.follower.mount(true, {{feed, {generation, 0, 0, 0}}});
    Actions actions;
    bench.follower.resume(2, Bench::hello_reply(12), actions);
    const auto asked = feed_requests(actions);
    REQUIRE(asked.size() == 1);
    CHECK(asked[0].after() == 0);
}

TEST_CASE("A feed that stays different is fetched anew a few times, ever less often, and then left",
          "[engine][feeds][checksum]") {
    Bench bench;
    constexpr Millis week = 7 * 24 * 3'600'000;
    std::vector<Millis> tries;
    std::size_t notices = 0;
    for (Millis now = 0; now < week; now += 60'000) {
        const auto actions = bench.head(10, bench.hub, generation, wrong, now);
        notices += all<Notice>(actions).size();
        if (!begins_again(actions)) continue;
        tries.push_back(now);
        bench.follower.mount(true, {{feed, {generation, 10, 10, 0}}});  // it was fetched, and is no better
        Actions ignored;
        bench.follower.resume(now, Bench::hello_reply(10), ignored);
    }
    REQUIRE(tries.size() == 4);
    CHECK(tries[0] == 0);
    CHECK(tries[1] - tries[0] >= 600'000);
    CHECK(tries[2] - tries[1] > tries[1] - tries[0]);
    CHECK(tries[3] - tries[2] > tries[2] - tries[1]);
    CHECK(notices == 5);
    CHECK(bench.follower.mismatches() == 5);
    CHECK(bench.follower.differing() == std::vector{feed});
    // The hub was mended.
    CHECK(bench.head(10, bench.hub, generation, 0, week).empty());
    CHECK(bench.follower.differing().empty());
    CHECK(begins_again(bench.head(10, bench.hub, generation, wrong, week + 60'000)));
}

TEST_CASE("A beginning that the disk refused is tried again soon, and does not count",
          "[engine][feeds][checksum]") {
    Bench bench;
    REQUIRE(begins_again(bench.head(10, bench.hub, generation, wrong)));
    for (Millis now = 0; now < 3'600'000; now += 40'000) {
        bench.follower.change_failed(now);
        CHECK(bench.follower.differing() == std::vector{feed});
        CHECK_FALSE(begins_again(bench.tick(now + 20'000)));
        CHECK(begins_again(bench.tick(now + 40'000)));
    }
}

TEST_CASE("Over a link that may not carry feeds nothing is listened to, asked for or dropped",
          "[engine][feeds]") {
    Bench bench;
    Actions actions;
    bench.follower.allow(false, actions);
    REQUIRE(all<SubscribeFeeds>(actions).size() == 1);
    CHECK(all<SubscribeFeeds>(actions)[0].feeds.empty());
    actions.clear();
    bench.follower.resume(1, Bench::hello_reply(20), actions);
    REQUIRE(all<SubscribeFeeds>(actions).size() == 1);
    CHECK(all<SubscribeFeeds>(actions)[0].feeds.empty());
    CHECK(feed_requests(actions).empty());
    CHECK_FALSE(bench.follower.caught_up());
    CHECK(bench.tick(long_after).empty());
    // What comes nevertheless was paid for.
    CHECK(all<ApplySegment>(bench.give(Bench::segment(10, 20))).size() == 1);
    CHECK(bench.head(20, bench.hub, generation, wrong).empty());
    CHECK_FALSE(begins_again(bench.applied(20, 2, right)));
    CHECK(bench.follower.differing() == std::vector{feed});

    actions.clear();
    bench.follower.allow(true, actions);
    REQUIRE(all<SubscribeFeeds>(actions).size() == 1);
    CHECK(all<SubscribeFeeds>(actions)[0].feeds == std::vector{feed});
    CHECK(begins_again(bench.tick(long_after + 1)));
}

TEST_CASE("The hello names the cursor of every feed", "[engine][feeds]") {
    Bench bench;
    protocol::Hello hello;
    bench.follower.describe(hello);
    REQUIRE(hello.feeds_size() == 1);
    CHECK(hello.feeds(0).feed() == "city/public/general");
    CHECK(hello.feeds(0).hub_generation() == generation);
    CHECK(hello.feeds(0).n() == 10);
}

TEST_CASE("Lost rights are asked for until a city without them is mounted", "[engine][feeds]") {
    Bench bench;
    auto reply = Bench::hello_reply(10);
    reply.mutable_desired()->set_profile("less");
    for (int again = 0; again < 2; ++again) {  // the disk refused the first
        const auto change = bench.follower.reconcile(reply);
        REQUIRE(change.has_value());
        CHECK(change->drop == std::vector{feed});
        bench.follower.change_failed(1);
    }
    bench.follower.mount(true, {});
    CHECK_FALSE(bench.follower.reconcile(reply).has_value());
}

TEST_CASE("A right that comes back while its feed leaves is followed from 0 once that is gone",
          "[engine][feeds]") {
    Bench bench;
    auto less = Bench::hello_reply(10);
    less.mutable_desired()->set_profile("less");
    auto more = less;
    more.mutable_desired()->add_feeds(records::feed_text(feed));
    REQUIRE(bench.follower.reconcile(less).has_value());
    const auto meanwhile = bench.follower.reconcile(more);
    REQUIRE(meanwhile.has_value());
    CHECK(meanwhile->drop == std::vector{feed});
    CHECK(meanwhile->add.empty());

    bench.follower.mount(true, {});  // a city in which nobody has a right to anything
    const auto then = bench.follower.reconcile(more);
    REQUIRE(then.has_value());
    CHECK(then->drop.empty());
    CHECK(then->add == std::vector{feed});

    bench.follower.mount(false, {});  // its snapshot brings all feeds
    CHECK_FALSE(bench.follower.reconcile(more).has_value());
}

TEST_CASE("The broker is asked for feeds again only when the hub has more than came", "[engine][feeds]") {
    Bench bench;
    bench.follower.resume(1, Bench::hello_reply(10), bench.actions);
    CHECK(all<SubscribeFeeds>(bench.actions).empty());
    bench.follower.resume(2, Bench::hello_reply(11), bench.actions);
    CHECK(all<SubscribeFeeds>(bench.actions).size() == 1);
    bench.actions.clear();
    bench.follower.pause();
    bench.follower.resume(3, Bench::hello_reply(10), bench.actions);
    CHECK(all<SubscribeFeeds>(bench.actions).size() == 1);
}
