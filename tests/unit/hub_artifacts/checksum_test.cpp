// The checksum at both ends: the hub's beside its rows, a device's in the city file that the hub built or
// that its feeds filled.
#include <rapidcheck/catch.h>
#include <catch2/catch.hpp>

#include "daemon/hub/store/catalog.hpp"
#include "daemon/hub/store/feeds.hpp"
#include "daemon/hub/store/records.hpp"
#include "sync/snapshot/writer.hpp"
#include "tests/unit/support/temporary_folder.hpp"

using namespace fieldpost;
using namespace fieldpost::hub;

namespace {

using records::FeedId;

const std::vector<std::string> city_areas{"city", "north"};

struct Hub {
    Hub() {
        store = Store::open(folder.path / "hub").value();
        REQUIRE(Catalog(*store).put_source({"lpi", "Permits", "Inspections", "Permits", 0}));
        records = std::make_unique<Records>(*store);
        feeds = std::make_unique<Feeds>(*store);
    }
    // One change of one of a few permits, as an import makes them.
    void change() {
        const std::string number = "B-" + std::to_string(*rc::gen::inRange(0, 6));
        const auto id = records::record_id(records::PERMIT, "lpi", number);
        const int what = *rc::gen::inRange(0, 6);
        if (what == 0) {
            REQUIRE(records->remove(id));
            return;
        }
        if (what == 1) {
            const auto property = *rc::gen::inRange<records::RecordId>(1, 4);
            (void)records->relink(id, property, records::LinkMethod::parcel, 80);  // it may not be there
            return;
        }
        records::Permit permit;
        permit.set_permit_number(number);
        permit.set_status(std::to_string(*rc::gen::inRange(0, 3)));
        permit.set_applicant("Ada");
        // A mapping that was changed: the field is in another layer from now on.
        const records::LabelOverrides raised{{"status", {records::CONFIDENTIAL, "fire"}}};
        const std::vector<std::string> areas(city_areas.begin(),
                                             city_areas.begin() + *rc::gen::inRange(1, 3));
        RecordInput input;
        input.kind = records::PERMIT;
        input.source = "lpi";
        input.key = number;
        input.areas = areas;
        input.message = &permit;
        input.overrides = *rc::gen::arbitrary<bool>() ? &raised : nullptr;
        REQUIRE(records->put(input));
    }
    std::map<FeedId, engine::FeedPoint> heads() { return feeds->heads().value(); }

    support::TemporaryFolder folder;
    std::unique_ptr<Store> store;
    std::unique_ptr<Records> records;
    std::unique_ptr<Feeds> feeds;
};

// A device's city file, filled by the feeds.
class DeviceCity {
  public:
    explicit DeviceCity(const std::filesystem::path& file) : file_(file) {
        auto made = snapshot::Writer::create(file_, {}).value();
        REQUIRE(made->begin());
        REQUIRE(made->commit());
        REQUIRE(made->finish());
        writer_ = snapshot::Writer::open(file_).value();
    }
    // Applies what the hub has behind the cursor, at most `limit` changes; nothing of it when the disk is
    // full.
    void follow(Hub& hub, const FeedId& feed, std::size_t limit, bool full_disk = false) {
        const auto held = writer_->feed_cursor(feed).value();
        const auto range = hub.feeds->range(feed, held ? held->cursor : 0, limit, 1U << 20U).value();
        REQUIRE(writer_->begin());
        for (const auto& change : range.changes) {
            const Status done = change.remove ? writer_->remove(feed, change.row.record, change.row.version)
                                              : writer_->put(feed, change.row);
            REQUIRE(done);
        }
        REQUIRE(writer_->set_feed_cursor(feed, 1, range.through));
        REQUIRE((full_disk ? writer_->rollback() : writer_->commit()));
    }
    bool follow_to_head(Hub& hub, const FeedId& feed, std::int64_t head) {
        for (int i = 0; i < 1000; ++i) {
            const auto held = writer_->feed_cursor(feed).value();
            if (held && held->cursor == head) return true;
            follow(hub, feed, 7);
        }
        return false;
    }
    std::uint64_t checksum(const FeedId& feed) {
        const auto held = writer_->feed_cursor(feed).value();
        return held ? held->checksum : 0;
    }
    snapshot::Writer& writer() { return *writer_; }
    void open_again() {
        writer_.reset();
        writer_ = snapshot::Writer::open(file_).value();
    }
    const std::filesystem::path& file() const { return file_; }

  private:
    std::filesystem::path file_;
    std::unique_ptr<snapshot::Writer> writer_;
};

}  // namespace

TEST_CASE("Both ends have the same checksum at the same change, however the changes were split") {
    rc::prop("puts, removes, moves and reclassifications in any split", [] {
        Hub hub;
        DeviceCity city(hub.folder.path / "city.db");
        const int changes = *rc::gen::inRange(1, 60);
        for (int i = 0; i < changes; ++i) {
            hub.change();
            if (*rc::gen::inRange(0, 4) != 0) continue;
            for (const auto& [feed, head] : hub.heads())
                city.follow(hub, feed, *rc::gen::inRange<std::size_t>(1, 6), *rc::gen::inRange(0, 8) == 0);
        }
        for (const auto& [feed, head] : hub.heads()) {
            RC_ASSERT(city.follow_to_head(hub, feed, static_cast<std::int64_t>(head.n)));
            RC_ASSERT(city.checksum(feed) == head.checksum);
        }
        city.open_again();
        for (const auto& [feed, head] : hub.heads()) RC_ASSERT(city.checksum(feed) == head.checksum);

        // One that begins now and sees only what was not superseded, and one that is built in bulk.
        DeviceCity late(hub.folder.path / "late.db");
        auto bulk = snapshot::Writer::create(hub.folder.path / "bulk.db", {}).value();
        REQUIRE(bulk->begin());
        std::set<FeedId> all;
        for (const auto& [feed, head] : hub.heads()) {
            RC_ASSERT(late.follow_to_head(hub, feed, static_cast<std::int64_t>(head.n)));
            RC_ASSERT(late.checksum(feed) == head.checksum);
            REQUIRE(bulk->set_feed_cursor(feed, 1, static_cast<std::int64_t>(head.n)));
            all.insert(feed);
        }
        REQUIRE(hub.feeds->for_each_row(
            all, [&](const auto& feed, const auto& row) { return bulk->put(feed, row); }));
        REQUIRE(bulk->commit());
        REQUIRE(bulk->finish());
        auto built = snapshot::Writer::open(hub.folder.path / "bulk.db").value();
        for (const auto& [feed, head] : hub.heads())
            RC_ASSERT(built->feed_cursor(feed).value()->checksum == head.checksum);
    });
}

TEST_CASE("A city file that lost a row, or has one that the hub does not have, differs") {
    Hub hub;
    records::Permit permit;
    RecordInput input;
    const std::vector<std::string> areas{"city"};
    input.kind = records::PERMIT;
    input.source = "lpi";
    input.areas = areas;
    input.message = &permit;
    for (const char* number : {"B-1", "B-2", "B-3"}) {
        permit.set_permit_number(number);
        input.key = number;
        REQUIRE(hub.records->put(input));
    }
    const FeedId feed{"city", {records::PUBLIC, "general"}};
    const auto head = hub.heads().at(feed);
    DeviceCity city(hub.folder.path / "city.db");
    REQUIRE(city.follow_to_head(hub, feed, static_cast<std::int64_t>(head.n)));
    REQUIRE(city.checksum(feed) == head.checksum);

    const auto row = hub.feeds->range(feed, 0, 1, 1000).value().changes.front().row;
    auto& writer = city.writer();
    REQUIRE(writer.begin());
    REQUIRE(writer.remove(feed, row.record, row.version));
    REQUIRE(writer.commit());
    CHECK(city.checksum(feed) != head.checksum);
    auto other = row;
    other.record += 1;
    REQUIRE(writer.begin());
    REQUIRE(writer.put(feed, other));
    REQUIRE(writer.commit());
    CHECK(city.checksum(feed) != head.checksum);
    REQUIRE(writer.begin());
    REQUIRE(writer.remove(feed, other.record, other.version));
    REQUIRE(writer.put(feed, row));
    REQUIRE(writer.commit());
    CHECK(city.checksum(feed) == head.checksum);
    REQUIRE(writer.begin());
    REQUIRE(writer.put(feed, row));  // twice is once
    REQUIRE(writer.commit());
    CHECK(city.checksum(feed) == head.checksum);
    REQUIRE(writer.begin());
    REQUIRE(writer.remove_feed(feed));
    REQUIRE(writer.set_feed_cursor(feed, 1, 0));
    REQUIRE(writer.commit());
    CHECK(city.checksum(feed) == 0);
}

TEST_CASE("A city file of a program that kept no checksums has them once it is opened") {
    Hub hub;
    records::Permit permit;
    permit.set_permit_number("B-1");
    RecordInput input;
    input.kind = records::PERMIT;
    input.source = "lpi";
    input.key = "B-1";
    input.areas = city_areas;
    input.message = &permit;
    REQUIRE(hub.records->put(input));
    DeviceCity city(hub.folder.path / "city.db");
    for (const auto& [feed, head] : hub.heads())
        REQUIRE(city.follow_to_head(hub, feed, static_cast<std::int64_t>(head.n)));
    Database(city.file().string(), SQLite::OPEN_READWRITE).exec("ALTER TABLE feed DROP COLUMN checksum");
    city.open_again();
    for (const auto& [feed, head] : hub.heads()) CHECK(city.checksum(feed) == head.checksum);
}
