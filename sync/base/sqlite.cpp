#include "sync/base/sqlite.hpp"

#include <sqlite3.h>

#include "sync/base/bytes.hpp"

namespace fieldpost {

namespace {

constexpr int busy_timeout_ms = 5000;

// As https://www.sqlite.org/uri.html has it.
std::string frozen_uri(const std::filesystem::path& path) {
    std::string uri = "file:";
    for (const char c : std::filesystem::absolute(path).string()) {
        if (c == '%' || c == '?' || c == '#') {
            uri += "%" + to_hex(BytesView(&c, 1));
        } else {
            uri += c;
        }
    }
    return uri + "?mode=ro&immutable=1";
}

}  // namespace

Error to_error(const SQLite::Exception& exception) {
    const int code = exception.getErrorCode() & 0xff;
    switch (code) {
        case SQLITE_FULL:
            return fail(ErrorCode::full, "the disk is full: free some space");
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return fail(ErrorCode::corrupt, std::string("the database is damaged: ") + exception.what());
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return fail(ErrorCode::unavailable, "the database is busy with another program");
        case SQLITE_CONSTRAINT:
            return fail(ErrorCode::conflict, exception.what());
        case SQLITE_CANTOPEN:
            return fail(ErrorCode::not_found, exception.what());
        default:
            return fail(ErrorCode::io, std::string("database: ") + exception.what());
    }
}

Result<std::unique_ptr<Database>> open_database(const std::filesystem::path& path, Durability durability) {
    auto opened = sql([&] {
        const bool frozen = durability == Durability::frozen;
        const bool read_only = frozen || durability == Durability::read_only;
        auto database =
            std::make_unique<Database>(frozen ? frozen_uri(path) : path.string(),
                                       read_only ? SQLite::OPEN_READONLY | (frozen ? SQLite::OPEN_URI : 0)
                                                 : SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE,
                                       busy_timeout_ms);
        if (!read_only) {
            database->exec("PRAGMA journal_mode=WAL");
            database->exec(durability == Durability::full ? "PRAGMA synchronous=FULL"
                                                          : "PRAGMA synchronous=NORMAL");
        }
        database->exec("PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF");
        database->execAndGet("SELECT count(*) FROM sqlite_schema");  // the first read finds a damaged header
        return database;
    });
    if (!opened) return opened.error().with("opening " + path.string());
    return opened;
}

Status migrate(Database& database, std::span<const std::string_view> migrations) {
    auto version = sql([&] { return database.execAndGet("PRAGMA user_version").getInt(); });
    if (!version) return version.error();
    const auto have = static_cast<std::size_t>(*version);
    if (have > migrations.size()) {
        return fail(ErrorCode::conflict, "the database was written by a newer Fieldpost (schema " +
                                             std::to_string(have) + ", this program knows " +
                                             std::to_string(migrations.size()) + "): update this program");
    }
    for (std::size_t next = have; next < migrations.size(); ++next) {
        auto done = sql([&] {
            SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
            // Another program may have been faster.
            if (database.execAndGet("PRAGMA user_version").getInt() > static_cast<int>(next)) return;
            database.exec(std::string(migrations[next]));
            database.exec("PRAGMA user_version=" + std::to_string(next + 1));
            transaction.commit();
        });
        if (!done) return done.error().with("schema migration " + std::to_string(next + 1));
    }
    return ok();
}

void limit_database_memory(std::uint64_t bytes) {
    sqlite3_soft_heap_limit64(static_cast<sqlite3_int64>(bytes));
}

Status check_database(Database& database) {
    auto finding = sql([&] { return database.execAndGet("PRAGMA quick_check(1)").getString(); });
    if (!finding) return finding.error();
    if (*finding != "ok") return fail(ErrorCode::corrupt, "the database is damaged: " + *finding);
    return ok();
}

}  // namespace fieldpost
