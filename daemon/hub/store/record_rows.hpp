// The rows of a record in the store, and the statements that read and write them. Part of Records.
//
// Throws SQLite's exceptions; Records turns them into values.
#pragma once

#include <sqlite3.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/hub/store/records.hpp"
#include "sync/base/statement_use.hpp"
#include "sync/records/checksum.hpp"

namespace fieldpost::hub {

// What all rows of one version of a record share.
struct Stamp {
    RecordId property = 0;
    records::LinkMethod method = records::LinkMethod::none;
    int confidence = 0;
    std::int64_t source = 0;
    std::int64_t as_of = 0;
    bool same_link(const Stamp& other) const {
        return property == other.property && method == other.method && confidence == other.confidence;
    }
};

struct StoredLayer {
    std::int64_t feed = 0;
    std::int64_t version = 0;
    Stamp stamp;
    Bytes body;
};

// A set of a message's fields, as table lost_fields keeps it.
using FieldBits = std::int64_t;
inline constexpr int shared_field_bit = 62;
constexpr FieldBits field_bit(int number) {
    return FieldBits{1} << std::min(number, shared_field_bit);
}

// What a record's row of a feed had before the feed's change n, and not since.
struct LostFields {
    std::int64_t feed = 0;
    std::int64_t n = 0;
    FieldBits fields = 0;
};

struct StoredRecord {
    records::Kind kind = records::KIND_UNSET;
    std::int64_t source = 0;
    std::string key;
    std::int64_t version = 0;
    bool deleted = false;
    RecordId property = 0;
    records::LinkMethod link_method = records::LinkMethod::none;
};

inline constexpr std::string_view unknown_labels = "?";

// The statements, and what SQLite says through them. Throws SQLite's exceptions; Records turns them into
// values.
class Records::Rows {
  public:
    explicit Rows(Store& store) : store_(store), database_(store.database()) {}

    Database& database() { return database_; }

    std::optional<StoredRecord> record(RecordId id) {
        StatementUse use(find_record_);
        use->bind(1, id);
        if (!use->executeStep()) return std::nullopt;
        return StoredRecord{static_cast<records::Kind>(use->getColumn(0).getInt()),
                            use->getColumn(1).getInt64(),
                            use->getColumn(2).getString(),
                            use->getColumn(3).getInt64(),
                            use->getColumn(4).getInt() != 0,
                            use->getColumn(5).getInt64(),
                            static_cast<records::LinkMethod>(use->getColumn(6).getInt())};
    }

    void add_record(RecordId id, const StoredRecord& record) {
        StatementUse use(add_record_);
        bind_state(*use, id, record);
        use->bind(6, record.kind);
        use->bind(7, record.source);
        use->bindNoCopy(8, record.key);
        use->exec();
    }

    // What can change of a record that is there.
    void save_record(RecordId id, const StoredRecord& record) {
        StatementUse use(save_record_);
        bind_state(*use, id, record);
        use->exec();
    }

    std::vector<StoredLayer> layers(RecordId property, records::Kind kind, RecordId record) {
        std::vector<StoredLayer> out;
        StatementUse use(find_layers_);
        use->bind(1, property);
        use->bind(2, kind);
        use->bind(3, record);
        while (use->executeStep()) {
            StoredLayer layer;
            layer.feed = use->getColumn(0).getInt64();
            layer.stamp = {property, static_cast<records::LinkMethod>(use->getColumn(1).getInt()),
                           use->getColumn(2).getInt(), use->getColumn(3).getInt64(),
                           use->getColumn(4).getInt64()};
            layer.body = blob(use->getColumn(5));
            layer.version = use->getColumn(6).getInt64();
            out.push_back(std::move(layer));
        }
        return out;
    }

    // Each layer once: a record of two areas holds each of them twice.
    std::vector<std::pair<records::LayerKey, Bytes>> parts(RecordId property, records::Kind kind,
                                                           RecordId record) {
        std::vector<std::pair<records::LayerKey, Bytes>> out;
        StatementUse use(find_parts_);
        use->bind(1, property);
        use->bind(2, kind);
        use->bind(3, record);
        while (use->executeStep()) {
            out.emplace_back(
                records::LayerKey{static_cast<records::Classification>(use->getColumn(0).getInt()),
                                  use->getColumn(1).getString()},
                blob(use->getColumn(2)));
        }
        return out;
    }

    // The areas in which the record stands.
    std::vector<std::string> areas(RecordId property, records::Kind kind, RecordId record) {
        std::vector<std::string> out;
        StatementUse use(find_layer_feeds_);
        use->bind(1, property);
        use->bind(2, kind);
        use->bind(3, record);
        while (use->executeStep()) {
            const auto& area = feed_id(use->getColumn(0).getInt64()).area;
            if (std::ranges::find(out, area) == out.end()) out.push_back(area);
        }
        return out;
    }

    // The labels of the dataset that the record was imported by, as Imports keeps them: unknown_labels until
    // an import has told them. nullopt when no dataset has the record.
    std::optional<std::string> labels(std::int64_t source, records::Kind kind, RecordId record) {
        StatementUse use(find_labels_);
        use->bind(1, source);
        use->bind(2, kind);
        use->bind(3, record);
        if (!use->executeStep()) return std::nullopt;
        return use->getColumn(0).isNull() ? std::string(unknown_labels) : use->getColumn(0).getString();
    }

    // `replaced`: the version of the feed's row that it takes the place of; 0: there is none. Returns the
    // change's number in the feed.
    std::int64_t put_layer(records::Kind kind, RecordId record, std::int64_t version, std::int64_t feed,
                           const Stamp& stamp, BytesView body, std::int64_t replaced) {
        StatementUse use(replaced == 0 ? add_layer_ : put_layer_);
        use->bind(1, stamp.property);
        use->bind(2, kind);
        use->bind(3, record);
        use->bind(4, feed);
        use->bind(5, ++cursor(feed));
        use->bind(6, version);
        use->bind(7, stamp.source);
        use->bind(8, stamp.as_of);
        use->bind(9, static_cast<int>(stamp.method));
        use->bind(10, stamp.confidence);
        use->bindNoCopy(11, body.data(), static_cast<int>(body.size()));
        use->exec();
        count_row(feed, record, replaced, version);
        return cursor(feed);
    }

    void drop_layer(RecordId property, records::Kind kind, RecordId record, std::int64_t feed) {
        cursor(feed);
        StatementUse use(drop_layer_);
        use->bind(1, property);
        use->bind(2, kind);
        use->bind(3, record);
        use->bind(4, feed);
        use->exec();
    }

    // `removed`: the version of the row that went. Returns the change's number in the feed.
    std::int64_t put_removal(records::Kind kind, RecordId record, std::int64_t version, std::int64_t feed,
                             std::int64_t removed) {
        StatementUse use(put_removal_);
        use->bind(1, feed);
        use->bind(2, ++cursor(feed));
        use->bind(3, record);
        use->bind(4, kind);
        use->bind(5, version);
        use->exec();
        count_row(feed, record, removed, 0);
        return cursor(feed);
    }

    std::vector<LostFields> lost(RecordId record) {
        std::vector<LostFields> out;
        StatementUse use(find_lost_);
        use->bind(1, record);
        while (use->executeStep())
            out.push_back(
                {use->getColumn(0).getInt64(), use->getColumn(1).getInt64(), use->getColumn(2).getInt64()});
        return out;
    }

    // An earlier loss of a field says nothing any more that this one does not say: a record has no more
    // entries of a feed than fields.
    void put_lost(RecordId record, const LostFields& lost) {
        for (auto* statement : {&take_from_lost_, &drop_empty_lost_}) {
            StatementUse use(*statement);
            use->bind(1, record);
            use->bind(2, lost.feed);
            if (statement == &take_from_lost_) use->bind(3, lost.fields);
            use->exec();
        }
        StatementUse use(put_lost_);
        use->bind(1, record);
        use->bind(2, lost.feed);
        use->bind(3, lost.n);
        use->bind(4, lost.fields);
        use->exec();
    }

    void drop_lost(RecordId record, const LostFields& lost) {
        StatementUse use(drop_lost_);
        use->bind(1, record);
        use->bind(2, lost.feed);
        use->bind(3, lost.n);
        use->exec();
    }

    void drop_removal(RecordId record, std::int64_t feed) {
        cursor(feed);
        StatementUse use(drop_removal_);
        use->bind(1, record);
        use->bind(2, feed);
        use->exec();
    }

    // The row number of a feed, made when it is new; nullopt when that cannot be its name.
    std::optional<std::int64_t> feed(const records::FeedId& id) {
        if (const auto known = feeds_.find(id); known != feeds_.end()) return known->second;
        if (!records::parse_feed(records::feed_text(id))) return std::nullopt;
        StatementUse use(make_feed_);
        use->bind(1, records::feed_text(id));
        use->bind(2, id.area);
        use->bind(3, static_cast<int>(id.layer.classification));
        use->bind(4, id.layer.compartment);
        if (!use->executeStep()) throw SQLite::Exception("a feed could not be made");
        const std::int64_t number = use->getColumn(0).getInt64();
        use->executeStep();
        return feeds_[id] = number;
    }

    const records::FeedId& feed_id(std::int64_t feed) {
        if (const auto known = feed_ids_.find(feed); known != feed_ids_.end()) return known->second;
        StatementUse use(find_feed_id_);
        use->bind(1, feed);
        if (!use->executeStep()) throw SQLite::Exception("a feed is missing", SQLITE_CORRUPT);
        return feed_ids_[feed] = {use->getColumn(0).getString(),
                                  {static_cast<records::Classification>(use->getColumn(1).getInt()),
                                   use->getColumn(2).getString()}};
    }

    // What was built of the feed before the change `n` is not to be handed out any more.
    void purge_before(std::int64_t feed, std::int64_t n) {
        StatementUse use(save_purged_);
        use->bind(1, n);
        use->bind(2, feed);
        use->exec();
    }

    // A transaction that was rolled back may have taken remembered feeds and sources away, and their numbers
    // be given to others.
    void forget_rolled_back() {
        if (rollbacks_ == store_.rollbacks()) return;
        rollbacks_ = store_.rollbacks();
        feeds_.clear();
        feed_ids_.clear();
        sources_.clear();
    }

    std::optional<std::int64_t> source(std::string_view id) {
        if (const auto known = sources_.find(id); known != sources_.end()) return known->second;
        StatementUse use(find_source_);
        use->bind(1, std::string(id));
        if (!use->executeStep()) return std::nullopt;
        return sources_.emplace(id, use->getColumn(0).getInt64()).first->second;
    }

    std::string source_id(std::int64_t row) {
        StatementUse use(find_source_id_);
        use->bind(1, row);
        return use->executeStep() ? use->getColumn(0).getString() : std::string();
    }

    std::vector<RecordId> linked(RecordId property) {
        std::vector<RecordId> out;
        StatementUse use(find_linked_);
        use->bind(1, property);
        while (use->executeStep()) out.push_back(use->getColumn(0).getInt64());
        return out;
    }

  private:
    static void bind_state(SQLite::Statement& use, RecordId id, const StoredRecord& record) {
        use.bind(1, id);
        use.bind(2, record.version);
        use.bind(3, record.deleted ? 1 : 0);
        use.bind(4, record.property);
        use.bind(5, static_cast<int>(record.link_method));
    }

    // In the feed's checksum the row has the version `now` in place of `before`; 0: it is not there.
    void count_row(std::int64_t feed, RecordId record, std::int64_t before, std::int64_t now) {
        auto& changed = in_transaction(feed);
        if (before != 0) changed.checksum -= records::row_hash(changed.id, record, before);
        if (now != 0) changed.checksum += records::row_hash(changed.id, record, now);
        StatementUse use(save_checksum_);
        use->bind(1, static_cast<std::int64_t>(changed.checksum));
        use->bind(2, feed);
        use->exec();
    }

    // The last cursor that the feed gave. It is the highest in the feed's tables, so it must be known before
    // the entry that has it is taken away: every change of a feed asks for it first.
    std::int64_t& cursor(std::int64_t feed) { return in_transaction(feed).cursor; }

    Store::FeedInTransaction& in_transaction(std::int64_t feed) {
        auto& feeds = store_.feeds_in_transaction();
        if (const auto known = feeds.find(feed); known != feeds.end()) return known->second;
        StatementUse use(find_feed_);
        use->bind(1, feed);
        if (!use->executeStep()) throw SQLite::Exception("a feed is missing", SQLITE_CORRUPT);
        return feeds[feed] = {use->getColumn(0).getInt64(),
                              static_cast<std::uint64_t>(use->getColumn(1).getInt64()),
                              use->getColumn(2).getString()};
    }

    Store& store_;
    Database& database_;
    std::uint64_t rollbacks_ = 0;
    std::map<records::FeedId, std::int64_t> feeds_;
    std::map<std::int64_t, records::FeedId> feed_ids_;  // by row number
    std::map<std::string, std::int64_t, std::less<>> sources_;

    SQLite::Statement find_record_{
        database_,
        "SELECT kind, source, key, version, deleted, property, link_method FROM record WHERE record = ?"};
    SQLite::Statement add_record_{
        database_,
        "INSERT INTO record (record, version, deleted, property, link_method, kind, source, key) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"};
    SQLite::Statement save_record_{
        database_,
        "UPDATE record SET version = ?2, deleted = ?3, property = ?4, link_method = ?5 WHERE record = ?1"};
    SQLite::Statement find_layers_{
        database_,
        "SELECT feed, link_method, link_confidence, source, as_of, body, version FROM layer "
        "WHERE property = ? AND kind = ? AND record = ?"};
    SQLite::Statement find_parts_{
        database_,
        "SELECT classification, compartment, body FROM layer JOIN feed USING (feed) "
        "WHERE property = ? AND kind = ? AND record = ? GROUP BY classification, compartment"};
    SQLite::Statement find_layer_feeds_{
        database_, "SELECT feed FROM layer WHERE property = ? AND kind = ? AND record = ?"};
    SQLite::Statement find_feed_id_{database_,
                                    "SELECT area, classification, compartment FROM feed WHERE feed = ?"};
    SQLite::Statement save_purged_{database_, "UPDATE feed SET purged = ?1 WHERE feed = ?2 AND purged < ?1"};
    SQLite::Statement find_labels_{
        database_,
        "SELECT labels FROM dataset WHERE source = ?1 AND kind = ?2 AND EXISTS "
        "(SELECT 1 FROM source_row WHERE source_row.dataset = dataset.dataset AND record = ?3)"};
    // The first is the quicker one: it has nothing to undo.
    SQLite::Statement add_layer_{
        database_,
        "INSERT INTO layer (property, kind, record, feed, n, version, source, as_of, link_method, "
        "link_confidence, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
    SQLite::Statement put_layer_{
        database_,
        "INSERT OR REPLACE INTO layer (property, kind, record, feed, n, version, source, as_of, link_method, "
        "link_confidence, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
    SQLite::Statement drop_layer_{
        database_, "DELETE FROM layer WHERE property = ? AND kind = ? AND record = ? AND feed = ?"};
    SQLite::Statement put_removal_{
        database_, "INSERT OR REPLACE INTO removal (feed, n, record, kind, version) VALUES (?, ?, ?, ?, ?)"};
    SQLite::Statement drop_removal_{database_, "DELETE FROM removal WHERE record = ? AND feed = ?"};
    SQLite::Statement find_lost_{database_, "SELECT feed, n, fields FROM lost_fields WHERE record = ?"};
    SQLite::Statement take_from_lost_{
        database_, "UPDATE lost_fields SET fields = fields & ~?3 WHERE record = ?1 AND feed = ?2"};
    SQLite::Statement drop_empty_lost_{
        database_, "DELETE FROM lost_fields WHERE record = ? AND feed = ? AND fields = 0"};
    SQLite::Statement put_lost_{database_,
                                "INSERT INTO lost_fields (record, feed, n, fields) VALUES (?, ?, ?, ?)"};
    SQLite::Statement drop_lost_{database_,
                                 "DELETE FROM lost_fields WHERE record = ? AND feed = ? AND n = ?"};
    SQLite::Statement make_feed_{
        database_,
        "INSERT INTO feed (id, area, classification, compartment, checksum) VALUES (?, ?, ?, ?, 0) "
        "ON CONFLICT (id) DO UPDATE SET id = excluded.id RETURNING feed"};
    SQLite::Statement save_checksum_{database_, "UPDATE feed SET checksum = ? WHERE feed = ?"};
    SQLite::Statement find_feed_{database_,
                                 "SELECT max(ifnull((SELECT max(n) FROM layer WHERE feed = ?1), 0), "
                                 "ifnull((SELECT max(n) FROM removal WHERE feed = ?1), 0)), checksum, id "
                                 "FROM feed WHERE feed = ?1"};
    SQLite::Statement find_source_{database_, "SELECT source FROM source WHERE id = ?"};
    SQLite::Statement find_source_id_{database_, "SELECT id FROM source WHERE source = ?"};
    SQLite::Statement find_linked_{database_,
                                   "SELECT DISTINCT record FROM layer WHERE property = ?1 AND record <> ?1"};
};

}  // namespace fieldpost::hub
