#include "sync/snapshot/block_store.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

namespace fieldpost::snapshot {

Bytes BlockStore::get(std::int64_t block) {
    auto packed = find(block);
    if (!packed) throw SQLite::Exception("search entries are damaged", SQLITE_CORRUPT);
    return std::move(*packed);
}

}  // namespace fieldpost::snapshot
