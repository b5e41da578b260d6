// The ids of revoked devices in a file beside hub.db, which a restored hub.db does not take back
// (PROTOCOL: journal 7).
//
//   revoked   lines "ID revoked"; one that a power cut left without its end counts for nothing
//
// It only grows. Any thread, any process.
#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "sync/base/result.hpp"
#include "sync/base/sqlite.hpp"

namespace fieldpost::hub {

// Empty when there is no file.
Result<std::set<std::string>> read_revoked(const std::filesystem::path& folder);

// They are on disk when it returns.
Status append_revoked(const std::filesystem::path& folder, const std::set<std::string>& devices);

// Makes what `to` has the union of both; what `from` has stays.
Status copy_revoked(const std::filesystem::path& from, const std::filesystem::path& to);

// Revokes in the database what the file names, and names in the file what is revoked in the database.
Status merge_revoked(Database& database, const std::filesystem::path& folder);

}  // namespace fieldpost::hub
