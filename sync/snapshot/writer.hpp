// Writes a city file: the hub in bulk, the device row by row from its feeds, with the same code for the
// search entries.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>

#include "sync/base/result.hpp"
#include "sync/records/layer.hpp"
#include "sync/seal/aead.hpp"
#include "sync/seal/keyring.hpp"
#include "sync/snapshot/meta.hpp"

namespace fieldpost::snapshot {

// How a new file keeps its layers at confidential and above (README.md).
struct Sealing {
    // Without any key nothing is sealed, then or later. With one, a row that is to be sealed and has no key
    // is refused.
    seal::Keyring keys = {};
    seal::Algorithm algorithm = seal::Algorithm::xchacha20_poly1305;
    // What bodies are packed with: those of the last build (Reader::dictionaries()), so that rows that did
    // not change are sealed to the same bytes. A layer that has none here gets one that is learnt from its
    // rows.
    std::map<records::LayerKey, Bytes> dictionaries = {};
};

// One thread. Everything that changes the file happens between begin() and commit(); a crash before commit()
// leaves the file as it was at the last one (but for a file that is still being created: throw that away).
//
// Hub:    create(), begin(), put() each row once (ordered by property is best), set_source(),
// set_feed_cursor(),
//         commit(), finish(). Entries are gathered in memory until finish(): some 300 bytes a property.
// Device: open(), then for each run of feed changes begin(), put()/remove(), set_feed_cursor(), commit().
//
// The feeds' checksums (sync/records/checksum.hpp) are counted from what is put and removed, and written by
// commit().
class Writer {
  public:
    // A new file in bulk mode. conflict when something is at `path`.
    static Result<std::unique_ptr<Writer>> create(const std::filesystem::path& path, const Meta& meta,
                                                  const Sealing& sealing = {});
    // A finished file, in WAL mode with synchronous=NORMAL: a power cut may lose the last commits, which the
    // feeds then bring again, as the cursors went with them. corrupt when it is not a sound city file,
    // conflict when its format is another one. Search entries made by other rules than this program's are
    // made anew (takes a while). A key that is not the right one is logged, and its layer stays closed.
    static Result<std::unique_ptr<Writer>> open(const std::filesystem::path& path,
                                                const seal::Keyring& keys = {});
    ~Writer();

    // From now on these keys and no others; between transactions. refused when one of them is not the one
    // that the file was sealed with: the others are held all the same.
    Status hold(const seal::Keyring& keys);

    Status begin();
    Status commit();
    Status rollback();

    // Stores the layer of a record that this feed carries, in place of what the same feed held of it. A row
    // older than that is ignored. A row of unknown kind or with a damaged body is stored without search
    // entries and logged once per kind. invalid_argument when the row's layer is not the feed's or the record
    // has no id; refused when a property has too many records; unavailable when the layer is sealed in this
    // file and its key is not held; in bulk mode a second row of one (feed,
    // record) is found by finish(): conflict.
    Status put(const records::FeedId& feed, const records::LayerRow& row);

    // The feed's row of the record goes, with its search entries, unless it is newer than `version`. No row:
    // nothing. Feeds are applied in order, so nothing is remembered of what was removed. unavailable as
    // put(). Not in bulk mode.
    Status remove(const records::FeedId& feed, records::RecordId record, std::int64_t version);

    // All rows of a feed, its cursor and the feed itself: a lost right (PROTOCOL 10). Needs no key. Not in
    // bulk mode.
    Status remove_feed(const records::FeedId& feed);

    // As of the last commit(), or with what a running transaction has set of it but for its checksum. nullopt
    // for a feed that is not in the file.
    Result<std::optional<FeedCursor>> feed_cursor(const records::FeedId& feed);
    // Names the feed as held, even when it has no row.
    Status set_feed_cursor(const records::FeedId& feed, std::int64_t generation, std::int64_t cursor);

    // Everything that is committed is on the disk, and the log beside the file is empty: of what was removed
    // it would still have earlier pages. Between transactions of a file that is not in bulk mode. unavailable
    // when a reader held on to the log for five seconds.
    Status empty_log();

    // In place of what the file says of the source, if it does.
    Status set_source(const Source& source);
    // The source delivered then (unix seconds), whatever the file says. Nothing for one that it lacks.
    Status note_delivery(std::string_view source, std::int64_t delivered_at);
    // Sources go that no row is of, so that one which was known by a lost right is not even named. Not in
    // bulk mode. Reads the whole file.
    Status remove_unused_sources();
    Status set_meta(const Meta& meta);

    // Bulk mode: sorts and writes the search entries, makes the indexes, counts, checks, and leaves one
    // compact file without WAL, fsynced. The writer is done after it.
    Status finish();

  private:
    struct State;
    explicit Writer(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace fieldpost::snapshot
