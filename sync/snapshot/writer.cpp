#include "sync/snapshot/writer.hpp"

#include <spdlog/spdlog.h>
#include <sqlite3.h>

#include <array>
#include <functional>

#include "sync/base/file.hpp"
#include "sync/base/sqlite.hpp"
#include "sync/snapshot/bulk.hpp"
#include "sync/snapshot/changes.hpp"
#include "sync/snapshot/dictionary.hpp"
#include "sync/snapshot/meta_table.hpp"
#include "sync/snapshot/sealed_layers.hpp"

namespace fieldpost::snapshot {

extern const std::string_view schema_sql;

struct Writer::State {
    std::filesystem::path path;
    std::unique_ptr<Database> database;
    std::unique_ptr<Dictionary> dictionary;
    std::unique_ptr<SealedLayers> sealed;
    std::unique_ptr<BulkLoad> bulk;    // while the file is created
    std::unique_ptr<Changes> changes;  // once it is finished
    bool open_transaction = false;
    bool done = false;

    // `body` inside the caller's transaction, with SQLite's exceptions as errors.
    Status change(const std::function<Status()>& body) {
        if (done || !open_transaction)
            return fail(ErrorCode::internal, "a city file is written between begin and commit");
        Status result = ok();
        auto done_in_sql = sql([&] { result = body(); });
        if (!done_in_sql) return done_in_sql.error().with("writing " + path.string());
        return result;
    }

    // Whether a row of this feed can be put and removed.
    Status may_change(const records::FeedId& feed) const {
        if (sealed->can_write(feed.layer)) return ok();
        return fail(ErrorCode::unavailable, "the layer " + layer_text(feed.layer) + " is sealed in " +
                                                path.string() + " and its key is not held");
    }
};

namespace {

// A file that an earlier program made has no such column.
bool has_checksums(Database& database) {
    return database.execAndGet("SELECT count(*) FROM pragma_table_info('feed') WHERE name = 'checksum'")
               .getInt() != 0;
}

// Entries that went while their layer was closed.
void renew_stale(Database& database, const SealedLayers& sealed, Changes& changes) {
    if (sealed.stale().empty()) return;
    SQLite::Transaction transaction(database);
    changes.renew_stale();
    transaction.commit();
}

}  // namespace

Writer::Writer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Writer::~Writer() = default;

Result<std::unique_ptr<Writer>> Writer::create(const std::filesystem::path& path, const Meta& meta,
                                               const Sealing& sealing) {
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored)) {
        return fail(ErrorCode::conflict, "a city file would overwrite " + path.string());
    }
    if (seal::aead(sealing.algorithm) == nullptr)
        return fail(ErrorCode::invalid_argument, "there is no such algorithm to seal with");
    auto state = std::make_unique<State>();
    state->path = path;
    auto created = sql([&] {
        state->database =
            std::make_unique<Database>(path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        // A file that is being created has nothing to lose: a crash leaves a torso to be thrown away.
        state->database->exec(
            "PRAGMA page_size=4096; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA "
            "locking_mode=EXCLUSIVE;"
            "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-131072");
        state->database->exec("BEGIN");
        state->database->exec(std::string(schema_sql));
        write_meta(*state->database, meta);
        state->dictionary = std::make_unique<Dictionary>(*state->database);
        state->sealed = std::make_unique<SealedLayers>(*state->database);
        if (!sealing.keys.empty()) state->sealed->begin_sealing(sealing.algorithm);
        state->database->exec("COMMIT");
        state->bulk = std::make_unique<BulkLoad>(*state->database, *state->dictionary, *state->sealed,
                                                 sealing.dictionaries, path.string() + "-spool");
    });
    if (!created) return created.error().with("creating " + path.string());
    if (auto held = state->sealed->hold(sealing.keys); !held) return held.error();
    return std::unique_ptr<Writer>(new Writer(std::move(state)));
}

Result<std::unique_ptr<Writer>> Writer::open(const std::filesystem::path& path, const seal::Keyring& keys) {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored))
        return fail(ErrorCode::not_found, "no city file at " + path.string());
    auto state = std::make_unique<State>();
    state->path = path;
    auto database = open_database(path, Durability::normal);
    if (!database) return database.error();
    state->database = std::move(*database);
    if (auto known = check_format(*state->database); !known) return known.error().with(path.string());
    auto opened = sql([&] {
        // What is overwritten or removed must not stay readable on the disk (PROTOCOL 9).
        state->database->exec("PRAGMA secure_delete=ON; PRAGMA cache_size=-8192");
        state->dictionary = std::make_unique<Dictionary>(*state->database);
        state->sealed = std::make_unique<SealedLayers>(*state->database);
        if (auto held = state->sealed->hold(keys); !held) spdlog::warn("city data: {}", held.error().message);
        state->changes = std::make_unique<Changes>(*state->database, *state->dictionary, *state->sealed);
        if (terms_version_of(*state->database) != lookup::terms_version) {
            SQLite::Transaction transaction(*state->database);
            state->changes->renew_entries();
            write_terms_version(*state->database);
            transaction.commit();
        }
        renew_stale(*state->database, *state->sealed, *state->changes);
        if (!has_checksums(*state->database)) {
            SQLite::Transaction transaction(*state->database);
            state->database->exec("ALTER TABLE feed ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0");
            state->changes->count_checksums();
            transaction.commit();
        }
    });
    if (!opened) return opened.error().with("opening " + path.string());
    return std::unique_ptr<Writer>(new Writer(std::move(state)));
}

Status Writer::hold(const seal::Keyring& keys) {
    if (state_->done || state_->open_transaction || state_->bulk)
        return fail(ErrorCode::internal, "keys are held between the transactions of a finished file");
    Status held = state_->sealed->hold(keys);
    auto renewed = sql([&] {
        state_->changes->forget();
        renew_stale(*state_->database, *state_->sealed, *state_->changes);
    });
    if (!renewed) return renewed.error().with("writing " + state_->path.string());
    return held;
}

Status Writer::begin() {
    if (state_->done || state_->open_transaction)
        return fail(ErrorCode::internal, "begin() inside a transaction");
    auto begun = sql([&] { state_->database->exec("BEGIN IMMEDIATE"); });
    if (!begun) return begun.error().with("writing " + state_->path.string());
    state_->open_transaction = true;
    return ok();
}

Status Writer::commit() {
    return state_->change([&]() -> Status {
        if (state_->bulk) {
            state_->bulk->write_checksums();
        } else {
            state_->changes->write_checksums();
        }
        state_->database->exec("COMMIT");
        state_->open_transaction = false;
        return ok();
    });
}

Status Writer::rollback() {
    if (state_->bulk)
        return fail(ErrorCode::refused, "a file that is being created cannot go back: throw it away");
    return state_->change([&]() -> Status {
        state_->open_transaction = false;
        state_->changes->forget();
        // After an I/O error or on a full disk SQLite may have gone back by itself.
        if (sqlite3_get_autocommit(state_->database->getHandle()) == 0) state_->database->exec("ROLLBACK");
        state_->dictionary->reload();
        state_->sealed->refresh();
        return ok();
    });
}

Status Writer::put(const records::FeedId& feed, const records::LayerRow& row) {
    if (row.record <= 0 || row.property < 0)
        return fail(ErrorCode::invalid_argument, "a row without a record id");
    if (row.layer != feed.layer) {
        return fail(ErrorCode::invalid_argument,
                    "a row of another layer than its feed " + records::feed_text(feed));
    }
    return state_->change([&]() -> Status {
        if (auto may = state_->may_change(feed); !may) return may;
        const bool stored = state_->bulk ? state_->bulk->put(feed, row) : state_->changes->put(feed, row);
        if (!stored) {
            return fail(ErrorCode::refused,  // of no disk: to try it again does not help
                        "property " + records::id_text(row.property) + " has too many records");
        }
        return ok();
    });
}

Status Writer::remove(const records::FeedId& feed, records::RecordId record, std::int64_t version) {
    if (state_->bulk)
        return fail(ErrorCode::refused, "nothing can be removed from a file that is being created");
    return state_->change([&]() -> Status {
        if (auto may = state_->may_change(feed); !may) return may;
        state_->changes->remove(feed, record, version);
        return ok();
    });
}

Status Writer::remove_feed(const records::FeedId& feed) {
    if (state_->bulk)
        return fail(ErrorCode::refused, "nothing can be removed from a file that is being created");
    return state_->change([&]() -> Status {
        state_->changes->remove_feed(feed);
        return ok();
    });
}

Result<std::optional<FeedCursor>> Writer::feed_cursor(const records::FeedId& feed) {
    return sql([&]() -> std::optional<FeedCursor> {
        SQLite::Statement find(*state_->database,
                               "SELECT generation, cursor, checksum FROM feed WHERE id = ?");
        find.bind(1, records::feed_text(feed));
        if (!find.executeStep()) return std::nullopt;
        return FeedCursor{feed, find.getColumn(0).getInt64(), find.getColumn(1).getInt64(),
                          static_cast<std::uint64_t>(find.getColumn(2).getInt64())};
    });
}

Status Writer::set_feed_cursor(const records::FeedId& feed, std::int64_t generation, std::int64_t cursor) {
    return state_->change([&]() -> Status {
        SQLite::Statement set(*state_->database, "UPDATE feed SET generation = ?, cursor = ? WHERE feed = ?");
        set.bind(1, generation);
        set.bind(2, cursor);
        set.bind(3, state_->dictionary->feed(feed));
        set.exec();
        return ok();
    });
}

Status Writer::empty_log() {
    if (state_->bulk || state_->done || state_->open_transaction)
        return fail(ErrorCode::internal, "the log of a city file is emptied between transactions");
    auto emptied = sql([&]() -> Status {
        SQLite::Statement checkpoint(*state_->database, "PRAGMA wal_checkpoint(TRUNCATE)");
        if (checkpoint.executeStep() && checkpoint.getColumn(0).getInt() == 0) return ok();
        return fail(ErrorCode::unavailable, "a reader holds on to it");
    });
    if (!emptied) return emptied.error().with("emptying the log of " + state_->path.string());
    return ok();
}

Status Writer::set_source(const Source& source) {
    return state_->change([&]() -> Status {
        SQLite::Statement set(*state_->database,
                              "UPDATE source SET title = ?, steward = ?, refresh_s = ?, delivered_at = ? "
                              "WHERE source = ?");
        set.bind(1, source.title);
        set.bind(2, source.steward);
        set.bind(3, source.refresh_s);
        set.bind(4, source.delivered_at);
        set.bind(5, state_->dictionary->source(source.id));
        set.exec();
        return ok();
    });
}

Status Writer::note_delivery(std::string_view source, std::int64_t delivered_at) {
    return state_->change([&]() -> Status {
        SQLite::Statement set(*state_->database, "UPDATE source SET delivered_at = ?1 WHERE id = ?2");
        set.bind(1, delivered_at);
        set.bind(2, std::string(source));
        set.exec();
        return ok();
    });
}

Status Writer::remove_unused_sources() {
    if (state_->bulk)
        return fail(ErrorCode::refused, "nothing can be removed from a file that is being created");
    return state_->change([&]() -> Status {
        state_->database->exec("DELETE FROM source WHERE source NOT IN (SELECT source FROM layer)");
        state_->dictionary->reload();
        return ok();
    });
}

Status Writer::set_meta(const Meta& meta) {
    return state_->change([&]() -> Status {
        write_meta(*state_->database, meta);
        return ok();
    });
}

Status Writer::finish() {
    if (!state_->bulk || state_->open_transaction || state_->done) {
        return fail(ErrorCode::internal, "finish() is called once, after the commit of a bulk load");
    }
    auto finished = sql([&] {
        state_->database->exec("BEGIN");
        state_->bulk->finish();
        state_->database->exec("COMMIT");
        state_->database->exec("PRAGMA analysis_limit=1000; ANALYZE");
    });
    if (!finished) {
        if (finished.error().code == ErrorCode::conflict) {
            return fail(ErrorCode::conflict,
                        "a record was put twice on one feed while building " + state_->path.string());
        }
        return finished.error().with("finishing " + state_->path.string());
    }
    if (auto sound = check_database(*state_->database); !sound) return sound;
    auto tree = sql([&] { return state_->database->execAndGet("SELECT rtreecheck('spot')").getString(); });
    if (!tree) return tree.error().with("checking " + state_->path.string());
    if (*tree != "ok") return fail(ErrorCode::corrupt, "the map index was built wrong: " + *tree);
    state_->done = true;
    const std::filesystem::path path = state_->path;
    state_->bulk.reset();
    state_->sealed.reset();
    state_->dictionary.reset();
    state_->database.reset();
    if (auto synced = fsync_file(path); !synced) return synced;
    return fsync_folder(path.parent_path().empty() ? "." : path.parent_path());
}

}  // namespace fieldpost::snapshot
