#include "daemon/hub/store/records.hpp"

#include <algorithm>
#include <map>

namespace fieldpost::hub {

namespace {

using records::FeedId;
using records::Kind;

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
    Stamp stamp;
    Bytes body;
};

struct StoredRecord {
    Kind kind = records::KIND_UNSET;
    std::int64_t source = 0;
    std::string key;
    std::int64_t version = 0;
    bool deleted = false;
    RecordId property = 0;
    records::LinkMethod link_method = records::LinkMethod::none;
};

Bytes blob(const SQLite::Column& column) {
    return Bytes(static_cast<const char*>(column.getBlob()), static_cast<std::size_t>(column.getBytes()));
}

// Resets a statement when its use ends, also by an exception: an unreset reader would hold the transaction
// open.
class Use {
  public:
    explicit Use(SQLite::Statement& statement) : statement_(statement) {}
    ~Use() { statement_.tryReset(); }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    SQLite::Statement* operator->() { return &statement_; }

  private:
    SQLite::Statement& statement_;
};

}  // namespace

// The statements, and what SQLite says through them. Throws SQLite's exceptions; Records turns them into
// values.
class Records::Rows {
  public:
    explicit Rows(Database& database) : database_(database) {}

    std::optional<StoredRecord> record(RecordId id) {
        Use use(find_record_);
        use->bind(1, id);
        if (!use->executeStep()) return std::nullopt;
        return StoredRecord{static_cast<Kind>(use->getColumn(0).getInt()),
                            use->getColumn(1).getInt64(),
                            use->getColumn(2).getString(),
                            use->getColumn(3).getInt64(),
                            use->getColumn(4).getInt() != 0,
                            use->getColumn(5).getInt64(),
                            static_cast<records::LinkMethod>(use->getColumn(6).getInt())};
    }

    void save_record(RecordId id, const StoredRecord& record) {
        Use use(save_record_);
        use->bind(1, id);
        use->bind(2, record.kind);
        use->bind(3, record.source);
        use->bindNoCopy(4, record.key);
        use->bind(5, record.version);
        use->bind(6, record.deleted ? 1 : 0);
        use->bind(7, record.property);
        use->bind(8, static_cast<int>(record.link_method));
        use->exec();
    }

    std::vector<StoredLayer> layers(RecordId property, Kind kind, RecordId record) {
        std::vector<StoredLayer> out;
        Use use(find_layers_);
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
            out.push_back(std::move(layer));
        }
        return out;
    }

    // One body of each layer: a record of two areas holds each layer twice.
    std::vector<Bytes> bodies(RecordId property, Kind kind, RecordId record) {
        std::vector<Bytes> out;
        Use use(find_bodies_);
        use->bind(1, property);
        use->bind(2, kind);
        use->bind(3, record);
        while (use->executeStep()) out.push_back(blob(use->getColumn(2)));
        return out;
    }

    void put_layer(Kind kind, RecordId record, std::int64_t version, std::int64_t feed, const Stamp& stamp,
                   BytesView body) {
        Use use(put_layer_);
        use->bind(1, stamp.property);
        use->bind(2, kind);
        use->bind(3, record);
        use->bind(4, feed);
        use->bind(5, next_cursor(feed));
        use->bind(6, version);
        use->bind(7, stamp.source);
        use->bind(8, stamp.as_of);
        use->bind(9, static_cast<int>(stamp.method));
        use->bind(10, stamp.confidence);
        use->bindNoCopy(11, body.data(), static_cast<int>(body.size()));
        use->exec();
    }

    void drop_layer(RecordId property, Kind kind, RecordId record, std::int64_t feed) {
        Use use(drop_layer_);
        use->bind(1, property);
        use->bind(2, kind);
        use->bind(3, record);
        use->bind(4, feed);
        use->exec();
    }

    void put_removal(Kind kind, RecordId record, std::int64_t version, std::int64_t feed) {
        Use use(put_removal_);
        use->bind(1, feed);
        use->bind(2, next_cursor(feed));
        use->bind(3, record);
        use->bind(4, kind);
        use->bind(5, version);
        use->exec();
    }

    void drop_removal(RecordId record, std::int64_t feed) {
        Use use(drop_removal_);
        use->bind(1, record);
        use->bind(2, feed);
        use->exec();
    }

    // The row number of a feed, made when it is new; nullopt when that cannot be its name. A rolled-back
    // transaction may have taken a remembered feed away; next_cursor() then finds no row and says so.
    std::optional<std::int64_t> feed(const FeedId& id) {
        if (const auto known = feeds_.find(id); known != feeds_.end()) return known->second;
        if (!records::parse_feed(records::feed_text(id))) return std::nullopt;
        Use use(make_feed_);
        use->bind(1, records::feed_text(id));
        use->bind(2, id.area);
        use->bind(3, static_cast<int>(id.layer.classification));
        use->bind(4, id.layer.compartment);
        if (!use->executeStep()) throw SQLite::Exception("a feed could not be made");
        const std::int64_t number = use->getColumn(0).getInt64();
        use->executeStep();
        return feeds_[id] = number;
    }

    // After a failure the transaction is rolled back, and with it perhaps feeds and sources that were made in
    // it.
    void forget() {
        feeds_.clear();
        sources_.clear();
    }

    std::optional<std::int64_t> source(std::string_view id) {
        if (const auto known = sources_.find(id); known != sources_.end()) return known->second;
        Use use(find_source_);
        use->bind(1, std::string(id));
        if (!use->executeStep()) return std::nullopt;
        return sources_.emplace(id, use->getColumn(0).getInt64()).first->second;
    }

    std::string source_id(std::int64_t row) {
        Use use(find_source_id_);
        use->bind(1, row);
        return use->executeStep() ? use->getColumn(0).getString() : std::string();
    }

    std::vector<RecordId> linked(RecordId property) {
        std::vector<RecordId> out;
        Use use(find_linked_);
        use->bind(1, property);
        while (use->executeStep()) out.push_back(use->getColumn(0).getInt64());
        return out;
    }

  private:
    std::int64_t next_cursor(std::int64_t feed) {
        Use use(next_cursor_);
        use->bind(1, feed);
        if (!use->executeStep()) {
            forget();
            throw SQLite::Exception("a feed was rolled back while it was in use");
        }
        const std::int64_t cursor = use->getColumn(0).getInt64();
        use->executeStep();  // to its end: a statement that is reset before may count as not done
        return cursor;
    }

    Database& database_;
    std::map<FeedId, std::int64_t> feeds_;
    std::map<std::string, std::int64_t, std::less<>> sources_;

    SQLite::Statement find_record_{
        database_,
        "SELECT kind, source, key, version, deleted, property, link_method FROM record WHERE record = ?"};
    SQLite::Statement save_record_{
        database_,
        "INSERT INTO record (record, kind, source, key, version, deleted, property, link_method) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (record) DO UPDATE SET version = excluded.version, deleted = excluded.deleted, "
        "property = excluded.property, link_method = excluded.link_method"};
    SQLite::Statement find_layers_{
        database_,
        "SELECT feed, link_method, link_confidence, source, as_of, body FROM layer "
        "WHERE property = ? AND kind = ? AND record = ?"};
    SQLite::Statement find_bodies_{
        database_,
        "SELECT classification, compartment, body FROM layer JOIN feed USING (feed) "
        "WHERE property = ? AND kind = ? AND record = ? GROUP BY classification, compartment"};
    SQLite::Statement put_layer_{
        database_,
        "INSERT OR REPLACE INTO layer (property, kind, record, feed, n, version, source, as_of, link_method, "
        "link_confidence, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
    SQLite::Statement drop_layer_{
        database_, "DELETE FROM layer WHERE property = ? AND kind = ? AND record = ? AND feed = ?"};
    SQLite::Statement put_removal_{
        database_, "INSERT OR REPLACE INTO removal (feed, n, record, kind, version) VALUES (?, ?, ?, ?, ?)"};
    SQLite::Statement drop_removal_{database_, "DELETE FROM removal WHERE record = ? AND feed = ?"};
    SQLite::Statement make_feed_{
        database_,
        "INSERT INTO feed (id, area, classification, compartment) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET id = excluded.id RETURNING feed"};
    SQLite::Statement next_cursor_{database_,
                                   "UPDATE feed SET cursor = cursor + 1 WHERE feed = ? RETURNING cursor"};
    SQLite::Statement find_source_{database_, "SELECT source FROM source WHERE id = ?"};
    SQLite::Statement find_source_id_{database_, "SELECT id FROM source WHERE source = ?"};
    SQLite::Statement find_linked_{database_,
                                   "SELECT DISTINCT record FROM layer WHERE property = ?1 AND record <> ?1"};
};

namespace {

template <class Rows, class F>
auto guarded(Rows& rows, F&& body) -> std::invoke_result_t<F> {
    try {
        return body();
    } catch (const SQLite::Exception& exception) {
        rows.forget();
        return to_error(exception);
    }
}

}  // namespace

Records::Records(Store& store) : rows_(std::make_unique<Rows>(store.database())) {}
Records::~Records() = default;

Result<Outcome> Records::put(const RecordInput& input) {
    static const records::LabelOverrides no_overrides;
    const auto layers = records::split(*input.message, input.overrides ? *input.overrides : no_overrides);
    return guarded(*rows_, [&]() -> Result<Outcome> {
        const auto source = rows_->source(input.source);
        if (!source)
            return fail(ErrorCode::not_found, "source '" + std::string(input.source) + "' is not known");

        Outcome outcome;
        outcome.record = records::record_id(input.kind, input.source, input.key);
        const bool is_property = input.kind == records::PROPERTY;
        const Stamp stamp{is_property ? outcome.record : input.property,
                          is_property ? records::LinkMethod::self : input.link_method,
                          is_property ? 100 : input.link_confidence, *source, input.as_of};

        const auto before = rows_->record(outcome.record);
        const bool lives = before && !before->deleted;
        std::vector<StoredLayer> gone;  // stored layers that have no place in the record any more
        if (lives) gone = rows_->layers(before->property, input.kind, outcome.record);
        std::vector<std::pair<std::int64_t, const Bytes*>> puts;
        std::vector<std::int64_t>
            moved;  // feeds whose row leaves the old property; the put itself replaces it
        for (const auto& area : input.areas) {
            for (const auto& [layer, body] : layers) {
                const auto feed = rows_->feed({area, layer});
                if (!feed) {
                    return fail(ErrorCode::invalid_argument,
                                "'" + records::feed_text({area, layer}) +
                                    "' is no name for a feed: areas and compartments have 1 to 64 characters "
                                    "of a-z 0-9 _ -");
                }
                const auto old = std::ranges::find(gone, *feed, &StoredLayer::feed);
                if (old == gone.end()) {
                    puts.emplace_back(*feed, &body);
                    continue;
                }
                if (old->body != body || !old->stamp.same_link(stamp)) {
                    puts.emplace_back(*feed, &body);
                    if (old->stamp.property != stamp.property) moved.push_back(*feed);
                }
                gone.erase(old);
            }
        }
        outcome.version = before ? before->version : 0;
        if (lives && puts.empty() && gone.empty()) return outcome;

        outcome.change = lives ? Change::updated : Change::inserted;
        outcome.feed_changes = static_cast<int>(puts.size() + gone.size());
        ++outcome.version;
        for (const auto feed : moved) rows_->drop_layer(before->property, input.kind, outcome.record, feed);
        for (const auto& layer : gone) {
            rows_->drop_layer(before->property, input.kind, outcome.record, layer.feed);
            rows_->put_removal(input.kind, outcome.record, outcome.version, layer.feed);
        }
        for (const auto& [feed, body] : puts) {
            if (before) rows_->drop_removal(outcome.record, feed);
            rows_->put_layer(input.kind, outcome.record, outcome.version, feed, stamp, *body);
        }
        rows_->save_record(outcome.record, {input.kind, *source, std::string(input.key), outcome.version,
                                            false, stamp.property, stamp.method});
        return outcome;
    });
}

Result<Outcome> Records::remove(RecordId record) {
    return guarded(*rows_, [&]() -> Result<Outcome> {
        Outcome outcome;
        outcome.record = record;
        auto stored = rows_->record(record);
        if (!stored || stored->deleted) {
            outcome.version = stored ? stored->version : 0;
            return outcome;
        }
        outcome.version = ++stored->version;
        outcome.change = Change::removed;
        for (const auto& layer : rows_->layers(stored->property, stored->kind, record)) {
            rows_->drop_layer(stored->property, stored->kind, record, layer.feed);
            rows_->put_removal(stored->kind, record, outcome.version, layer.feed);
            ++outcome.feed_changes;
        }
        stored->deleted = true;
        stored->property = 0;
        stored->link_method = records::LinkMethod::none;
        rows_->save_record(record, *stored);
        return outcome;
    });
}

Result<Outcome> Records::relink(RecordId record, RecordId property, records::LinkMethod method,
                                int confidence) {
    return guarded(*rows_, [&]() -> Result<Outcome> {
        auto stored = rows_->record(record);
        if (!stored || stored->deleted) return fail(ErrorCode::not_found, "there is no such record to link");
        if (stored->kind == records::PROPERTY) {
            return fail(ErrorCode::invalid_argument,
                        "a property stands at itself and cannot be linked to another");
        }
        Outcome outcome{record, stored->version, Change::unchanged, 0};
        const auto layers = rows_->layers(stored->property, stored->kind, record);
        for (const auto& layer : layers) {
            Stamp stamp = layer.stamp;
            stamp.property = property;
            stamp.method = method;
            stamp.confidence = confidence;
            if (stamp.same_link(layer.stamp)) continue;
            outcome.version = stored->version + 1;
            rows_->drop_layer(layer.stamp.property, stored->kind, record, layer.feed);
            rows_->put_layer(stored->kind, record, outcome.version, layer.feed, stamp, layer.body);
            ++outcome.feed_changes;
        }
        if (outcome.feed_changes == 0) return outcome;
        outcome.change = Change::updated;
        stored->version = outcome.version;
        stored->property = property;
        stored->link_method = method;
        rows_->save_record(record, *stored);
        return outcome;
    });
}

Result<std::optional<RecordHead>> Records::head(RecordId record) {
    return sql([&]() -> std::optional<RecordHead> {
        const auto stored = rows_->record(record);
        if (!stored) return std::nullopt;
        return RecordHead{stored->kind,       rows_->source_id(stored->source),
                          stored->key,        stored->version,
                          stored->deleted,    stored->property,
                          stored->link_method};
    });
}

Result<std::unique_ptr<google::protobuf::Message>> Records::message(RecordId record) {
    return guarded(*rows_, [&]() -> Result<std::unique_ptr<google::protobuf::Message>> {
        const auto stored = rows_->record(record);
        std::unique_ptr<google::protobuf::Message> whole;
        if (!stored || stored->deleted) return whole;
        whole = records::new_message(stored->kind);
        for (const auto& body : rows_->bodies(stored->property, stored->kind, record)) {
            auto part = records::parse_body(stored->kind, body);
            if (!part) return part.error();
            whole->MergeFrom(**part);
        }
        return whole;
    });
}

Result<std::vector<RecordId>> Records::linked(RecordId property) {
    return sql([&] { return rows_->linked(property); });
}

}  // namespace fieldpost::hub
