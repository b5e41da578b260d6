#include "daemon/hub/backup/backup.hpp"

#include <sys/stat.h>

#include <algorithm>

#include "daemon/hub/blobs/deliveries.hpp"
#include "daemon/hub/registry/registry.hpp"
#include "daemon/hub/store/catalog.hpp"
#include "daemon/hub/store/revoked.hpp"
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

TEST_CASE("A restored hub knows which device delivered what", "[backup]") {
    BackupBench bench;
    const Bytes photo(32, 'p');
    REQUIRE(Registry(*bench.store).add("truck-1", Bytes(32, 'k'), "fire").has_value());
    REQUIRE(Deliveries(*bench.store).add("truck-1", photo).has_value());
    REQUIRE(back_up(bench.folder.path, bench.backup).has_value());
    const auto store = bench.restored();
    Deliveries deliveries(*store);
    CHECK(deliveries.number("truck-1", photo).value() == 1U);
    CHECK_FALSE(deliveries.number("truck-2", photo).value());
    CHECK_FALSE(deliveries.number("truck-1", Bytes(32, 'q')).value());
}

TEST_CASE("Of each device's attachments the store says through which one a backup holds them", "[backup]") {
    BackupBench bench;
    Registry registry(*bench.store);
    Deliveries deliveries(*bench.store);
    for (const char* id : {"truck-1", "truck-2", "truck-3"})
        REQUIRE(registry.add(id, Bytes(32, 'k'), "fire").has_value());
    const auto deliver = [&](const std::string& device, char photo) {
        return deliveries.add(device, Bytes(32, photo)).value();
    };
    const auto safe = [](Store& store, const std::string& device) {
        return Registry(store).registered(device).value()->attachments_safe;
    };
    CHECK(deliver("truck-1", 'a') == 1);
    CHECK(deliver("truck-2", 'a') == 1);
    CHECK(deliver("truck-1", 'b') == 2);
    CHECK(safe(*bench.store, "truck-1") == 0);
    REQUIRE(back_up(bench.folder.path, bench.backup).has_value());
    CHECK(safe(*bench.store, "truck-1") == 2);
    CHECK(safe(*bench.store, "truck-2") == 1);
    CHECK(safe(*bench.store, "truck-3") == 0);

    CHECK(deliver("truck-1", 'c') == 3);
    {
        // One that cannot be made makes nothing safe.
        const auto lock = FolderLock::take(bench.backup).value();
        REQUIRE_FALSE(back_up(bench.folder.path, bench.backup).has_value());
    }
    CHECK(safe(*bench.store, "truck-1") == 2);
    // What is restored from it is all in it.
    const auto store = bench.restored();
    CHECK(safe(*store, "truck-1") == 2);
    CHECK(Deliveries(*store).add("truck-1", Bytes(32, 'd')).value() == 3);
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

TEST_CASE("A restore takes no revocation back", "[backup]") {
    BackupBench bench;
    const Bytes key(32, 'k');
    Registry registry(*bench.store);
    REQUIRE(registry.add("truck-1", key, "fire").has_value());
    REQUIRE(registry.add("truck-12", key, "fire").has_value());
    REQUIRE(registry.add("truck-2", key, "fire").has_value());
    REQUIRE(registry.revoke("truck-2").has_value());
    REQUIRE(back_up(bench.folder.path, bench.backup).has_value());
    REQUIRE(registry.revoke("truck-12").has_value());
    REQUIRE(registry.add("truck-3", key, "fire").has_value());
    REQUIRE(registry.revoke("truck-3").has_value());

    fs::copy_file(bench.folder.path / "revoked", bench.backup / "revoked",
                  fs::copy_options::overwrite_existing);
    const auto store = bench.restored();
    Registry after(*store);
    CHECK(after.find("truck-1").value()->revoked_at == 0);
    CHECK(after.find("truck-12").value()->revoked_at > 0);
    CHECK(after.find("truck-2").value()->revoked_at > 0);
    CHECK_FALSE(after.find("truck-3").value().has_value());
    CHECK(after.add("truck-3", key, "fire").error().code == ErrorCode::conflict);
}

TEST_CASE("A restore takes no narrowed right back", "[backup]") {
    BackupBench bench;
    const Bytes key(32, 'k');
    Registry registry(*bench.store);
    for (const char* id : {"truck-1", "truck-2", "truck-3"})
        REQUIRE(registry.add(id, key, "fire").has_value());
    const auto city = Catalog(*bench.store).city().value();
    REQUIRE(city.profiles.size() > 1);
    REQUIRE(back_up(bench.folder.path, bench.backup).has_value());

    // One device gets another profile, one gets it and its old one again, and a profile loses its clearance.
    REQUIRE(registry.add("truck-1", key, "east-only").has_value());
    REQUIRE(registry.add("truck-2", key, "east-only").has_value());
    REQUIRE(registry.add("truck-2", key, "fire").has_value());
    REQUIRE(registry.add("truck-4", key, "east-only").has_value());
    auto narrowed = city;
    for (auto& profile : narrowed.profiles) {
        if (profile.name == "fire") profile.clearance = {{records::PUBLIC, "general"}};
    }
    {
        SQLite::Transaction transaction(bench.store->database());
        REQUIRE(Catalog(*bench.store).put_city(narrowed).has_value());
        transaction.commit();
    }
    const auto rights = read_file(bench.folder.path / "rights").value();

    // A piece that a power cut left counts for nothing.
    write_file_atomic(bench.backup / "rights", rights + "device truck-3 east-only 9").value();
    const auto store = bench.restored();
    Registry after(*store);
    CHECK(after.find("truck-1").value()->profile == "east-only");
    CHECK(after.find("truck-1").value()->desired_generation == 2);
    CHECK(after.find("truck-2").value()->profile == "fire");
    CHECK(after.find("truck-2").value()->desired_generation == 4);  // its profile's feeds changed, too
    CHECK(after.find("truck-3").value()->profile == "fire");
    CHECK_FALSE(after.find("truck-4").value().has_value());
    CHECK(Catalog(*store).profile("fire").value().clearance ==
          std::set<records::LayerKey>{{records::PUBLIC, "general"}});
    const auto moved = after.registered("truck-2").value();
    for (const auto& feed : moved->feeds) CHECK(feed.layer == records::LayerKey{records::PUBLIC, "general"});

    // A wider one that was said later stands, too.
    {
        SQLite::Transaction transaction(bench.store->database());
        REQUIRE(Catalog(*bench.store).put_city(city).has_value());
        transaction.commit();
    }
    fs::copy_file(bench.folder.path / "rights", bench.backup / "rights",
                  fs::copy_options::overwrite_existing);
    const auto later = bench.restored();
    CHECK(Catalog(*later).profile("fire").value() == Catalog(*bench.store).profile("fire").value());

    // Without the file the backup's count.
    fs::remove(bench.backup / "rights");
    const auto without = bench.restored();
    CHECK(Registry(*without).find("truck-1").value()->profile == "fire");
}

TEST_CASE("A right that was given by a transaction that failed is not given by a restore", "[backup]") {
    BackupBench bench;
    const Bytes key(32, 'k');
    REQUIRE(Registry(*bench.store).add("truck-1", key, "east-only").has_value());
    REQUIRE(back_up(bench.folder.path, bench.backup).has_value());
    {
        SQLite::Transaction transaction(bench.store->database());
        REQUIRE(Registry(*bench.store).add("truck-1", key, "fire").has_value());
    }
    CHECK(Store::open(bench.folder.path).has_value());  // the next start
    fs::copy_file(bench.folder.path / "rights", bench.backup / "rights");
    CHECK(Registry(*bench.restored()).find("truck-1").value()->profile == "east-only");
}

TEST_CASE("A backup's list of revoked devices grows only", "[backup]") {
    BackupBench bench;
    Registry registry(*bench.store);
    REQUIRE(registry.add("truck-1", Bytes(32, 'k'), "fire").has_value());
    REQUIRE(registry.revoke("truck-1").has_value());
    REQUIRE(back_up(bench.folder.path, bench.backup).has_value());
    // One that a power cut has left without its end revokes nobody, and spoils no other.
    write_file_atomic(bench.backup / "revoked", "truck-9 revoked\ntruck-7 rev").value();
    REQUIRE(back_up(bench.folder.path, bench.backup).has_value());
    CHECK(read_revoked(bench.backup).value() == std::set<std::string>{"truck-1", "truck-9"});
    CHECK(read_revoked(bench.folder.path).value() == std::set<std::string>{"truck-1"});
    // The database knows it, too: the file is written anew from it.
    fs::remove(bench.folder.path / "revoked");
    CHECK(Store::open(bench.folder.path).has_value());
    CHECK(read_revoked(bench.folder.path).value() == std::set<std::string>{"truck-1"});
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
