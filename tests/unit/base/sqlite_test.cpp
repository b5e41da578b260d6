#include "sync/base/sqlite.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <fstream>
#include <thread>
#include <vector>

#include "tests/unit/support/temporary_folder.hpp"

using namespace fieldpost;
using support::TemporaryFolder;

namespace {

constexpr std::string_view first = "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);";
constexpr std::string_view second =
    "ALTER TABLE note ADD COLUMN stars INTEGER NOT NULL DEFAULT 3; INSERT INTO note(text) VALUES('from the "
    "second');";
constexpr std::string_view broken = "CREATE TABLE other (id INTEGER); INSERT INTO nowhere VALUES(1);";

int version(Database& database) {
    return database.execAndGet("PRAGMA user_version").getInt();
}

}  // namespace

TEST_CASE("A new database gets every migration in order, and none twice", "[base]") {
    const TemporaryFolder folder;
    const auto path = folder.path / "a.db";
    {
        auto database = open_database(path, Durability::full).value();
        REQUIRE(migrate(*database, std::array{first}).has_value());
        CHECK(version(*database) == 1);
        database->exec("INSERT INTO note(text) VALUES('kept')");
    }
    auto database = open_database(path, Durability::full).value();
    REQUIRE(migrate(*database, std::array{first, second}).has_value());
    CHECK(version(*database) == 2);
    CHECK(database->execAndGet("SELECT stars FROM note WHERE text = 'kept'").getInt() == 3);
    REQUIRE(migrate(*database, std::array{first, second}).has_value());
    CHECK(database->execAndGet("SELECT count(*) FROM note").getInt() == 2);
}

TEST_CASE("A migration that fails changes nothing and says which it was", "[base]") {
    const TemporaryFolder folder;
    auto database = open_database(folder.path / "a.db", Durability::full).value();
    const auto failed = migrate(*database, std::array{first, broken});
    REQUIRE(failed.has_error());
    CHECK(failed.error().message.find("migration 2") != std::string::npos);
    CHECK(version(*database) == 1);
    CHECK(database->execAndGet("SELECT count(*) FROM sqlite_schema WHERE name = 'other'").getInt() == 0);
}

TEST_CASE("A database of a newer program is refused and left alone", "[base]") {
    const TemporaryFolder folder;
    auto database = open_database(folder.path / "a.db", Durability::full).value();
    REQUIRE(migrate(*database, std::array{first, second}).has_value());
    const auto refused = migrate(*database, std::array{first});
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == ErrorCode::conflict);
    CHECK(refused.error().message.find("update") != std::string::npos);
    CHECK(version(*database) == 2);
}

TEST_CASE("Two programs that open a new database at once both find it migrated", "[base]") {
    const TemporaryFolder folder;
    const auto path = folder.path / "a.db";
    open_database(path, Durability::full).value();  // both find it there, empty
    std::vector<std::string> problems(4);
    std::vector<std::thread> programs;
    for (auto& problem : problems) {
        programs.emplace_back([&] {
            auto database = open_database(path, Durability::full);
            const Status done =
                database ? migrate(**database, std::array{first, second}) : Status(database.error());
            if (!done) problem = done.error().message;
        });
    }
    for (auto& program : programs) program.join();
    for (const auto& problem : problems) CHECK(problem == "");
    auto database = open_database(path, Durability::full).value();
    CHECK(database->execAndGet("SELECT count(*) FROM note").getInt() == 1);
}

TEST_CASE("What is durable is synced at every commit", "[base]") {
    const TemporaryFolder folder;
    auto full = open_database(folder.path / "a.db", Durability::full).value();
    CHECK(full->execAndGet("PRAGMA journal_mode").getString() == "wal");
    CHECK(full->execAndGet("PRAGMA synchronous").getInt() == 2);
    CHECK(full->execAndGet("PRAGMA foreign_keys").getInt() == 1);
    auto normal = open_database(folder.path / "b.db", Durability::normal).value();
    CHECK(normal->execAndGet("PRAGMA synchronous").getInt() == 1);
}

TEST_CASE("A database opened to be read cannot be written, and must be there", "[base]") {
    const TemporaryFolder folder;
    CHECK(open_database(folder.path / "none.db", Durability::read_only).error().code == ErrorCode::not_found);
    auto writing = open_database(folder.path / "a.db", Durability::full).value();
    REQUIRE(migrate(*writing, std::array{first}).has_value());
    auto reading = open_database(folder.path / "a.db", Durability::read_only).value();
    CHECK(reading->execAndGet("SELECT count(*) FROM note").getInt() == 0);
    CHECK(sql([&] { reading->exec("INSERT INTO note(text) VALUES('x')"); }).has_error());
}

TEST_CASE("A frozen database is read without its log, whatever its name", "[base]") {
    const TemporaryFolder folder;
    const auto path = folder.path / "what? 100% #1.db";
    REQUIRE(migrate(*open_database(path, Durability::full).value(), std::array{first, second}).has_value());
    auto frozen = open_database(path, Durability::frozen).value();
    CHECK(frozen->execAndGet("SELECT text FROM note").getString() == "from the second");
    CHECK(sql([&] { frozen->exec("INSERT INTO note(text) VALUES('x')"); }).has_error());
    for (const char* suffix : {"-wal", "-shm"}) CHECK_FALSE(std::filesystem::exists(path.string() + suffix));
    CHECK(open_database(folder.path / "none.db", Durability::frozen).error().code == ErrorCode::not_found);
}

TEST_CASE("A file that is no database is corrupt and left as it is", "[base]") {
    const TemporaryFolder folder;
    const std::string content(8192, 'z');
    folder.write("a.db", content);
    for (const Durability durability : {Durability::full, Durability::read_only}) {
        const auto opened = open_database(folder.path / "a.db", durability);
        REQUIRE(opened.has_error());
        CHECK(opened.error().code == ErrorCode::corrupt);
        CHECK(opened.error().message.find("a.db") != std::string::npos);
    }
    std::ifstream in(folder.path / "a.db", std::ios::binary);
    CHECK(std::string(std::istreambuf_iterator<char>(in), {}) == content);
}

TEST_CASE("Damage inside a database is found by the check", "[base]") {
    const TemporaryFolder folder;
    const auto path = folder.path / "a.db";
    {
        auto database = open_database(path, Durability::full).value();
        REQUIRE(migrate(*database, std::array{first}).has_value());
        for (int i = 0; i < 2000; ++i) {
            database->exec("INSERT INTO note(text) VALUES('a note of some length, number " +
                           std::to_string(i) + "')");
        }
        CHECK(check_database(*database).has_value());
        database->exec("PRAGMA wal_checkpoint(TRUNCATE)");
    }
    {
        std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
        file.seekp(3 * 4096);
        file << std::string(4096, '\x7f');
    }
    auto database = open_database(path, Durability::full);
    REQUIRE(database.has_value());
    const auto checked = check_database(**database);
    REQUIRE(checked.has_error());
    CHECK(checked.error().code == ErrorCode::corrupt);
}

TEST_CASE("What SQLite throws becomes an error with a fitting code", "[base]") {
    const TemporaryFolder folder;
    auto database = open_database(folder.path / "a.db", Durability::full).value();
    REQUIRE(migrate(*database, std::array{first}).has_value());
    database->exec("INSERT INTO note(text) VALUES('once')");
    CHECK(sql([&] { database->exec("INSERT INTO note(text) VALUES('once')"); }).error().code ==
          ErrorCode::conflict);
    CHECK(sql([&] { database->exec("no sql"); }).error().code == ErrorCode::io);
    CHECK(sql([&]() -> Result<int> { return fail(ErrorCode::refused, "by the body"); }).error().code ==
          ErrorCode::refused);
    CHECK(sql([&] { return database->execAndGet("SELECT 7").getInt(); }).value() == 7);

    database->exec("PRAGMA max_page_count=4");
    const auto full = sql([&] {
        for (int i = 0; i < 10'000; ++i) {
            database->exec("INSERT INTO note(text) VALUES('" + std::string(500, 'n') + std::to_string(i) +
                           "')");
        }
    });
    REQUIRE(full.has_error());
    CHECK(full.error().code == ErrorCode::full);
}
