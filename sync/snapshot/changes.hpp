// Inside of the writer: single rows put into and taken out of a finished file.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "sync/base/sqlite.hpp"
#include "sync/snapshot/dictionary.hpp"
#include "sync/snapshot/entry_writer.hpp"
#include "sync/snapshot/layout.hpp"
#include "sync/snapshot/sealed_layers.hpp"
#include "sync/snapshot/sealed_lists.hpp"

namespace fieldpost::snapshot {

// Writer's thread; inside its transaction. Throws SQLite::Exception.
class Changes {
  public:
    Changes(Database& database, Dictionary& dictionary, SealedLayers& sealed);

    // SealedLayers::can_write() must hold of a feed that something is put to or removed from.
    // false when the property has no room for a further row.
    bool put(const records::FeedId& feed, const records::LayerRow& row);
    void remove(const records::FeedId& feed, records::RecordId record, std::int64_t version);
    // Also when the feed's layer is sealed and closed.
    void remove_feed(const records::FeedId& feed);
    // Adds to the feeds' checksums what the rows of this transaction changed: before its commit.
    void write_checksums();
    // After a rollback: what is remembered of the file may not be so any more.
    void forget();
    // Counted from the rows: of a file that a program wrote which kept none.
    void count_checksums();
    // Search entries by today's rules in place of those in the file. Those of closed layers go, and are made
    // by renew_stale() once the layer is open.
    void renew_entries();
    void renew_stale();

  private:
    struct Held {
        std::int64_t row = 0;
        std::int64_t version = 0;
        records::Kind kind = records::KIND_UNSET;
        Bytes body;  // as it is stored
    };

    // A feed whose layer is sealed, and open; without a layer for all others.
    struct Sealing {
        std::string feed;
        std::shared_ptr<const SealedLayer> layer;
        SealedLists* lists = nullptr;
    };
    Sealing sealing(const records::FeedId& feed);
    static Bytes plain(const Sealing& sealing, records::RecordId record, const Held& held);
    lookup::Terms terms_of(const Sealing& sealing, records::RecordId record, const Held& held);
    void replace_entries(const Sealing& sealing, std::int64_t row, records::Kind kind,
                         const lookup::Terms& before, const lookup::Terms& after);
    void renew_sealed(const records::LayerKey& layer);
    void forget_entries(const records::LayerKey& layer);
    bool other_feed_has(const records::LayerKey& layer, const records::FeedId& feed) const;

    std::optional<Held> held(records::RecordId record, std::int64_t feed);
    std::int64_t place_for(records::RecordId property);    // found or made
    std::int64_t known_place(records::RecordId property);  // 0: none
    std::int64_t new_place(records::RecordId property);
    void name_place(std::int64_t place, records::RecordId property);
    void unname_place(std::int64_t place);
    records::RecordId property_of(std::int64_t place);  // 0: none
    bool stands_at(std::int64_t row, records::RecordId property) {
        return property_of(place_of(row)) == property;
    }
    records::RecordId record_at(std::int64_t row);  // 0: none
    void forget_row(std::int64_t row, records::RecordId record);
    void forget_empty_place(std::int64_t place);
    std::int64_t free_row(std::int64_t place);  // 0: no room
    std::int64_t take_row(records::RecordId property);
    // `with_entries`: else somebody else sees to the row's search entries.
    void erase(const Sealing& sealing, records::RecordId record, const Held& held, bool with_entries = true);
    void count(records::Kind kind, int by);
    bool any_row_of(records::RecordId record);
    // In the feed's checksum the row has the version `now` in place of `before`.
    void count_row(std::int64_t number, const records::FeedId& feed, records::RecordId record,
                   std::optional<std::int64_t> before, std::optional<std::int64_t> now);

    Database& database_;
    Dictionary& dictionary_;
    SealedLayers& sealed_;
    EntryWriter entries_;
    std::map<std::int64_t, std::pair<std::shared_ptr<const SealedLayer>, std::unique_ptr<SealedLists>>>
        lists_;  // by layer
    Postings by_record_;
    TermReader term_reader_;
    std::map<std::int64_t, std::uint64_t> moved_;  // by feed: what its checksum is to be moved by
    SQLite::Statement find_run_;
    SQLite::Statement find_record_at_;
    SQLite::Statement find_property_;
    SQLite::Statement find_last_row_;
    SQLite::Statement find_gap_;
    SQLite::Statement find_unlinked_;
    SQLite::Statement find_last_place_;
    SQLite::Statement insert_place_;
    SQLite::Statement delete_place_;
    SQLite::Statement insert_layer_;
    SQLite::Statement update_layer_;
    SQLite::Statement delete_layer_;
    SQLite::Statement count_;
};

}  // namespace fieldpost::snapshot
