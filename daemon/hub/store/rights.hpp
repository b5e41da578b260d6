// What devices may hold, in a file beside hub.db: a right that was narrowed stays so when hub.db is restored
// from a backup that still has it (PROTOCOL: journal 7).
//
//   rights   lines "device ID PROFILE GENERATION ." (of its desired state) and
//            "profile NAME AREAS | CLEARANCE ." as table profile has them, both empty when it is gone.
//            The last one of a name counts; one that a power cut left without its end counts for nothing.
//
// It only grows. Any thread, any process.
#pragma once

#include <filesystem>

#include "sync/base/result.hpp"
#include "sync/base/sqlite.hpp"

namespace fieldpost::hub {

// Writes to the file what the database says and the file does not. To be called before the commit of whatever
// changes profiles, or the profile of a device, in its transaction: that is when other programs wait. It is
// on disk when this returns. What is rolled back after it is taken out by the next call.
Status write_rights(Database& database, const std::filesystem::path& folder);

// Whether the file says what the database says.
Result<bool> are_rights_written(Database& database, const std::filesystem::path& folder);

// Gives the database what the file says, of a store that was restored. Devices that it does not know stay
// unknown, and one whose desired state is newer in the database is left. Inside a transaction.
Status restore_rights(Database& database, const std::filesystem::path& folder);

}  // namespace fieldpost::hub
