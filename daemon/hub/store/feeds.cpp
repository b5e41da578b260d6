#include "daemon/hub/store/feeds.hpp"

#include <sqlite3.h>

#include <optional>

namespace fieldpost::hub {

namespace {

using records::FeedId;

struct KnownFeed {
    std::int64_t row = 0;
    std::int64_t head = 0;
};

// Two seeks at the ends of indexes.
constexpr const char* head_of_feed =
    "max(ifnull((SELECT max(n) FROM layer WHERE layer.feed = feed.feed), 0), "
    "ifnull((SELECT max(n) FROM removal WHERE removal.feed = feed.feed), 0))";

std::optional<KnownFeed> find_feed(Database& database, const FeedId& id) {
    SQLite::Statement find(database, std::string("SELECT feed, ") + head_of_feed + " FROM feed WHERE id = ?");
    find.bind(1, records::feed_text(id));
    if (!find.executeStep()) return std::nullopt;
    return KnownFeed{find.getColumn(0).getInt64(), find.getColumn(1).getInt64()};
}

FeedId feed_of(const SQLite::Column& area, const SQLite::Column& classification,
               const SQLite::Column& compartment) {
    return {area.getString(),
            {static_cast<records::Classification>(classification.getInt()), compartment.getString()}};
}

// The order of columns that read_row expects, from table layer.
constexpr const char* row_columns =
    "layer.property, layer.kind, layer.record, layer.version, layer.as_of, layer.link_method, "
    "layer.link_confidence, layer.body";

void read_row(SQLite::Statement& from, records::LayerRow& row) {
    row.property = from.getColumn(0).getInt64();
    row.kind = static_cast<records::Kind>(from.getColumn(1).getInt());
    row.record = from.getColumn(2).getInt64();
    row.version = from.getColumn(3).getInt64();
    row.as_of = from.getColumn(4).getInt64();
    row.link_method = static_cast<records::LinkMethod>(from.getColumn(5).getInt());
    row.link_confidence = from.getColumn(6).getInt();
    const auto body = from.getColumn(7);
    row.body.assign(static_cast<const char*>(body.getBlob()), static_cast<std::size_t>(body.getBytes()));
}

std::map<std::int64_t, std::string> source_ids(Database& database) {
    std::map<std::int64_t, std::string> out;
    SQLite::Statement all(database, "SELECT source, id FROM source");
    while (all.executeStep()) out.emplace(all.getColumn(0).getInt64(), all.getColumn(1).getString());
    return out;
}

// A feed's puts (removal 0) and removals (1) as one ascending stream.
constexpr const char* range_puts =
    "SELECT property, kind, record, version, as_of, link_method, link_confidence, body, n, source FROM layer "
    "WHERE feed = ? AND n > ? ORDER BY n LIMIT ?";
constexpr const char* range_removals =
    "SELECT n, record, kind, version FROM removal WHERE feed = ? AND n > ? ORDER BY n LIMIT ?";

}  // namespace

Result<std::map<FeedId, engine::FeedPoint>> Feeds::heads() {
    return sql([&] {
        std::map<FeedId, engine::FeedPoint> out;
        SQLite::Statement all(store_.database(), std::string("SELECT area, classification, compartment, ") +
                                                     head_of_feed + ", checksum FROM feed");
        while (all.executeStep()) {
            out.emplace(feed_of(all.getColumn(0), all.getColumn(1), all.getColumn(2)),
                        engine::FeedPoint{static_cast<std::uint64_t>(all.getColumn(3).getInt64()),
                                          static_cast<std::uint64_t>(all.getColumn(4).getInt64())});
        }
        return out;
    });
}

Result<std::map<FeedId, std::uint64_t>> Feeds::purged() {
    return sql([&] {
        std::map<FeedId, std::uint64_t> out;
        SQLite::Statement all(store_.database(),
                              "SELECT area, classification, compartment, purged FROM feed WHERE purged > 0");
        while (all.executeStep()) {
            out.emplace(feed_of(all.getColumn(0), all.getColumn(1), all.getColumn(2)),
                        static_cast<std::uint64_t>(all.getColumn(3).getInt64()));
        }
        return out;
    });
}

Result<std::int64_t> Feeds::head(const FeedId& feed) {
    return sql([&] {
        const auto known = find_feed(store_.database(), feed);
        return known ? known->head : 0;
    });
}

Result<FeedRange> Feeds::range(const FeedId& feed, std::int64_t after, std::size_t limit,
                               std::size_t byte_limit) {
    FeedRange range;
    std::int64_t head = 0;
    auto read = sql([&] {
        // Head and rows must be of one moment.
        std::optional<SQLite::Transaction> moment;
        if (sqlite3_get_autocommit(store_.database().getHandle()) != 0) moment.emplace(store_.database());
        const auto known = find_feed(store_.database(), feed);
        head = known ? known->head : 0;
        range.through = after;
        if (!known || after >= head) return;

        const auto sources = source_ids(store_.database());
        const auto rows = static_cast<std::int64_t>(limit);
        SQLite::Statement puts(store_.database(), range_puts);
        puts.bind(1, known->row);
        puts.bind(2, after);
        puts.bind(3, rows);
        SQLite::Statement removals(store_.database(), range_removals);
        removals.bind(1, known->row);
        removals.bind(2, after);
        removals.bind(3, rows);

        bool has_put = puts.executeStep();
        bool has_removal = removals.executeStep();
        std::size_t bytes = 0;
        while (has_put || has_removal) {
            if (range.changes.size() == limit || (bytes >= byte_limit && !range.changes.empty())) {
                range.more = true;
                break;
            }
            FeedChange change;
            change.row.layer = feed.layer;
            change.remove =
                has_removal && (!has_put || removals.getColumn(0).getInt64() < puts.getColumn(8).getInt64());
            if (change.remove) {
                change.n = removals.getColumn(0).getInt64();
                change.row.record = removals.getColumn(1).getInt64();
                change.row.kind = static_cast<records::Kind>(removals.getColumn(2).getInt());
                change.row.version = removals.getColumn(3).getInt64();
                has_removal = removals.executeStep();
            } else {
                change.n = puts.getColumn(8).getInt64();
                read_row(puts, change.row);
                if (const auto id = sources.find(puts.getColumn(9).getInt64()); id != sources.end()) {
                    change.row.source = id->second;
                }
                bytes += change.row.body.size();
                has_put = puts.executeStep();
            }
            range.through = change.n;
            range.changes.push_back(std::move(change));
        }
        // Both streams were read to their end or to the limit; at the limit there may be more, and the next
        // call sees.
        if (!range.more && range.changes.size() < limit) range.through = head;
        range.more = range.through < head;
    });
    if (!read) return read.error();
    if (after > head) {
        return fail(ErrorCode::conflict, "cursor " + std::to_string(after) + " of feed " +
                                             records::feed_text(feed) + " is beyond its head " +
                                             std::to_string(head));
    }
    return range;
}

Status Feeds::for_each_row(const std::set<FeedId>& feeds, const RowCallback& row) {
    try {
        Database& database = store_.database();
        std::map<std::int64_t, FeedId> wanted;
        for (const auto& feed : feeds) {
            if (const auto known = find_feed(database, feed)) wanted.emplace(known->row, feed);
        }
        const auto sources = source_ids(database);
        SQLite::Statement all(database, std::string("SELECT ") + row_columns +
                                            ", layer.feed, layer.source FROM layer "
                                            "ORDER BY layer.property, layer.kind, layer.record, layer.feed");
        records::LayerRow current;
        while (all.executeStep()) {
            const auto feed = wanted.find(all.getColumn(8).getInt64());
            if (feed == wanted.end()) continue;
            read_row(all, current);
            current.layer = feed->second.layer;
            const auto source = sources.find(all.getColumn(9).getInt64());
            current.source = source == sources.end() ? std::string() : source->second;
            if (auto done = row(feed->second, current); !done) return done.error();
        }
        return ok();
    } catch (const SQLite::Exception& exception) {
        return to_error(exception);
    }
}

Result<std::vector<std::pair<FeedId, records::LayerRow>>> Feeds::rows_of(records::RecordId record) {
    return sql([&] {
        std::vector<std::pair<FeedId, records::LayerRow>> out;
        SQLite::Statement rows(
            store_.database(),
            std::string("SELECT ") + row_columns +
                ", feed.area, feed.classification, feed.compartment, source.id FROM record "
                "JOIN layer ON layer.property = record.property AND layer.kind = record.kind AND "
                "layer.record = record.record JOIN feed ON feed.feed = layer.feed "
                "JOIN source ON source.source = layer.source WHERE record.record = ? AND NOT record.deleted");
        rows.bind(1, record);
        while (rows.executeStep()) {
            FeedId feed = feed_of(rows.getColumn(8), rows.getColumn(9), rows.getColumn(10));
            records::LayerRow row;
            read_row(rows, row);
            row.layer = feed.layer;
            row.source = rows.getColumn(11).getString();
            out.emplace_back(std::move(feed), std::move(row));
        }
        return out;
    });
}

}  // namespace fieldpost::hub
