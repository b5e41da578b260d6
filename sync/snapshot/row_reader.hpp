// Inside of the reader: layer rows with their feeds, sources and properties put back.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "sync/base/sqlite.hpp"
#include "sync/records/layer.hpp"
#include "sync/snapshot/postings.hpp"
#include "sync/snapshot/sealed_layers.hpp"

namespace fieldpost::snapshot {

struct StoredRow {
    std::int64_t row = 0;
    std::int64_t feed = 0;
    bool closed = false;  // its layer is sealed and no key is held: the body is empty
    records::LayerRow layer;
};

// Reader's thread; inside its read transaction. Throws SQLite::Exception.
class RowReader {
  public:
    RowReader(Database& database, SealedLayers& sealed);

    // Takes up what other connections committed; true when there was anything. Cheap when there was not.
    bool refresh();

    std::optional<StoredRow> row(std::int64_t row);
    // The same without the property that it is linked to.
    std::optional<StoredRow> bare_row(std::int64_t row);
    // Every row of the record, of all feeds.
    std::vector<StoredRow> record(records::RecordId record);
    // The same for the record of a row, and for the property whose place the row is in. Less work than
    // finding them by their ids.
    std::vector<StoredRow> record_of_row(std::int64_t row);
    std::vector<StoredRow> property_of_row(std::int64_t row);
    // Every row linked to the property, as they lie, at most `limit`.
    std::vector<StoredRow> property(records::RecordId property, std::size_t limit);
    // Of more rows than `limit` those needed most: the property's own, hazards, pre-plans and incidents, then
    // of every kind as many, the newest. In no order. Reads all of them.
    std::vector<StoredRow> most_needed(records::RecordId property, std::size_t limit);

    // Whether another feed holds this layer of the record in a newer version.
    bool superseded(const StoredRow& row);

    const std::map<std::int64_t, records::FeedId>& feeds() const { return feeds_; }

  private:
    StoredRow take(SQLite::Statement& statement, records::RecordId property);
    records::RecordId property_at(std::int64_t row);
    std::optional<std::vector<StoredRow>> property_in_place(std::int64_t place);
    std::optional<std::int64_t> place_of_property(records::RecordId property);

    SealedLayers& sealed_;
    Postings by_record_;
    SQLite::Statement data_version_;
    SQLite::Statement by_row_;
    SQLite::Statement run_;
    SQLite::Statement by_place_;
    SQLite::Statement by_need_;
    SQLite::Statement place_property_;
    SQLite::Statement all_feeds_;
    SQLite::Statement all_sources_;
    std::int64_t seen_version_ = -1;
    std::pair<std::int64_t, records::RecordId> last_place_{-1, 0};  // asked for, and its property
    std::map<std::int64_t, records::FeedId> feeds_;
    std::map<std::int64_t, std::string> sources_;
    bool shared_layers_ = false;  // two feeds carry the same layer: several areas
};

// Of each record's layers the one with the highest version, unless it is closed; order is kept.
void keep_newest(std::vector<StoredRow>& rows);

}  // namespace fieldpost::snapshot
