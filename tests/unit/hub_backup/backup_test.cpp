#include "daemon/hub/backup/backup.hpp"

#include <sys/stat.h>

#include <algorithm>

#include "sync/base/file.hpp"
#include "tests/unit/hub_journal/bench.hpp"

using namespace fieldpost;
using namespace fieldpost::hub;
using namespace fieldpost::hub::testing;
using protocol::WORK;

namespace {

namespace fs = std::filesystem;

struct BackupBench : Bench {
    // So many observations more, as a round of the hub applies them.
    void record(int count) {
        SQLite::Transaction round(store->database());
        for (int i = 0; i < count; ++i) apply(observation("obs-" + std::to_string(++made)));
        protocol::LanePosition position;
        position.set_lane(WORK);
        position.set_epoch(77);
        position.set_seq(seq);
        position.set_hash(hash);
        REQUIRE(operations->set_lane_position("truck-1", position).has_value());
        round.commit();
    }
    std::uint64_t safe() { return operations->lane_position("truck-1", 77, WORK)->safe(); }
    void put_blob(char digit, const std::string& content) {
        const std::string name(64, digit);
        folder.write("blobs/" + name.substr(0, 2) + "/" + name, content);
    }
    fs::path blob(const fs::path& of, char digit) const {
        const std::string name(64, digit);
        return of / "blobs" / name.substr(0, 2) / name;
    }
    // The backup put in a store's place.
    std::unique_ptr<Store> restored() {
        const auto copy = other.path / ("restored " + std::to_string(++restores));
        fs::copy(backup, copy, fs::copy_options::recursive);
        return Store::open(copy).value();
    }

    support::TemporaryFolder other;
    const fs::path backup = other.path / "backup";
    int made = 0;
    int restores = 0;
};

}  // namespace

TEST_CASE("A backup holds what the store held, and the store says what is safe", "[backup]") {
    BackupBench bench;
    bench.record(5);
    CHECK(bench.safe() == 0);
    const auto report = back_up(bench.folder.path, bench.backup);
    REQUIRE(report.has_value());
    CHECK(report->operations == 5);
    CHECK(report->database_bytes > 0);
    CHECK(bench.safe() == 5);
    bench.record(4);
    CHECK(bench.safe() == 5);

    const auto store = bench.restored();
    Operations operations(*store);
    CHECK(operations.count().value() == 5);
    CHECK(operations.lane_position("truck-1", 77, WORK)->seq() == 5);
    CHECK(operations.lane_position("truck-1", 77, WORK)->safe() == 5);
    CHECK(Records(*store).head(observation_id("obs-5")).value().has_value());
}

TEST_CASE("A restored store begins a new generation, once", "[backup]") {
    BackupBench bench;
    bench.record(1);
    const auto before = bench.store->generation();
    REQUIRE(back_up(bench.folder.path, bench.backup).has_value());
    CHECK(Store::open(bench.folder.path).value()->generation() == before);
    auto store = bench.restored();
    const auto generation = store->generation();
    const auto where = store->folder();
    CHECK(generation != before);
    store.reset();
    CHECK(Store::open(where).value()->generation() == generation);
    // The backup is as it was, and good for another time.
    CHECK(bench.restored()->generation() != generation);
}

TEST_CASE("A hub goes on working while it is backed up", "[backup]") {
    BackupBench bench;
    bench.record(3);
    {
        // A round that is not committed yet is not in it, and does not keep it waiting.
        SQLite::Transaction round(bench.store->database());
        bench.apply(bench.observation("not committed"));
        const auto report = back_up(bench.folder.path, bench.backup);
        // All but the word of it: the round holds the store's write lock.
        REQUIRE_FALSE(report.has_value());
        CHECK(report.error().code == ErrorCode::unavailable);
        CHECK(report.error().message.find("the backup is complete") != std::string::npos);
    }
    CHECK(bench.safe() == 0);
    CHECK(Operations(*bench.restored()).count().value() == 3);
}

TEST_CASE("Attachments are in a backup, and only the new ones are copied again", "[backup]") {
    BackupBench bench;
    bench.put_blob('a', "a photo");
    bench.put_blob('b', "another photo");
    bench.folder.write("blobs/partial/truck-1/" + std::string(64, 'c'), "half a ph");
    auto report = back_up(bench.folder.path, bench.backup).value();
    CHECK(report.attachments == 2);
    CHECK(report.new_attachments == 2);
    CHECK(read_file(bench.blob(bench.backup, 'a')).value() == "a photo");
    CHECK_FALSE(fs::exists(bench.backup / "blobs" / "partial"));

    bench.put_blob('d', "a third photo");
    fs::remove(bench.blob(bench.backup, 'b'));
    bench.folder.write("blobs/junk", "of somebody's");
    report = back_up(bench.folder.path, bench.backup).value();
    CHECK(report.attachments == 3);
    CHECK(report.new_attachments == 2);
    CHECK(read_file(bench.blob(bench.backup, 'b')).value() == "another photo");
    CHECK(read_file(bench.blob(bench.backup, 'd')).value() == "a third photo");
    // What is gone at the hub stays in the backup.
    fs::remove(bench.blob(bench.folder.path, 'a'));
    REQUIRE(back_up(bench.folder.path, bench.backup).has_value());
    CHECK(fs::exists(bench.blob(bench.backup, 'a')));
}

TEST_CASE("The hub's key goes with its backup, for its owner's eyes", "[backup]") {
    BackupBench bench;
    bench.folder.write("hub.key", "secret");
    bench.folder.write("hub.pub", "public");
    REQUIRE(back_up(bench.folder.path, bench.backup).has_value());
    CHECK(read_file(bench.backup / "hub.key").value() == "secret");
    CHECK(read_file(bench.backup / "hub.pub").value() == "public");
    struct stat key {};
    REQUIRE(::stat((bench.backup / "hub.key").c_str(), &key) == 0);
    CHECK((key.st_mode & 0777U) == 0600U);
}

TEST_CASE("A newer backup takes the older one's place, whatever was left beside it", "[backup]") {
    BackupBench bench;
    bench.record(2);
    REQUIRE(back_up(bench.folder.path, bench.backup).has_value());
    write_file_atomic(bench.backup / "hub.db.draft", "of one that was killed").value();
    write_file_atomic(bench.backup / "hub.db-wal", "of a look at the last one").value();
    bench.record(2);
    REQUIRE(back_up(bench.folder.path, bench.backup).has_value());
    CHECK(bench.safe() == 4);
    CHECK_FALSE(fs::exists(bench.backup / "hub.db-wal"));
    CHECK_FALSE(fs::exists(bench.backup / "hub.db.draft"));
    CHECK(Operations(*bench.restored()).count().value() == 4);
}

TEST_CASE("A backup that cannot be made says why, and leaves what is there", "[backup]") {
    BackupBench bench;
    bench.record(1);
    CHECK(back_up(bench.other.path / "no store", bench.backup).error().code == ErrorCode::not_found);
    CHECK(back_up(bench.folder.path, bench.folder.path).error().code == ErrorCode::invalid_argument);
    REQUIRE(back_up(bench.folder.path, bench.backup).has_value());
    bench.record(1);
    {
        const auto lock = FolderLock::take(bench.backup).value();
        CHECK(back_up(bench.folder.path, bench.backup).error().code == ErrorCode::conflict);
    }
    CHECK(bench.safe() == 1);
    CHECK(Operations(*bench.restored()).count().value() == 1);
}
