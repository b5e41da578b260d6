#include "daemon/hub/store/store.hpp"

#include <sqlite3.h>

#include <array>
#include <map>
#include <string_view>

#include "daemon/hub/store/revoked.hpp"
#include "daemon/hub/store/rights.hpp"
#include "sync/base/file.hpp"
#include "sync/records/checksum.hpp"

namespace fieldpost::hub {

extern const std::string_view schema_001_records;
extern const std::string_view schema_002_journal;
extern const std::string_view schema_003_links;
extern const std::string_view schema_004_edits;
extern const std::string_view schema_005_epochs;
extern const std::string_view schema_006_safe;
extern const std::string_view schema_007_checksums;
extern const std::string_view schema_008_revoked;
extern const std::string_view schema_009_unread_index;
extern const std::string_view schema_010_deliveries;
extern const std::string_view schema_011_safe_attachments;
extern const std::string_view schema_012_lane_reports;
extern const std::string_view schema_013_parked_bytes;
extern const std::string_view schema_014_purged;
extern const std::string_view schema_015_lost_fields;
extern const std::string_view schema_016_health;

namespace {

constexpr const char* draw_generation =
    "UPDATE hub SET value = (random() & 0x3fffffffffffffff) | 1 WHERE key = 'generation'";

// A round of what devices send changes pages all over the store. What the cache cannot hold until the commit
// is written to the log before its time, and again when it changes again. And what round after round changes
// is copied from the log into the database once for many of them, not after each.
constexpr const char* for_rounds =
    "PRAGMA cache_size=-131072;"        // KiB
    "PRAGMA wal_autocheckpoint=16384";  // pages: 64 MiB

// A backup's hub.db carries this mark: whoever opens it as a store has restored it.
constexpr const char* is_backup = "SELECT 1 FROM hub WHERE key = 'backup_of'";

// Not a constant: these are initialised in other files.
auto all_migrations() {
    return std::array{schema_001_records,      schema_002_journal,          schema_003_links,
                      schema_004_edits,        schema_005_epochs,           schema_006_safe,
                      schema_007_checksums,    schema_008_revoked,          schema_009_unread_index,
                      schema_010_deliveries,   schema_011_safe_attachments, schema_012_lane_reports,
                      schema_013_parked_bytes, schema_014_purged,           schema_015_lost_fields,
                      schema_016_health};
}

// What is newer of rights, file or database: of a backup the file, else the database.
Status begin_after_restore(Database& database, const std::filesystem::path& folder) {
    return sql([&]() -> Status {
        const auto written = are_rights_written(database, folder);
        if (!written) return written.error();
        if (*written && !SQLite::Statement(database, is_backup).executeStep()) return ok();
        // Another program may have been faster.
        SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
        if (SQLite::Statement(database, is_backup).executeStep()) {
            if (auto restored = restore_rights(database, folder); !restored) return restored;
            database.exec(draw_generation);
            database.exec("DELETE FROM hub WHERE key = 'backup_of'");
        }
        if (auto now_written = write_rights(database, folder); !now_written) return now_written;
        transaction.commit();
        return ok();
    });
}

// Of feeds whose changes were written by a program that kept none.
void count_checksums(Database& database) {
    struct Feed {
        std::string id;
        std::uint64_t checksum = 0;
    };
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
    std::map<std::int64_t, Feed> feeds;
    SQLite::Statement uncounted(database, "SELECT feed, id FROM feed WHERE checksum IS NULL");
    while (uncounted.executeStep())
        feeds[uncounted.getColumn(0).getInt64()].id = uncounted.getColumn(1).getString();
    if (feeds.empty()) return;
    SQLite::Statement rows(database, "SELECT feed, record, version FROM layer");
    while (rows.executeStep()) {
        const auto feed = feeds.find(rows.getColumn(0).getInt64());
        if (feed == feeds.end()) continue;
        feed->second.checksum +=
            records::row_hash(feed->second.id, rows.getColumn(1).getInt64(), rows.getColumn(2).getInt64());
    }
    SQLite::Statement save(database, "UPDATE feed SET checksum = ? WHERE feed = ?");
    for (const auto& [number, feed] : feeds) {
        save.bind(1, static_cast<std::int64_t>(feed.checksum));
        save.bind(2, number);
        save.exec();
        save.reset();
    }
    transaction.commit();
}

bool all_counted(Database& database) {
    return database.execAndGet("SELECT count(*) FROM feed WHERE checksum IS NULL").getInt() == 0;
}

}  // namespace

Store::Store(std::filesystem::path folder, std::unique_ptr<Database> database, std::int64_t generation)
    : folder_(std::move(folder)),
      generation_(generation),
      committed_generation_(generation),
      database_(std::move(database)) {
    sqlite3_commit_hook(
        database_->getHandle(),
        [](void* self) {
            auto& store = *static_cast<Store*>(self);
            store.feeds_.clear();
            store.committed_generation_ = store.generation_;
            return 0;
        },
        this);
    sqlite3_rollback_hook(
        database_->getHandle(),
        [](void* self) {
            auto& store = *static_cast<Store*>(self);
            store.generation_ = store.committed_generation_;
            store.rolled_back();
        },
        this);
}

Result<std::unique_ptr<Store>> Store::finish_open(const std::filesystem::path& folder,
                                                  std::unique_ptr<Database> database) {
    auto generation = sql(
        [&] { return database->execAndGet("SELECT value FROM hub WHERE key = 'generation'").getInt64(); });
    if (!generation) return generation.error().with("reading the hub's generation");
    return std::unique_ptr<Store>(new Store(folder, std::move(database), *generation));
}

Result<std::unique_ptr<Store>> Store::open(const std::filesystem::path& folder) {
    if (auto made = make_folder(folder); !made) return made.error();
    auto database = open_database(folder / "hub.db", Durability::full);
    if (!database) return database.error();
    if (auto set = sql([&] { (*database)->exec(for_rounds); }); !set) return set.error();
    const auto migrations = all_migrations();
    if (auto migrated = migrate(**database, migrations); !migrated)
        return migrated.error().with("the hub's store");
    auto counted = sql([&] {
        if (!all_counted(**database)) count_checksums(**database);
    });
    if (!counted) return counted.error().with("counting the feeds' checksums");
    if (auto merged = merge_revoked(**database, folder); !merged)
        return merged.error().with("the hub's store");
    if (auto begun = begin_after_restore(**database, folder); !begun)
        return begun.error().with("the hub's store");
    return finish_open(folder, std::move(*database));
}

Status Store::begin_generation() {
    return sql([&] {
        database_->exec(draw_generation);
        generation_ = database_->execAndGet("SELECT value FROM hub WHERE key = 'generation'").getInt64();
    });
}

Result<std::unique_ptr<Store>> Store::open_reader(const std::filesystem::path& folder) {
    auto database = open_database(folder / "hub.db", Durability::read_only);
    if (!database) return database.error();
    auto schema = sql([&] { return (*database)->execAndGet("PRAGMA user_version").getInt(); });
    if (!schema) return schema.error().with("the hub's store");
    if (static_cast<std::size_t>(*schema) != all_migrations().size()) {
        return fail(ErrorCode::conflict,
                    "the hub's store is of another version of this program: it is brought up to date when a "
                    "newer one serves or imports");
    }
    return finish_open(folder, std::move(*database));
}

}  // namespace fieldpost::hub
