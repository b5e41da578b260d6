#include "daemon/hub/backup/backup.hpp"

#include <SQLiteCpp/Backup.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>
#include <vector>

#include "daemon/hub/store/revoked.hpp"
#include "daemon/hub/store/store.hpp"
#include "sync/base/file.hpp"

namespace fieldpost::hub {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t sha256_digits = 64;
constexpr std::uint64_t max_key_bytes = 64U << 10U;

// Of a device: what it delivered, through this number.
struct HeldAttachments {
    std::string device;
    std::int64_t through = 0;
};

struct HeldLane {
    std::string device;
    std::int64_t epoch = 0;
    int lane = 0;
    std::int64_t applied = 0;
};

// What the backup's store says of itself.
struct Content {
    std::int64_t generation = 0;
    std::uint64_t operations = 0;
    std::vector<HeldLane> lanes;
    std::vector<HeldAttachments> attachments;
};

void remove_database(const fs::path& path) {
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) ::unlink((path.string() + suffix).c_str());
}

// All of it as it is at one moment: readers do not keep the hub from writing.
Status copy_database(const fs::path& from, const fs::path& to) {
    auto source = open_database(from, Durability::read_only);
    if (!source) return source.error();
    return sql([&]() -> Status {
        Database copy(to.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        copy.exec(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF");  // it is worth nothing until it is whole
        SQLite::Backup backup(copy, **source);
        if (backup.executeStep(-1) != SQLITE_DONE)
            return fail(ErrorCode::unavailable, "the store is locked by another program: try again");
        return ok();
    });
}

// Checks the copy, and marks it as what it is: a store that is restored from it knows that it was, and that
// it has all of itself in a backup.
Result<Content> finish_copy(const fs::path& path) {
    return sql([&]() -> Result<Content> {
        Database copy(path.string(), SQLite::OPEN_READWRITE);
        copy.exec(
            "PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL");  // one file, without a log beside it
        if (auto sound = check_database(copy); !sound) return sound.error();
        Content content;
        SQLite::Transaction transaction(copy);
        content.generation = copy.execAndGet("SELECT value FROM hub WHERE key = 'generation'").getInt64();
        content.operations =
            static_cast<std::uint64_t>(copy.execAndGet("SELECT count(*) FROM operation").getInt64());
        SQLite::Statement lanes(copy, "SELECT device, epoch, lane, applied FROM device_lane");
        while (lanes.executeStep()) {
            content.lanes.push_back({lanes.getColumn(0).getString(), lanes.getColumn(1).getInt64(),
                                     lanes.getColumn(2).getInt(), lanes.getColumn(3).getInt64()});
        }
        lanes.reset();
        SQLite::Statement devices(copy, "SELECT device, delivered FROM device WHERE delivered > 0");
        while (devices.executeStep())
            content.attachments.push_back(
                {devices.getColumn(0).getString(), devices.getColumn(1).getInt64()});
        devices.reset();
        copy.exec("UPDATE device_lane SET safe = applied");
        copy.exec("UPDATE device SET delivered_safe = delivered");
        copy.exec(
            "INSERT OR REPLACE INTO hub (key, value) SELECT 'backup_of', value FROM hub "
            "WHERE key = 'generation'");
        transaction.commit();
        return content;
    });
}

// A file of its own, where a link cannot be.
Status copy_durably(const fs::path& from, const fs::path& to) {
    const fs::path draft = to.string() + ".draft";
    std::error_code error;
    fs::copy_file(from, draft, fs::copy_options::overwrite_existing, error);
    if (error) {
        const auto code = error == std::errc::no_space_on_device ? ErrorCode::full : ErrorCode::io;
        return fail(code, "cannot copy " + from.string() + ": " + error.message());
    }
    if (auto synced = fsync_file(draft); !synced) return synced;
    if (::rename(draft.c_str(), to.c_str()) != 0)
        return fail(ErrorCode::io, "cannot place " + to.string() + ": " + std::strerror(errno));
    return ok();
}

// Attachments never change, so another name for the same file is a copy, as far as one disk goes.
Status link_or_copy(const fs::path& from, const fs::path& to) {
    if (::link(from.c_str(), to.c_str()) == 0) return fsync_file(to);
    return copy_durably(from, to);
}

bool is_there(const fs::path& from, const fs::path& to) {
    std::error_code error;
    const auto have = fs::file_size(to, error);
    return !error && have == fs::file_size(from, error) && !error;
}

Result<std::vector<fs::path>> entries_of(const fs::path& folder) {
    std::vector<fs::path> out;
    std::error_code error;
    for (auto entry = fs::directory_iterator(folder, error); !error && entry != fs::directory_iterator();
         entry.increment(error)) {
        out.push_back(entry->path());
    }
    if (error && error != std::errc::no_such_file_or_directory)
        return fail(ErrorCode::io, "cannot read " + folder.string() + ": " + error.message());
    return out;
}

// The whole ones: blobs/xx/SHA256.
Status copy_blobs(const fs::path& from, const fs::path& to, BackupReport& report) {
    auto parts = entries_of(from);
    if (!parts) return parts.error();
    for (const auto& part : *parts) {
        if (part.filename().string().size() != 2) continue;
        auto blobs = entries_of(part);
        if (!blobs) return blobs.error();
        const fs::path target = to / part.filename();
        if (auto made = make_folder(target); !made) return made;
        for (const auto& blob : *blobs) {
            if (blob.filename().string().size() != sha256_digits) continue;
            ++report.attachments;
            if (is_there(blob, target / blob.filename())) continue;
            if (auto copied = link_or_copy(blob, target / blob.filename()); !copied) return copied;
            ++report.new_attachments;
        }
        if (auto synced = fsync_folder(target); !synced) return synced;
    }
    return ok();
}

Status copy_keys(const fs::path& from, const fs::path& to) {
    for (const char* name : {"hub.key", "hub.pub"}) {
        auto key = read_file(from / name, max_key_bytes);
        if (!key && key.error().code == ErrorCode::not_found) continue;  // a store that never served
        if (!key) return key.error();
        if (auto written = write_file_atomic(to / name, *key, 0600); !written) return written;
    }
    return ok();
}

// Of a store that is not the one any more that was copied nothing is said.
Status note_safe(Store& store, const Content& content) {
    return sql([&]() -> Status {
        SQLite::Transaction transaction(store.database(), SQLite::TransactionBehavior::IMMEDIATE);
        const auto generation =
            store.database().execAndGet("SELECT value FROM hub WHERE key = 'generation'").getInt64();
        if (generation != content.generation) {
            return fail(ErrorCode::conflict, "the hub began a new generation meanwhile: make another backup");
        }
        SQLite::Statement note(store.database(),
                               "UPDATE device_lane SET safe = ?1 WHERE device = ?2 AND epoch = ?3 AND "
                               "lane = ?4 AND safe < ?1 AND applied >= ?1");
        for (const HeldLane& held : content.lanes) {
            note.reset();
            note.bind(1, held.applied);
            note.bind(2, held.device);
            note.bind(3, held.epoch);
            note.bind(4, held.lane);
            note.exec();
        }
        SQLite::Statement note_attachments(
            store.database(),
            "UPDATE device SET delivered_safe = ?1 WHERE device = ?2 AND delivered_safe < ?1 AND "
            "delivered >= ?1");
        for (const HeldAttachments& held : content.attachments) {
            note_attachments.reset();
            note_attachments.bind(1, held.through);
            note_attachments.bind(2, held.device);
            note_attachments.exec();
        }
        transaction.commit();
        return ok();
    });
}

}  // namespace

Result<BackupReport> back_up(const fs::path& store, const fs::path& folder) {
    std::error_code error;
    if (!fs::exists(store / "hub.db", error))
        return fail(ErrorCode::not_found, "there is no hub's store in " + store.string());
    if (auto made = make_folder(folder); !made) return made.error();
    if (fs::equivalent(store, folder, error))
        return fail(ErrorCode::invalid_argument, "a backup needs a folder of its own, not the store's");
    auto lock = FolderLock::take(folder);
    if (!lock) return lock.error();
    auto live = Store::open(store);
    if (!live) return live.error();

    BackupReport report;
    const fs::path draft = folder / "hub.db.draft";
    remove_database(draft);
    if (auto copied = copy_database(store / "hub.db", draft); !copied)
        return copied.error().with("the backup");
    auto content = finish_copy(draft);
    if (!content) return content.error().with("the backup");
    if (auto synced = fsync_file(draft); !synced) return synced.error();
    report.operations = content->operations;
    report.database_bytes = fs::file_size(draft, error);
    // After the store: what it names and the hub had is among them, and all that it says was delivered.
    if (auto copied = copy_blobs(store / "blobs", folder / "blobs", report); !copied) return copied.error();
    if (auto copied = copy_revoked(store, folder); !copied) return copied.error();
    if (auto copied = copy_keys(store, folder); !copied) return copied.error();
    // A log that somebody's look at the last backup left is not this one's.
    for (const char* suffix : {"-wal", "-shm"}) ::unlink((folder / "hub.db").string().append(suffix).c_str());
    if (auto placed = rename_durably(draft, folder / "hub.db"); !placed) return placed.error();
    if (auto noted = note_safe(**live, *content); !noted)
        return noted.error().with("the backup is complete, but devices do not hear of it");
    return report;
}

}  // namespace fieldpost::hub
