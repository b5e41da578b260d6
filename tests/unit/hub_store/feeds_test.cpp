#include "daemon/hub/store/feeds.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "tests/unit/hub_store/scratch.hpp"

using namespace fieldpost;
using hub::testing::ScratchStore;

namespace {

const records::FeedId public_feed{"city", {records::PUBLIC, "general"}};

// What a device holds of one feed: record -> version and body.
using Held = std::map<records::RecordId, std::pair<std::int64_t, Bytes>>;

void follow(Held& held, const hub::FeedRange& range) {
    for (const auto& change : range.changes) {
        if (change.remove) {
            held.erase(change.row.record);
        } else {
            held[change.row.record] = {change.row.version, change.row.body};
        }
    }
}

Held snapshot(ScratchStore& scratch) {
    Held held;
    REQUIRE(scratch.feeds->for_each_row({public_feed}, [&](const auto&, const auto& row) {
        held[row.record] = {row.version, row.body};
        return ok();
    }));
    return held;
}

}  // namespace

TEST_CASE("a range is bounded by count and by bytes, and says where it ends") {
    ScratchStore scratch;
    for (int i = 0; i < 10; ++i) scratch.put_permit("B-" + std::to_string(i), "Issued");
    auto first = scratch.feeds->range(public_feed, 0, 4, 1U << 20U);
    REQUIRE(first);
    CHECK(first->changes.size() == 4);
    CHECK(first->through == 4);
    CHECK(first->more);
    auto one = scratch.feeds->range(public_feed, 4, 100, 1);
    REQUIRE(one);
    CHECK(one->changes.size() == 1);
    CHECK(one->more);
    auto rest = scratch.feeds->range(public_feed, 5, 100, 1U << 20U);
    REQUIRE(rest);
    CHECK(rest->changes.size() == 5);
    CHECK(rest->through == 10);
    CHECK_FALSE(rest->more);
    CHECK(scratch.feeds->range(public_feed, 10, 100, 1000)->changes.empty());
}

TEST_CASE("a range reaches the head even when all behind the cursor is superseded") {
    ScratchStore scratch;
    scratch.put_permit("B-1", "A");
    scratch.put_permit("B-2", "A");
    scratch.put_permit("B-2", "B");
    scratch.put_permit("B-1", "B");  // head 4, changes 3 and 4 live
    auto range = scratch.feeds->range(public_feed, 0, 1, 1000);
    REQUIRE(range);
    CHECK(range->changes.front().n == 3);
    CHECK(range->through == 3);
    CHECK(range->more);
}

TEST_CASE("a cursor beyond the head is a conflict, and an unknown feed is empty") {
    ScratchStore scratch;
    scratch.put_permit("B-1", "A");
    auto beyond = scratch.feeds->range(public_feed, 5, 10, 1000);
    REQUIRE_FALSE(beyond);
    CHECK(beyond.error().code == ErrorCode::conflict);
    const records::FeedId unknown{"moon", {records::PUBLIC, "general"}};
    CHECK(scratch.feeds->range(unknown, 0, 10, 1000)->changes.empty());
    CHECK(*scratch.feeds->head(unknown) == 0);
}

TEST_CASE("rows come ordered by property, kind and record, for the wanted feeds only") {
    ScratchStore scratch;
    for (int i = 0; i < 50; ++i) scratch.put_permit("B-" + std::to_string(i), "Issued", 50 - i);
    std::vector<std::pair<records::RecordId, records::RecordId>> order;
    REQUIRE(scratch.feeds->for_each_row({public_feed}, [&](const auto& feed, const auto& row) {
        CHECK(feed == public_feed);
        order.emplace_back(row.property, row.record);
        return ok();
    }));
    CHECK(order.size() == 50);
    CHECK(std::ranges::is_sorted(order));
    const auto stopped = scratch.feeds->for_each_row(
        {public_feed}, [](const auto&, const auto&) -> Status { return fail(ErrorCode::full, "enough"); });
    CHECK_FALSE(stopped);
}

TEST_CASE("a device that follows a feed from any point holds what a new snapshot holds") {
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const auto below = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
    ScratchStore scratch;
    Held held;
    std::int64_t cursor = 0;
    for (int step = 0; step < 400; ++step) {
        const std::string number = "B-" + std::to_string(below(20));
        if (below(4) == 0) {
            REQUIRE(scratch.records->remove(records::record_id(records::PERMIT, "lpi", number)));
        } else {
            scratch.put_permit(number, std::to_string(below(3)), static_cast<records::RecordId>(below(3)));
        }
        if (below(7) != 0) continue;
        auto range = scratch.feeds->range(public_feed, cursor, 1 + below(5), 1U << 20U);
        REQUIRE(range);
        follow(held, *range);
        CHECK(range->through >= cursor);
        cursor = range->through;
    }
    for (bool more = true; more;) {
        auto range = scratch.feeds->range(public_feed, cursor, 3, 1U << 20U);
        REQUIRE(range);
        follow(held, *range);
        cursor = range->through;
        more = range->more;
    }
    CHECK(cursor == *scratch.feeds->head(public_feed));
    CHECK(held == snapshot(scratch));
}

TEST_CASE("a reader sees heads and rows of one moment while the writer goes on") {
    ScratchStore scratch;
    scratch.put_permit("B-1", "A");
    auto reader = hub::Store::open_reader(scratch.folder.path());
    REQUIRE(reader);
    hub::Feeds feeds(**reader);
    SQLite::Transaction moment((*reader)->database());
    CHECK(*feeds.head(public_feed) == 1);
    scratch.put_permit("B-2", "A");
    CHECK(*feeds.head(public_feed) == 1);
    int rows = 0;
    REQUIRE(feeds.for_each_row({public_feed}, [&](const auto&, const auto&) {
        ++rows;
        return ok();
    }));
    CHECK(rows == 1);
}
