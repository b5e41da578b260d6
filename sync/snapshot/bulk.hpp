// Inside of the writer: the hub's bulk load. Rows wait in a spool file until all are known; then they are
// written in the order of their streets, so that neighbours lie together, and the search entries behind them,
// sorted.
#pragma once

#include <future>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "sync/base/sqlite.hpp"
#include "sync/snapshot/bulk_entries.hpp"
#include "sync/snapshot/dictionary.hpp"
#include "sync/snapshot/layout.hpp"
#include "sync/snapshot/samples.hpp"
#include "sync/snapshot/sealed_layers.hpp"
#include "sync/snapshot/spool.hpp"

namespace fieldpost::snapshot {

// Writer's thread; inside its transaction. Search terms are read from the bodies by a second thread
// meanwhile. Throws SQLite::Exception.
class BulkLoad {
  public:
    // `dictionaries`: of sealed layers; a layer without one gets one that is learnt from its rows.
    BulkLoad(Database& database, Dictionary& dictionary, SealedLayers& sealed,
             std::map<records::LayerKey, Bytes> dictionaries, const std::filesystem::path& spool);
    ~BulkLoad();

    // false when the property has no room for a further row. SealedLayers::can_write() must hold.
    bool put(const records::FeedId& feed, const records::LayerRow& row);
    // The feeds' checksums, of the rows that were put: before the transaction's commit.
    void write_checksums();
    // Writes rows, entries, indexes and tallies. Nothing may be put after it. SQLITE_CONSTRAINT when a record
    // was put twice on one feed.
    void finish();

  private:
    // What belongs to one property, or to one record that is linked to none.
    struct Group {
        records::RecordId property = 0;
        std::int64_t rows = 0;
        std::int64_t first_row = 0;  // in the file, once the order is known
        bool named = false;          // its first row is the property's own
    };
    // Its place in the file is not known yet: group * 2^20 + slot.
    struct Held {
        records::RecordId record = 0;
        std::int64_t row = 0;
        std::int32_t feed = 0;
        std::int32_t kind = 0;
    };
    struct Unread {
        std::int64_t row = 0;
        records::Kind kind = records::KIND_UNSET;
        const records::LayerKey* sealed = nullptr;
        Bytes body;
    };

    std::size_t group_of(const records::LayerRow& row);
    void read_terms();
    void wait_for_terms();
    std::int64_t in_file(std::int64_t row) const;
    std::vector<std::uint32_t> order() const;
    void place_groups(const std::vector<std::uint32_t>& order);
    void begin_layers();
    void write_rows(const std::vector<std::uint32_t>& order);
    void write_records();

    Database& database_;
    Dictionary& dictionary_;
    SealedLayers& sealed_;
    std::map<records::LayerKey, Bytes> dictionaries_;
    std::map<records::LayerKey, Samples> samples_;  // of the sealed layers that there are
    Spool spool_;
    std::unordered_map<records::RecordId, std::uint32_t> group_by_property_;
    std::vector<Group> groups_;
    records::RecordId last_unlinked_ = 0;
    std::map<records::FeedId, std::uint64_t> checksums_;
    std::vector<Held> held_;
    std::vector<Unread> unread_;
    TermReader term_reader_;  // of the thread that reads terms, as the entries are, until finish()
    BulkEntries entries_;
    std::future<void> reading_;
};

}  // namespace fieldpost::snapshot
