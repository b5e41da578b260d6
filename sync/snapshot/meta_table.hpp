// Inside: the table `meta`.
#pragma once

#include "sync/base/sqlite.hpp"
#include "sync/snapshot/meta.hpp"

namespace fieldpost::snapshot {

// conflict when the file is of another format, corrupt when it is no city file.
Status check_format(Database& database);

// These throw SQLite::Exception.
Meta read_meta(Database& database);
void write_meta(Database& database, const Meta& meta);
std::int64_t terms_version_of(Database& database);
void write_terms_version(Database& database);

}  // namespace fieldpost::snapshot
