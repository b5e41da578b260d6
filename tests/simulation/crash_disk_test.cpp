// The simulated disk itself: if it lost what was synced, or kept all that was not, no run over it would mean
// anything.
#include <catch2/catch.hpp>

#include "sync/base/sqlite.hpp"
#include "tests/simulation/crash_vfs.hpp"

using namespace fieldpost;
using namespace fieldpost::simulation;

namespace {

constexpr const char* root = "/machine";
constexpr const char* path = "/machine/test.db";

struct Bench {
    explicit Bench(std::uint64_t seed) : disk(seed), vfs(seed, {}) { vfs.add_machine(root, disk); }
    CrashDisk disk;
    CrashVfs vfs;
};

struct Kept {
    int told = 0;   // rows whose commit was told
    int there = 0;  // rows that are there after the cut: 1, 2, 3, …
    bool whole = false;
    bool cut = false;
};

constexpr int row_count = 12;

void write_rows(const std::string& synchronous, const std::string& journal, int& told) {
    Database database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    database.exec("PRAGMA journal_mode=" + journal);
    database.exec("PRAGMA synchronous=" + synchronous);
    database.exec("PRAGMA wal_autocheckpoint=4");
    database.exec("CREATE TABLE IF NOT EXISTS row (n INTEGER PRIMARY KEY, body BLOB)");
    for (int n = 1; n <= row_count; ++n) {
        SQLite::Transaction transaction(database);
        // Large enough for several pages, and old rows change with each.
        database.exec("INSERT INTO row VALUES(" + std::to_string(n) + ", zeroblob(3000))");
        database.exec("UPDATE row SET body = randomblob(2500) WHERE n % 3 = " + std::to_string(n % 3));
        transaction.commit();
        told = n;
    }
}

// Writes until the power goes at operation `cut_at`, boots and looks.
Kept write_and_cut(std::uint64_t seed, std::uint64_t cut_at, const std::string& synchronous,
                   const std::string& journal) {
    Bench bench(seed);
    Kept kept;
    bench.disk.cut_at(cut_at);
    auto written = sql([&] { write_rows(synchronous, journal, kept.told); });
    kept.cut = !written;
    bench.disk.boot();
    auto looked = sql([&] {
        Database database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        kept.whole = database.execAndGet("PRAGMA integrity_check").getString() == "ok";
        if (!database.tableExists("row")) return;
        kept.there = database.execAndGet("SELECT count(*) FROM row").getInt();
        if (kept.there > 0) {
            kept.whole &= database.execAndGet("SELECT max(n) FROM row").getInt() == kept.there;
        }
    });
    if (!looked) kept.whole = false;
    return kept;
}

std::uint64_t operations_of_the_whole(const std::string& synchronous, const std::string& journal) {
    Bench bench(1);
    int told = 0;
    write_rows(synchronous, journal, told);
    return bench.disk.operations();
}

}  // namespace

TEST_CASE("With synchronous=FULL every commit that was told survives a cut at every operation",
          "[simulation][disk]") {
    // A rollback journal that is deleted needs EXTRA: FULL does not sync the folder behind the deletion.
    using Mode = std::pair<const char*, const char*>;
    for (const auto& [synchronous, journal] :
         {Mode("FULL", "WAL"), Mode("FULL", "TRUNCATE"), Mode("EXTRA", "DELETE")}) {
        const std::uint64_t operations = operations_of_the_whole(synchronous, journal);
        REQUIRE(operations > 50);
        std::uint64_t cuts = 0;
        int lost = 0;
        int damaged = 0;
        int too_many = 0;
        for (std::uint64_t at = 1; at <= operations; ++at) {
            for (std::uint64_t seed = 1; seed <= 4; ++seed) {
                const Kept kept = write_and_cut(seed * 1000 + at, at, synchronous, journal);
                damaged += kept.whole ? 0 : 1;
                lost += kept.there < kept.told ? 1 : 0;
                too_many += kept.there > kept.told + 1 ? 1 : 0;
                cuts += kept.cut ? 1U : 0U;
            }
        }
        INFO(journal << " with synchronous=" << synchronous);
        CHECK(lost == 0);
        CHECK(damaged == 0);
        CHECK(too_many == 0);
        CHECK(cuts > operations * 3);
    }
}

TEST_CASE("With synchronous=FULL a deleted journal may come back and take the last commit with it",
          "[simulation][disk]") {
    const std::uint64_t operations = operations_of_the_whole("FULL", "DELETE");
    int lost = 0;
    for (std::uint64_t at = 1; at <= operations; ++at) {
        const Kept kept = write_and_cut(at, at, "FULL", "DELETE");
        INFO("cut at " << at);
        CHECK(kept.whole);
        CHECK(kept.there >= kept.told - 1);
        lost += kept.there < kept.told ? 1 : 0;
    }
    CHECK(lost > 0);
}

TEST_CASE("With synchronous=NORMAL a log loses only its end, never its soundness", "[simulation][disk]") {
    const std::uint64_t operations = operations_of_the_whole("NORMAL", "WAL");
    int lost = 0;
    for (std::uint64_t at = 1; at <= operations; ++at) {
        const Kept kept = write_and_cut(at, at, "NORMAL", "WAL");
        INFO("cut at " << at);
        CHECK(kept.whole);
        lost += kept.there < kept.told ? 1 : 0;
    }
    CHECK(lost > 0);
}

TEST_CASE("The control: with synchronous=OFF commits are lost and files are damaged", "[simulation][disk]") {
    for (const char* journal : {"WAL", "DELETE"}) {
        const std::uint64_t operations = operations_of_the_whole("OFF", journal);
        int lost = 0;
        int damaged = 0;
        for (std::uint64_t at = 1; at <= operations; ++at) {
            for (std::uint64_t seed = 1; seed <= 4; ++seed) {
                const Kept kept = write_and_cut(seed * 1000 + at, at, "OFF", journal);
                lost += kept.whole && kept.there < kept.told ? 1 : 0;
                damaged += kept.whole ? 0 : 1;
            }
        }
        INFO(journal << ": lost " << lost << ", damaged " << damaged);
        CHECK(lost + damaged > 20);
    }
}

TEST_CASE("A disk that lies about its syncs loses what was told", "[simulation][disk]") {
    int lost = 0;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        Bench bench(seed);
        bench.disk.set_lies(true);
        int told = 0;
        write_rows("FULL", "DELETE", told);
        bench.disk.cut();
        bench.disk.boot();
        auto looked = sql([&] {
            Database database(path, SQLite::OPEN_READWRITE);
            return database.execAndGet("SELECT count(*) FROM row").getInt();
        });
        lost += !looked || *looked < told ? 1 : 0;
    }
    CHECK(lost > 10);
}

TEST_CASE("A full disk refuses the write, and what was there stays", "[simulation][disk]") {
    Bench bench(3);
    bench.disk.set_size(60'000);
    int told = 0;
    auto written = sql([&] { write_rows("FULL", "WAL", told); });
    REQUIRE_FALSE(written);
    CHECK(written.error().code == ErrorCode::full);
    CHECK(told > 0);
    CHECK(told < row_count);
    bench.disk.set_size(0);
    Database database(path, SQLite::OPEN_READWRITE);
    CHECK(database.execAndGet("SELECT count(*) FROM row").getInt() == told);
    CHECK(database.execAndGet("PRAGMA integrity_check").getString() == "ok");
}

TEST_CASE("Connections of one thread see each other's commits and block each other's writes",
          "[simulation][disk]") {
    Bench bench(4);
    auto writer = open_database(path, Durability::full).value();
    writer->exec("CREATE TABLE row (n INTEGER)");
    auto reader = open_database(path, Durability::read_only).value();
    auto other = open_database(path, Durability::full).value();
    const auto count = [](Database& database) {
        return database.execAndGet("SELECT count(*) FROM row").getInt();
    };
    SQLite::Transaction transaction(*writer, SQLite::TransactionBehavior::IMMEDIATE);
    writer->exec("INSERT INTO row VALUES(1)");
    CHECK(count(*reader) == 0);
    auto refused = sql([&] { other->exec("BEGIN IMMEDIATE"); });
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::unavailable);
    transaction.commit();
    CHECK(count(*reader) == 1);
    CHECK(count(*other) == 1);
    other->exec("INSERT INTO row VALUES(2)");
    CHECK(count(*reader) == 2);
}

TEST_CASE("A copy of a disk is the disk as it was", "[simulation][disk]") {
    Bench bench(5);
    int told = 0;
    write_rows("FULL", "WAL", told);
    const CrashDisk::Image copy = bench.disk.image();
    {
        Database database(path, SQLite::OPEN_READWRITE);
        database.exec("DELETE FROM row");
    }
    bench.disk.replace(copy);
    Database database(path, SQLite::OPEN_READWRITE);
    CHECK(database.execAndGet("SELECT count(*) FROM row").getInt() == row_count);
}

TEST_CASE("The same seed gives the same disk", "[simulation][disk]") {
    const auto leave = [](std::uint64_t seed) {
        Bench bench(seed);
        bench.disk.cut_at(57);
        int told = 0;
        auto written = sql([&] { write_rows("NORMAL", "WAL", told); });
        CHECK_FALSE(written);
        bench.disk.boot();
        return bench.disk.image();
    };
    CHECK(leave(11) == leave(11));
}
