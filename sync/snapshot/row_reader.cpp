#include "sync/snapshot/row_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "sync/snapshot/entry_keys.hpp"
#include "sync/snapshot/layout.hpp"
#include "sync/snapshot/statement.hpp"

namespace fieldpost::snapshot {

namespace {

constexpr std::string_view columns =
    "SELECT row, record, kind, feed, version, source, as_of, link_method, link_confidence, body FROM layer ";

// A property's own rows are looked for among so many of its place.
constexpr int place_looked_through = 64;

std::string select(std::string_view where) {
    return std::string(columns) + std::string(where);
}

// ?1 and ?2: first and last row of the place, ?3 its property, ?4 how many.
std::string select_by_need() {
    return select(
        fmt::format("WHERE row IN (SELECT row FROM layer WHERE row BETWEEN ?1 AND ?2 ORDER BY record <> ?3, "
                    "kind NOT IN ({}, {}, {}), row_number() OVER (PARTITION BY kind ORDER BY as_of DESC, "
                    "record, row), kind "
                    "LIMIT ?4)",
                    static_cast<int>(records::HAZARD), static_cast<int>(records::PREPLAN),
                    static_cast<int>(records::INCIDENT)));
}

}  // namespace

RowReader::RowReader(Database& database, SealedLayers& sealed)
    : sealed_(sealed),
      by_record_(database, record_table),
      data_version_(database, "PRAGMA data_version"),
      by_row_(database, select("WHERE row = ?")),
      run_(database, select("WHERE row >= ? ORDER BY row")),
      by_place_(database, select("WHERE row BETWEEN ? AND ? ORDER BY row LIMIT ?")),
      by_need_(database, select_by_need()),
      place_property_(database, property_of_place),
      all_feeds_(database, "SELECT feed, id FROM feed"),
      all_sources_(database, "SELECT source, id FROM source") {}

bool RowReader::refresh() {
    const ResetAtEnd reset(data_version_);
    data_version_.executeStep();
    const std::int64_t version = data_version_.getColumn(0).getInt64();
    if (version == seen_version_) return false;
    by_record_.forget();
    last_place_ = {-1, 0};
    sealed_.refresh();
    feeds_.clear();
    std::set<records::LayerKey> layers;
    shared_layers_ = false;
    const ResetAtEnd reset_feeds(all_feeds_);
    while (all_feeds_.executeStep()) {
        auto feed = records::parse_feed(all_feeds_.getColumn(1).getString());
        if (!feed) continue;
        shared_layers_ |= !layers.insert(feed->layer).second;
        feeds_.emplace(all_feeds_.getColumn(0).getInt64(), std::move(*feed));
    }
    sources_.clear();
    const ResetAtEnd reset_sources(all_sources_);
    while (all_sources_.executeStep()) {
        sources_.emplace(all_sources_.getColumn(0).getInt64(), all_sources_.getColumn(1).getString());
    }
    seen_version_ = version;
    return true;
}

StoredRow RowReader::take(SQLite::Statement& statement, records::RecordId property) {
    StoredRow out;
    out.row = statement.getColumn(0).getInt64();
    out.feed = statement.getColumn(3).getInt64();
    records::LayerRow& layer = out.layer;
    layer.record = statement.getColumn(1).getInt64();
    layer.kind = static_cast<records::Kind>(statement.getColumn(2).getInt());
    const auto feed = feeds_.find(out.feed);
    if (feed != feeds_.end()) layer.layer = feed->second.layer;
    layer.version = statement.getColumn(4).getInt64();
    if (const auto source = sources_.find(statement.getColumn(5).getInt64()); source != sources_.end()) {
        layer.source = source->second;
    }
    layer.as_of = statement.getColumn(6).getInt64();
    layer.link_method = static_cast<records::LinkMethod>(statement.getColumn(7).getInt());
    layer.link_confidence = statement.getColumn(8).getInt();
    layer.property = property;
    const BytesView stored = bytes_of(statement.getColumn(9));
    if (!sealed_.is_sealed(layer.layer)) {
        layer.body = stored;
    } else if (const auto open = sealed_.open(layer.layer); open && feed != feeds_.end()) {
        const std::string name = records::feed_text(feed->second);
        layer.body = open->open_row({name, layer.record, layer.version, layer.kind}, stored);
    } else {
        out.closed = true;
    }
    return out;
}

records::RecordId RowReader::property_at(std::int64_t row) {
    const std::int64_t place = place_of(row);
    if (last_place_.first == place) return last_place_.second;
    place_property_.bind(1, place);
    place_property_.bind(2, first_row(place));
    const ResetAtEnd reset(place_property_);
    last_place_ = {place, place_property_.executeStep() ? place_property_.getColumn(0).getInt64() : 0};
    return last_place_.second;
}

std::optional<StoredRow> RowReader::bare_row(std::int64_t row) {
    by_row_.bind(1, row);
    const ResetAtEnd reset(by_row_);
    if (!by_row_.executeStep()) return std::nullopt;
    return take(by_row_, 0);
}

std::optional<StoredRow> RowReader::row(std::int64_t row) {
    auto out = bare_row(row);
    if (!out) return out;
    const bool is_property = out->layer.kind == records::PROPERTY;
    out->layer.property = is_property ? out->layer.record : property_at(row);
    return out;
}

// All rows of a property are in its place, the first of them first. nullopt when the place begins with
// something else, or has too much in it to look through.
std::optional<std::vector<StoredRow>> RowReader::property_in_place(std::int64_t place) {
    by_place_.bind(1, first_row(place));
    by_place_.bind(2, last_row(place));
    by_place_.bind(3, place_looked_through);
    const ResetAtEnd reset(by_place_);
    std::vector<StoredRow> out;
    int looked_at = 0;
    for (; by_place_.executeStep(); ++looked_at) {
        const records::RecordId record = by_place_.getColumn(1).getInt64();
        if (out.empty()) {
            if (by_place_.getColumn(0).getInt64() != first_row(place)) return std::nullopt;
            if (by_place_.getColumn(2).getInt() != records::PROPERTY) return std::nullopt;
        } else if (record != out.front().layer.record) {
            continue;
        }
        out.push_back(take(by_place_, record));
    }
    if (looked_at == 0 || looked_at == place_looked_through) return std::nullopt;
    return out;
}

std::vector<StoredRow> RowReader::record_of_row(std::int64_t row) {
    const bool is_first = row == first_row(place_of(row));
    if (is_first) {
        if (auto rows = property_in_place(place_of(row))) return std::move(*rows);
    }
    const auto stored = bare_row(row);
    if (!stored) return {};
    if (stored->layer.kind == records::PROPERTY && !is_first) {
        auto rows = property_in_place(place_of(row));
        if (rows && rows->front().layer.record == stored->layer.record) return std::move(*rows);
    }
    return record(stored->layer.record);
}

std::vector<StoredRow> RowReader::property_of_row(std::int64_t row) {
    if (auto rows = property_in_place(place_of(row))) return std::move(*rows);
    const records::RecordId property = property_at(row);
    return property == 0 ? std::vector<StoredRow>() : record(property);
}

std::vector<StoredRow> RowReader::record(records::RecordId record) {
    const Bytes key = record_key(record);
    std::vector<StoredRow> out;
    for (auto at = by_record_.seek(key); at && at.key() == key; by_record_.next(at)) {
        if (!out.empty() && out.back().row >= at.row()) continue;  // a run that began before
        run_.bind(1, at.row());
        const ResetAtEnd reset(run_);
        std::int64_t next = at.row();
        while (run_.executeStep() && run_.getColumn(0).getInt64() == next &&
               run_.getColumn(1).getInt64() == record) {
            out.push_back(take(run_, property_at(next)));
            ++next;
        }
    }
    return out;
}

std::optional<std::int64_t> RowReader::place_of_property(records::RecordId property) {
    const Bytes key = record_key(property);
    for (auto at = by_record_.seek(key); at && at.key() == key; by_record_.next(at)) {
        if (at.row() == first_row(place_of(at.row())) && property_at(at.row()) == property)
            return place_of(at.row());
    }
    return std::nullopt;
}

std::vector<StoredRow> RowReader::most_needed(records::RecordId property, std::size_t limit) {
    std::vector<StoredRow> out;
    const auto place = place_of_property(property);
    if (!place) return out;
    by_need_.bind(1, first_row(*place));
    by_need_.bind(2, last_row(*place));
    by_need_.bind(3, property);
    by_need_.bind(4, static_cast<std::int64_t>(limit));
    const ResetAtEnd reset(by_need_);
    while (by_need_.executeStep()) out.push_back(take(by_need_, property));
    return out;
}

std::vector<StoredRow> RowReader::property(records::RecordId property, std::size_t limit) {
    std::vector<StoredRow> out;
    const auto place = place_of_property(property);
    if (!place) return out;
    by_place_.bind(1, first_row(*place));
    by_place_.bind(2, last_row(*place));
    by_place_.bind(3, static_cast<std::int64_t>(limit));
    const ResetAtEnd reset(by_place_);
    while (by_place_.executeStep()) out.push_back(take(by_place_, property));
    return out;
}

bool RowReader::superseded(const StoredRow& row) {
    if (!shared_layers_) return false;
    return std::ranges::any_of(record(row.layer.record), [&](const StoredRow& other) {
        return other.layer.layer == row.layer.layer && other.layer.version > row.layer.version;
    });
}

void keep_newest(std::vector<StoredRow>& rows) {
    std::map<std::pair<records::RecordId, records::LayerKey>, std::pair<std::int64_t, std::int64_t>> newest;
    for (const StoredRow& row : rows) {
        const std::pair rank(row.layer.version,
                             -row.feed);  // one feed, always the same, where versions are equal
        const auto [best, first] = newest.try_emplace({row.layer.record, row.layer.layer}, rank);
        if (!first && best->second < rank) best->second = rank;
    }
    std::erase_if(rows, [&](const StoredRow& row) {
        return row.closed ||
               newest.at({row.layer.record, row.layer.layer}) != std::pair(row.layer.version, -row.feed);
    });
}

}  // namespace fieldpost::snapshot
