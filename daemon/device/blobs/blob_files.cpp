#include "daemon/device/blobs/blob_files.hpp"

#include <spdlog/spdlog.h>

#include <array>
#include <map>
#include <optional>

#include "sync/base/file.hpp"

namespace fieldpost::device {

extern const std::string_view blobs_schema_001;
extern const std::string_view blobs_schema_002;
extern const std::string_view blobs_schema_003;

namespace {

namespace fs = std::filesystem;

constexpr std::size_t hash_bytes = 32;

Result<std::unique_ptr<Database>> open_table(const fs::path& path) {
    auto database = open_database(path, Durability::normal);
    if (!database) return database;
    const std::array migrations = {blobs_schema_001, blobs_schema_002, blobs_schema_003};
    if (auto sound = check_database(**database); !sound) return sound.error();
    if (auto migrated = migrate(**database, migrations); !migrated) return migrated.error();
    return database;
}

Result<std::unique_ptr<Database>> open_or_begin_anew(const fs::path& path) {
    auto database = open_table(path);
    if (database || database.error().code != ErrorCode::corrupt) return database;
    spdlog::error("{}: set aside; attachments are offered to the hub again", database.error().message);
    if (auto aside = set_aside(path); !aside) return aside.error();
    return open_table(path);
}

SQLite::Statement with_hash(Database& database, const char* text, BytesView sha256) {
    SQLite::Statement statement(database, text);
    statement.bind(1, sha256.data(), static_cast<int>(sha256.size()));
    return statement;
}

KeptBlob read_row(SQLite::Statement& row) {
    const auto sha256 = row.getColumn(1);
    return {row.getColumn(0).getInt64(),
            Bytes(static_cast<const char*>(sha256.getBlob()), hash_bytes),
            static_cast<std::uint64_t>(row.getColumn(2).getInt64()),
            row.getColumn(3).getInt() != 0,
            row.getColumn(4).getInt() != 0,
            static_cast<std::uint64_t>(row.getColumn(5).getInt64())};
}

std::optional<KeptBlob> find_row(Database& database, BytesView sha256) {
    auto row = with_hash(
        database, "SELECT added, sha256, bytes, thumbnail, delivered, number FROM blob WHERE sha256 = ?",
        sha256);
    if (!row.executeStep()) return std::nullopt;
    return read_row(row);
}

constexpr const char* insert_row = "INSERT INTO blob(sha256, bytes, thumbnail) VALUES (?, ?, ?)";

void insert(Database& database, BytesView sha256, std::uint64_t bytes, bool thumbnail) {
    auto statement = with_hash(database, insert_row, sha256);
    statement.bind(2, static_cast<std::int64_t>(bytes));
    statement.bind(3, thumbnail ? 1 : 0);
    statement.exec();
}

}  // namespace

Result<std::unique_ptr<BlobFiles>> BlobFiles::open(const fs::path& folder) {
    // Also puts the names of files on disk that an earlier run had no time for.
    if (auto made = make_folder(folder); !made) return made.error();
    auto database = open_or_begin_anew(folder / "blobs.db");
    if (!database) return database.error();
    std::unique_ptr<BlobFiles> files(new BlobFiles(folder, std::move(*database)));
    if (auto compared = files->compare(); !compared) return compared.error();
    return files;
}

Status BlobFiles::compare() {
    std::map<Bytes, std::uint64_t> found;
    std::vector<fs::path> drafts;
    std::error_code error;
    for (auto entry = fs::directory_iterator(folder_, error); !error && entry != fs::directory_iterator();
         entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        const auto sha256 = from_hex(name);
        if (name.starts_with("draft-")) {
            drafts.push_back(entry->path());
        } else if (sha256 && sha256->size() == hash_bytes && name == to_hex(*sha256)) {
            std::error_code gone;
            const auto bytes = entry->file_size(gone);
            if (!gone) found.emplace(*sha256, bytes);
        }
    }
    if (error) return fail(ErrorCode::io, "cannot list " + folder_.string() + ": " + error.message());
    for (const auto& draft : drafts) fs::remove(draft, error);
    auto listed = all();
    if (!listed) return listed.error();
    return sql([&] {
        SQLite::Transaction transaction(*database_);
        for (const KeptBlob& blob : *listed) {
            if (found.erase(blob.sha256) > 0) continue;
            with_hash(*database_, "DELETE FROM blob WHERE sha256 = ?", blob.sha256).exec();
        }
        for (const auto& [sha256, bytes] : found) insert(*database_, sha256, bytes, false);
        transaction.commit();
    });
}

Result<std::vector<KeptBlob>> BlobFiles::all() {
    return sql([&] {
        SQLite::Statement rows(
            *database_,
            "SELECT added, sha256, bytes, thumbnail, delivered, number FROM blob WHERE length(sha256) = 32 "
            "ORDER BY added");
        std::vector<KeptBlob> out;
        while (rows.executeStep()) out.push_back(read_row(rows));
        return out;
    });
}

Result<KeptBlob> BlobFiles::keep(BlobDraft& draft, bool thumbnail) {
    auto sha256 = draft.sync();
    if (!sha256) return sha256.error();
    auto known = sql([&] { return find_row(*database_, *sha256); });
    if (!known) return known.error();
    const fs::path path = path_of(*sha256);
    std::error_code error;
    const bool is_here = *known && fs::exists(path, error);
    if (!is_here) {
        if (auto moved = draft.move_to(path); !moved) return moved.error();
    }
    auto written = sql([&] {
        if (!*known) {
            insert(*database_, *sha256, draft.bytes(), thumbnail);
        } else if (thumbnail) {
            with_hash(*database_, "UPDATE blob SET thumbnail = 1 WHERE sha256 = ?", *sha256).exec();
        }
        return find_row(*database_, *sha256).value();
    });
    // A file that nobody knows of would count in no budget.
    if (!written && !is_here) fs::remove(path, error);
    return written;
}

Status BlobFiles::set_delivered(BytesView sha256, std::uint64_t number) {
    return sql([&] {
        auto set =
            with_hash(*database_, "UPDATE blob SET delivered = 1, number = ?2 WHERE sha256 = ?1", sha256);
        set.bind(2, static_cast<std::int64_t>(number));
        set.exec();
    });
}

Result<engine::NoteHub> BlobFiles::hub() {
    return sql([&] {
        engine::NoteHub hub;
        SQLite::Statement row(*database_, "SELECT generation, safe FROM hub");
        if (!row.executeStep()) return hub;
        hub.generation = static_cast<std::uint64_t>(row.getColumn(0).getInt64());
        if (const auto safe = row.getColumn(1); !safe.isNull())
            hub.attachments_safe = static_cast<std::uint64_t>(safe.getInt64());
        return hub;
    });
}

Status BlobFiles::set_hub(const engine::NoteHub& hub) {
    return sql([&] {
        SQLite::Transaction transaction(*database_);
        const auto generation = static_cast<std::int64_t>(hub.generation);
        SQLite::Statement forget(*database_,
                                 "UPDATE blob SET delivered = 0, number = 0 WHERE EXISTS "
                                 "(SELECT 1 FROM hub WHERE generation NOT IN (0, ?))");
        forget.bind(1, generation);
        forget.exec();
        database_->exec("DELETE FROM hub");
        SQLite::Statement insert(*database_, "INSERT INTO hub(generation, safe) VALUES (?, ?)");
        insert.bind(1, generation);
        if (hub.attachments_safe) insert.bind(2, static_cast<std::int64_t>(*hub.attachments_safe));
        insert.exec();
        transaction.commit();
    });
}

Status BlobFiles::remove(BytesView sha256) {
    std::error_code error;
    fs::remove(path_of(sha256), error);
    if (error) return fail(ErrorCode::io, "cannot remove an attachment: " + error.message());
    return sql([&] { with_hash(*database_, "DELETE FROM blob WHERE sha256 = ?", sha256).exec(); });
}

}  // namespace fieldpost::device
