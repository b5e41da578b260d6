// Opening SQLite databases the one way we do, and bringing them to the schema that this program was built
// with.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>

#include "sync/base/result.hpp"

namespace fieldpost {

using Database = SQLite::Database;

enum class Durability {
    full,    // WAL, synchronous=FULL: a commit is on disk when it returns
    normal,  // WAL, synchronous=NORMAL: a power cut may lose the last commits, never consistency
    read_only,
    // Reads a file that nothing changes meanwhile, without its log: needs no room on the disk, not even for
    // the log's index. To be used only where the log is empty or missing.
    frozen,
};

// Opens (and but for read_only and frozen creates) a database; busy waits end after five seconds. corrupt
// when the file is not a sound database header; the caller decides whether to set it aside.
Result<std::unique_ptr<Database>> open_database(const std::filesystem::path& path, Durability durability);

// Migration n brings user_version n to n + 1; the list is frozen history, only ever added to.
// Each runs in its own transaction. conflict when the database is newer than this program.
Status migrate(Database& database, std::span<const std::string_view> migrations);

// PRAGMA quick_check. corrupt with SQLite's first finding.
Status check_database(Database& database);

// What all databases of this program should keep in memory together: from there on they use what they have
// again before they ask for more. Not a hard bound. May be called at any time.
void limit_database_memory(std::uint64_t bytes);

Error to_error(const SQLite::Exception& exception);

template <class T>
struct ResultOf {
    using type = Result<T>;
};
template <class T>
struct ResultOf<Result<T>> {
    using type = Result<T>;
};

// Runs `body` and turns SQLite's exceptions into an Error: the border between SQLiteCpp and Result. The body
// may return a value, nothing, or a Result of its own.
template <class F>
auto sql(F&& body) -> typename ResultOf<std::invoke_result_t<F>>::type {
    try {
        if constexpr (std::is_void_v<std::invoke_result_t<F>>) {
            body();
            return Result<void>{};
        } else {
            return body();
        }
    } catch (const SQLite::Exception& exception) {
        return to_error(exception);
    }
}

}  // namespace fieldpost
