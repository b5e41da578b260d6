// Backups of the hub, made while it runs. PROTOCOL: journal 5 and 7.
//
//   FOLDER/hub.db            the store, from one moment; its name comes last: what stands there is complete
//   FOLDER/blobs/xx/SHA256   attachments, at least all that the store names and the hub had at that moment
//   FOLDER/revoked           revoked devices, of this backup and all before it
//   FOLDER/hub.key, hub.pub  by which devices know the hub: keep the folder as close as the hub itself
//
// To restore: stop the hub, put these files in the place of its store's (nothing of the old one beside them
// but the blobs and its files `revoked` and `rights`), start it. A restore never makes `revoked` shorter:
// where the old one still is, append the backup's to it. Who is named in it is revoked when the store is
// opened. `rights` (see rights.hpp) is not in the backup, which says nothing newer: where the old one is
// lost, profiles and devices have the rights of the backup until a person says otherwise. The hub begins a
// new generation, devices compare and send again what it lacks. Snapshots are built anew.
#pragma once

#include <cstdint>
#include <filesystem>

#include "sync/base/result.hpp"

namespace fieldpost::hub {

struct BackupReport {
    std::uint64_t operations = 0;
    std::uint64_t database_bytes = 0;
    std::uint64_t attachments = 0;      // in the backup
    std::uint64_t new_attachments = 0;  // of those, linked or copied this time
};

// Makes a backup of the store in `store`, taking the place of the one in `folder` when it is complete; until
// then that one stands. When it returns, the backup is on disk, and the store says so to devices: what it
// holds of their operations and attachments is safe. not_found: there is no store. invalid_argument: `folder`
// is the store's own. conflict: another backup goes there, or the store was restored meanwhile. corrupt: the
// copy is damaged, and so is the store, or a disk.
Result<BackupReport> back_up(const std::filesystem::path& store, const std::filesystem::path& folder);

}  // namespace fieldpost::hub
