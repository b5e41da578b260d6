#include "daemon/hub/store/short_transactions.hpp"

#include <atomic>
#include <catch2/catch.hpp>

#include "tests/unit/hub_store/scratch.hpp"

using namespace fieldpost;
using namespace std::chrono_literals;
using hub::ShortTransactions;
using hub::Store;
using hub::testing::ScratchFolder;

namespace {

constexpr const char* write_something = "INSERT OR REPLACE INTO hub (key, value) VALUES ('test', 1)";

std::int64_t written(Database& database) {
    return database.execAndGet("SELECT count(*) FROM hub WHERE key = 'test'").getInt64();
}

}  // namespace

TEST_CASE("While one writes without end, another one that looks in gets its turn") {
    const ScratchFolder folder;
    auto importer = Store::open(folder.path()).value();
    auto server = Store::open(folder.path()).value();
    server->database().setBusyTimeout(50);

    std::atomic<bool> stopping{false};
    Status wrote = ok();
    std::thread import([&] {
        ShortTransactions transactions(importer->database(), 200ms);
        while (wrote && !stopping) {
            wrote = transactions.begin();
            if (wrote) wrote = sql([&] { importer->database().exec(write_something); });
            if (wrote) wrote = transactions.let_others_write();
        }
        if (wrote) wrote = transactions.commit();
    });
    int turns = 0;
    for (const auto end = std::chrono::steady_clock::now() + 30s;
         turns < 10 && std::chrono::steady_clock::now() < end;) {
        const auto turn = sql([&] {
            SQLite::Transaction transaction(server->database(), SQLite::TransactionBehavior::IMMEDIATE);
            transaction.commit();
        });
        if (turn) ++turns;
    }
    stopping = true;
    import.join();
    CHECK(wrote);
    CHECK(turns == 10);
}

TEST_CASE("What was begun is there once it is committed, and gone when it is not") {
    const ScratchFolder folder;
    auto store = Store::open(folder.path()).value();
    Database& database = store->database();
    {
        ShortTransactions transactions(database);
        REQUIRE(transactions.begin());
        database.exec(write_something);
    }
    CHECK(written(database) == 0);
    ShortTransactions transactions(database);
    REQUIRE(transactions.begin());
    database.exec(write_something);
    REQUIRE(transactions.begin());  // the same one
    REQUIRE(transactions.commit());
    REQUIRE(transactions.commit());
    CHECK(written(Store::open(folder.path()).value()->database()) == 1);
}
