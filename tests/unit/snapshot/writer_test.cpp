#include "sync/snapshot/writer.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <functional>
#include <map>

#include "sync/base/file.hpp"
#include "sync/base/sqlite.hpp"
#include "sync/snapshot/postings.hpp"
#include "tests/unit/snapshot/city.hpp"

using namespace fieldpost;
using namespace fieldpost::test;
using snapshot::Reader;
using snapshot::Writer;

namespace {

records::Permit permit(const std::string& number, const std::string& status = "issued") {
    records::Permit out;
    out.set_permit_number(number);
    out.set_status(status);
    return out;
}

records::LayerRow only_row(const std::vector<Change>& changes) {
    REQUIRE(changes.size() == 1);
    return changes.front().row;
}

// No file of this process grows beyond `bytes` while it lives: writes fail as on a disk that has no more
// room.
class NoRoom {
  public:
    explicit NoRoom(rlim_t bytes) : signal_(std::signal(SIGXFSZ, SIG_IGN)) {
        REQUIRE(getrlimit(RLIMIT_FSIZE, &before_) == 0);
        const rlimit less{bytes, before_.rlim_max};
        REQUIRE(setrlimit(RLIMIT_FSIZE, &less) == 0);
    }
    ~NoRoom() {
        setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, signal_);
    }
    NoRoom(const NoRoom&) = delete;
    NoRoom& operator=(const NoRoom&) = delete;

  private:
    void (*signal_)(int);
    rlimit before_{};
};

}  // namespace

TEST_CASE("A file built in bulk holds the same as one that is fed row by row") {
    const auto seed = 1000 + Catch::rngSeed();
    INFO("replay with --rng-seed " << Catch::rngSeed());
    const Folder folder;
    RandomCity random(seed);
    auto rows = random.city(300);
    build(folder / "bulk", rows);
    build(folder / "fed", {});
    for (std::size_t at = rows.size(); at-- > 1;) std::swap(rows[at], rows[random.below(at + 1)]);
    feed(folder / "fed", rows);
    CHECK(contents(folder / "bulk") == contents(folder / "fed"));
}

TEST_CASE("Any sequence of puts and removes leaves what a fresh build of the survivors holds") {
    INFO("replay with --rng-seed " << Catch::rngSeed());
    for (unsigned run = 0; run < 5; ++run) {
        const Folder folder;
        RandomCity random(run * 7919 + Catch::rngSeed());
        std::map<std::pair<records::FeedId, records::RecordId>, records::LayerRow> held;
        build(folder / "changed", {});
        auto writer = good(Writer::open(folder / "changed"));
        for (int step = 0; step < 400; ++step) {
            good(writer->begin());
            const auto version = static_cast<std::int64_t>(1 + random.below(5));
            for (const Change& change : random.household(static_cast<int>(random.below(40)), version)) {
                auto& row = held[{change.feed, change.row.record}];
                if (row.version <= version) row = change.row;
                good(writer->put(change.feed, change.row));
            }
            if (random.below(2) == 0 && !held.empty()) {
                auto victim = held.begin();
                std::advance(victim, random.below(held.size()));
                const auto [feed_id, record] = victim->first;
                const auto at = static_cast<std::int64_t>(random.below(6));
                if (victim->second.version <= at) held.erase(victim);
                good(writer->remove(feed_id, record, at));
            }
            good(writer->commit());
        }
        std::vector<Change> rows;
        for (const auto& [key, row] : held) rows.push_back({key.first, row});
        build(folder / "fresh", rows);
        CHECK(contents(folder / "changed") == contents(folder / "fresh"));
    }
}

TEST_CASE("A put that is older than what the feed already brought is ignored") {
    const Folder folder;
    build(folder / "city", {});
    const auto newer = layers(records::PERMIT, "1", permit("BP-1", "closed"), property_id("1"), 5);
    const auto older = layers(records::PERMIT, "1", permit("BP-1", "issued"), property_id("1"), 4);
    feed(folder / "city", newer);
    feed(folder / "city", older);
    const auto rows = good(good(Reader::open(folder / "city"))->record(id_of(records::PERMIT, "1")));
    REQUIRE(rows.size() == 1);
    CHECK(rows.front() == only_row(newer));
}

TEST_CASE("The same put twice changes nothing") {
    const Folder folder;
    const auto rows = RandomCity(3).city(20);
    build(folder / "city", rows);
    const auto before = contents(folder / "city");
    feed(folder / "city", rows);
    CHECK(contents(folder / "city") == before);
}

TEST_CASE("Two feeds may hold the same record: the newest is shown, and removing one leaves the other") {
    const Folder folder;
    const records::RecordId record = id_of(records::PERMIT, "1");
    auto city = layers(records::PERMIT, "1", permit("BP-1", "issued"), property_id("1"), 4);
    auto north = layers(records::PERMIT, "1", permit("BP-1", "closed"), property_id("1"), 5);
    north.front().feed = north_feed;
    build(folder / "city", {city.front(), north.front()});

    const auto shown = [&] { return good(good(Reader::open(folder / "city"))->view(property_id("1"))).rows; };
    REQUIRE(shown().size() == 1);
    CHECK(shown().front().version == 5);

    auto writer = good(Writer::open(folder / "city"));
    good(writer->begin());
    good(writer->remove(north_feed, record, 6));
    good(writer->commit());
    REQUIRE(shown().size() == 1);
    CHECK(shown().front().version == 4);
    CHECK(good(good(Reader::open(folder / "city"))->counts()).records == 1);

    good(writer->begin());
    good(writer->remove(public_feed, record, 6));
    good(writer->commit());
    CHECK(shown().empty());
    CHECK(good(good(Reader::open(folder / "city"))->counts()).records == 0);
}

TEST_CASE("A record that another area holds at another property is shown where its newest version is") {
    const Folder folder;
    auto old_place = layers(records::PERMIT, "1", permit("BP-1"), property_id("old"), 4);
    auto new_place = layers(records::PERMIT, "1", permit("BP-1"), property_id("new"), 5);
    new_place.front().feed = north_feed;
    build(folder / "city", {old_place.front(), new_place.front()});
    auto reader = good(Reader::open(folder / "city"));
    CHECK(good(reader->view(property_id("old"))).rows.empty());
    CHECK(good(reader->view(property_id("new"))).rows.size() == 1);
}

TEST_CASE("A record moves when it is linked to another property") {
    const Folder folder;
    build(folder / "city", layers(records::PERMIT, "1", permit("BP-1"), property_id("old"), 1));
    feed(folder / "city", layers(records::PERMIT, "1", permit("BP-1"), property_id("new"), 2));
    feed(folder / "city", layers(records::PERMIT, "2", permit("BP-2"), 0, 1));
    feed(folder / "city", layers(records::PERMIT, "2", permit("BP-2"), property_id("new"), 2));
    auto reader = good(Reader::open(folder / "city"));
    CHECK(good(reader->view(property_id("old"))).rows.empty());
    const auto rows = good(reader->view(property_id("new"))).rows;
    REQUIRE(rows.size() == 2);
    CHECK(rows.front().property == property_id("new"));
    CHECK(rows.front().version == 2);
}

TEST_CASE("A removal that is older than the row it names leaves the row") {
    const Folder folder;
    build(folder / "city", layers(records::PERMIT, "1", permit("BP-1"), property_id("1"), 5));
    auto writer = good(Writer::open(folder / "city"));
    good(writer->begin());
    good(writer->remove(public_feed, id_of(records::PERMIT, "1"), 4));
    good(writer->remove(public_feed, id_of(records::PERMIT, "not there"), 9));
    good(writer->remove(north_feed, id_of(records::PERMIT, "1"), 9));
    good(writer->commit());
    CHECK(good(good(Reader::open(folder / "city"))->record(id_of(records::PERMIT, "1"))).size() == 1);
}

TEST_CASE("Rows of an unknown kind or with a damaged body are kept and shown, and can be removed") {
    const Folder folder;
    records::LayerRow strange;
    strange.kind = static_cast<records::Kind>(42);
    strange.record = 4242;
    strange.property = property_id("1");
    strange.layer = public_feed.layer;
    strange.version = 1;
    strange.source = "future";
    strange.body = "\xff\xff not a message";
    records::LayerRow damaged = strange;
    damaged.kind = records::PERMIT;
    damaged.record = 4343;

    const auto check = [&](const std::filesystem::path& path) {
        auto reader = good(Reader::open(path));
        const auto view = good(reader->view(property_id("1")));
        REQUIRE(view.rows.size() == 2);
        for (const auto& row : view.rows) {
            CHECK(row == (row.record == 4242 ? strange : damaged));
            CHECK(snapshot::merge({row}).has_error());
        }
    };
    build(folder / "bulk", {{public_feed, strange}, {public_feed, damaged}});
    check(folder / "bulk");
    build(folder / "fed", {});
    feed(folder / "fed", {{public_feed, strange}, {public_feed, damaged}});
    check(folder / "fed");
    auto writer = good(Writer::open(folder / "fed"));
    good(writer->begin());
    good(writer->remove(public_feed, 4242, 1));
    good(writer->remove(public_feed, 4343, 1));
    good(writer->commit());
    CHECK(good(good(Reader::open(folder / "fed"))->view(property_id("1"))).rows.empty());
}

TEST_CASE("A row of another layer than its feed's, or without a record, is refused") {
    const Folder folder;
    build(folder / "city", {});
    auto row = only_row(layers(records::PERMIT, "1", permit("BP-1"), property_id("1")));
    auto writer = good(Writer::open(folder / "city"));
    good(writer->begin());
    CHECK(writer->put(fire_feed, row).error().code == ErrorCode::invalid_argument);
    row.record = 0;
    CHECK(writer->put(public_feed, row).error().code == ErrorCode::invalid_argument);
    good(writer->rollback());
    CHECK(writer->put(public_feed, row).has_error());
}

TEST_CASE("A bulk load refuses what it cannot do") {
    const Folder folder;
    const auto rows = layers(records::PERMIT, "1", permit("BP-1"), property_id("1"));
    auto writer = good(Writer::create(folder / "city", {}));
    good(writer->begin());
    CHECK(writer->remove(public_feed, 1, 1).error().code == ErrorCode::refused);
    CHECK(writer->rollback().error().code == ErrorCode::refused);
    CHECK(Writer::create(folder / "city", {}).error().code == ErrorCode::conflict);
    good(writer->put(public_feed, rows.front().row));
    good(writer->put(public_feed, rows.front().row));
    good(writer->commit());
    CHECK(writer->finish().error().code == ErrorCode::conflict);
}

TEST_CASE("What was not committed is gone after a crash, and cursors go with their rows") {
    const Folder folder;
    build(folder / "city", {});
    {
        auto writer = good(Writer::open(folder / "city"));
        good(writer->begin());
        good(writer->put(public_feed,
                         only_row(layers(records::PERMIT, "1", permit("BP-1"), property_id("1")))));
        good(writer->set_feed_cursor(public_feed, 7, 11));
        good(writer->commit());
        good(writer->begin());
        good(writer->put(public_feed,
                         only_row(layers(records::PERMIT, "2", permit("BP-2"), property_id("1")))));
        good(writer->set_feed_cursor(public_feed, 7, 12));
    }
    auto writer = good(Writer::open(folder / "city"));
    const auto cursor = good(writer->feed_cursor(public_feed));
    REQUIRE(cursor);
    CHECK(cursor->generation == 7);
    CHECK(cursor->cursor == 11);
    CHECK_FALSE(good(writer->feed_cursor(fire_feed)));
    CHECK(good(good(Reader::open(folder / "city"))->view(property_id("1"))).rows.size() == 1);
}

TEST_CASE("A rollback leaves the file as it was, feeds and sources included") {
    const Folder folder;
    build(folder / "city", RandomCity(5).city(10));
    const auto before = contents(folder / "city");
    auto writer = good(Writer::open(folder / "city"));
    good(writer->begin());
    auto row = only_row(layers(records::PERMIT, "new", permit("BP-9"), property_id("1")));
    row.source = "another";
    row.layer = {records::CONFIDENTIAL, "justice"};
    const records::FeedId feed_id{"city", row.layer};
    good(writer->put(feed_id, row));
    good(writer->rollback());
    CHECK(contents(folder / "city") == before);
    good(writer->begin());
    good(writer->put(feed_id, row));
    good(writer->commit());
    const auto rows = good(good(Reader::open(folder / "city"))->record(row.record));
    REQUIRE(rows.size() == 1);
    CHECK(rows.front() == row);
}

TEST_CASE("After a full disk the writer goes on with the sources that the file really has") {
    const Folder folder;
    build(folder / "city", {});
    auto writer = good(Writer::open(folder / "city"));
    const auto from = [](const std::string& source, const std::string& key, std::size_t bytes = 0) {
        auto message = permit(key);
        message.set_description(std::string(bytes, 'x'));
        auto row = only_row(layers(records::PERMIT, key, message, property_id("1")));
        row.source = source;
        return row;
    };
    {
        const NoRoom no_room(4U << 20U);
        good(writer->begin());
        good(writer->put(public_feed, from("lost", "0")));
        Status put = ok();
        for (int number = 1; put && number < 400; ++number)
            put = writer->put(public_feed, from("lost", std::to_string(number), 100'000));
        REQUIRE(put.has_error());
        good(writer->rollback());
    }
    good(writer->begin());
    good(writer->put(public_feed, from("second", "2")));
    good(writer->put(public_feed, from("lost", "1")));
    good(writer->commit());
    auto reader = good(Reader::open(folder / "city"));
    CHECK(good(reader->record(id_of(records::PERMIT, "0"))).empty());
    for (const auto& [key, source] : {std::pair("1", "lost"), std::pair("2", "second")}) {
        const auto rows = good(reader->record(id_of(records::PERMIT, key)));
        REQUIRE(rows.size() == 1);
        CHECK(rows.front().source == source);
    }
}

TEST_CASE("A lost feed takes its rows and words with it, down to the bytes on the disk") {
    const Folder folder;
    records::Party party;
    party.set_name("Zachariah Quixotewell");
    auto rows = RandomCity(6).city(10);
    const auto secret = layers(records::PARTY, "secret", party, property_id("1"));
    rows.insert(rows.end(), secret.begin(), secret.end());
    build(folder / "city", rows);
    {
        auto writer = good(Writer::open(folder / "city"));
        good(writer->begin());
        good(writer->remove_feed(internal_feed));
        good(writer->commit());
    }
    auto reader = good(Reader::open(folder / "city"));
    CHECK(good(reader->record(id_of(records::PARTY, "secret"))).empty());
    for (const auto& cursor : good(reader->feeds())) CHECK(cursor.feed != internal_feed);
    reader.reset();
    const std::string bytes = good(read_file(folder / "city"));
    for (const char* trace : {"Zachariah", "zachariah", "ZACHARIAH", "Quixotewell", "quixotewell"}) {
        CHECK(bytes.find(trace) == std::string::npos);
    }
}

TEST_CASE("A property's row may go while others stay, and come back, and its place is found all the time") {
    const Folder folder;
    const records::RecordId id = property_id("1");
    const auto home = layers(records::PROPERTY, "1", property("1 Main St"), 0);
    build(folder / "city", home);
    feed(folder / "city", layers(records::PERMIT, "1", permit("BP-1"), id));
    const auto shown = [&] { return good(good(Reader::open(folder / "city"))->view(id)).rows; };
    REQUIRE(shown().size() == 2);
    const auto change = [&](const std::function<Status(Writer&)>& write) {
        auto writer = good(Writer::open(folder / "city"));
        good(writer->begin());
        good(write(*writer));
        good(writer->commit());
    };
    change([&](Writer& writer) { return writer.remove(home.front().feed, id, 1); });
    REQUIRE(shown().size() == 1);
    CHECK(shown().front().property == id);
    feed(folder / "city", layers(records::PERMIT, "2", permit("BP-2"), id));
    CHECK(shown().size() == 2);
    auto again = home.front();
    again.row.version = 2;
    feed(folder / "city", {again});
    REQUIRE(shown().size() == 3);
    CHECK(shown().front().record == id);
    change([&](Writer& writer) { return writer.remove_feed(public_feed); });
    CHECK(shown().empty());
    auto database = good(open_database(folder / "city", Durability::read_only));
    CHECK(database->execAndGet("SELECT count(*) FROM place").getInt() == 0);
    CHECK(database->execAndGet("SELECT count(*) FROM record").getInt() == 0);
}

TEST_CASE("Neighbours of a street lie side by side in a file built in bulk, whatever order they came in") {
    const Folder folder;
    std::vector<Change> rows;
    for (const int number : {30, 10, 20}) {
        for (const char* street : {"Main St", "Erie Blvd"}) {
            const std::string key = street + std::to_string(number);
            const auto more =
                layers(records::PROPERTY, key, property(std::to_string(number) + " " + street), 0);
            rows.insert(rows.end(), more.begin(), more.end());
        }
    }
    build(folder / "city", rows);
    std::vector<records::RecordId> expected;
    for (const char* street : {"Erie Blvd", "Main St"}) {
        for (const int number : {10, 20, 30})
            expected.push_back(property_id(street + std::to_string(number)));
    }
    auto database = good(open_database(folder / "city", Durability::read_only));
    std::vector<records::RecordId> found;
    SQLite::Statement all(*database, "SELECT record FROM layer ORDER BY row");
    while (all.executeStep()) found.push_back(all.getColumn(0).getInt64());
    CHECK(found == expected);
}

TEST_CASE("A file of another format is refused, and what is no city file is called so") {
    const Folder folder;
    build(folder / "city", {});
    // One of an earlier program, one of a later.
    for (const std::int64_t other : {snapshot::format_version - 1, snapshot::format_version + 1}) {
        {
            auto database = good(open_database(folder / "city", Durability::normal));
            database->exec("UPDATE meta SET value = " + std::to_string(other) + " WHERE key = 'format'");
        }
        CHECK(Writer::open(folder / "city").error().code == ErrorCode::conflict);
        const Error refused = Reader::open(folder / "city").error();
        CHECK(refused.code == ErrorCode::conflict);
        CHECK_THAT(refused.message, Catch::Contains("has format " + std::to_string(other)) &&
                                        Catch::Contains("fetch a new one from the hub"));
    }
    good(write_file_atomic(folder / "text", std::string(5000, 'x')));
    CHECK(Reader::open(folder / "text").error().code == ErrorCode::corrupt);
    CHECK(Writer::open(folder / "text").error().code == ErrorCode::corrupt);
    CHECK(Reader::open(folder / "nothing").error().code == ErrorCode::not_found);
    { good(open_database(folder / "empty", Durability::normal)); }
    CHECK(Reader::open(folder / "empty").error().code == ErrorCode::corrupt);
}

TEST_CASE("Search entries made by other rules are made anew when the file is opened for writing") {
    const Folder folder;
    build(folder / "city", RandomCity(8).city(30));
    const auto before = contents(folder / "city");
    {
        auto database = good(open_database(folder / "city", Durability::normal));
        database->exec(
            "UPDATE meta SET value = 0 WHERE key = 'terms'; DELETE FROM term; DELETE FROM term_first");
        snapshot::Postings(*database, "term").add({"OLDRULES\1", 1'048'576});
    }
    CHECK(contents(folder / "city") != before);
    good(Writer::open(folder / "city"));
    CHECK(contents(folder / "city") == before);
}
