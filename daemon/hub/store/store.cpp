#include "daemon/hub/store/store.hpp"

#include <sqlite3.h>

#include <array>
#include <string_view>

#include "sync/base/file.hpp"

namespace fieldpost::hub {

extern const std::string_view schema_001_records;
extern const std::string_view schema_002_journal;
extern const std::string_view schema_003_links;

Store::Store(std::filesystem::path folder, std::unique_ptr<Database> database, std::int64_t generation)
    : folder_(std::move(folder)), generation_(generation), database_(std::move(database)) {
    sqlite3_commit_hook(
        database_->getHandle(),
        [](void* self) {
            static_cast<Store*>(self)->cursors_.clear();
            return 0;
        },
        this);
    sqlite3_rollback_hook(
        database_->getHandle(),
        [](void* self) {
            static_cast<Store*>(self)->cursors_.clear();
            ++static_cast<Store*>(self)->rollbacks_;
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
    const std::array migrations{schema_001_records, schema_002_journal, schema_003_links};
    if (auto migrated = migrate(**database, migrations); !migrated)
        return migrated.error().with("the hub's store");
    return finish_open(folder, std::move(*database));
}

Result<std::unique_ptr<Store>> Store::open_reader(const std::filesystem::path& folder) {
    auto database = open_database(folder / "hub.db", Durability::read_only);
    if (!database) return database.error();
    return finish_open(folder, std::move(*database));
}

}  // namespace fieldpost::hub
