#include "sync/snapshot/changes.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include "sync/records/checksum.hpp"
#include "sync/snapshot/entry_keys.hpp"
#include "sync/snapshot/statement.hpp"

namespace fieldpost::snapshot {

namespace {

// First column of the first row; 0 when there is none (no id or row number of ours is 0).
std::int64_t one(SQLite::Statement& statement) {
    const ResetAtEnd reset(statement);
    return statement.executeStep() ? statement.getColumn(0).getInt64() : 0;
}

constexpr std::int64_t any_feed = -1;

}  // namespace

Changes::Changes(Database& database, Dictionary& dictionary, SealedLayers& sealed)
    : database_(database),
      dictionary_(dictionary),
      sealed_(sealed),
      entries_(database, dictionary),
      by_record_(database, record_table),
      find_run_(database,
                "SELECT row, record, feed, version, kind, body FROM layer WHERE row >= ? ORDER BY row"),
      find_record_at_(database, "SELECT record FROM layer WHERE row = ?"),
      find_property_(database, property_of_place),
      find_last_row_(database, "SELECT max(row) FROM layer WHERE row BETWEEN ? AND ?"),
      find_gap_(database,
                "SELECT row - 1 FROM layer AS next WHERE row BETWEEN ?1 + 1 AND ?2 AND NOT EXISTS "
                "(SELECT 1 FROM layer WHERE row = next.row - 1) LIMIT 1"),
      find_unlinked_(database, "SELECT max(place) FROM other_place WHERE property IS NULL"),
      find_last_place_(database,
                       "SELECT max(ifnull((SELECT max(row) FROM layer) >> 20, 0), "
                       "ifnull((SELECT max(place) FROM other_place), 0))"),
      insert_place_(database, "INSERT OR IGNORE INTO other_place (place, property) VALUES (?, nullif(?, 0))"),
      delete_place_(database, "DELETE FROM other_place WHERE place = ?"),
      insert_layer_(database,
                    "INSERT INTO layer (row, record, kind, feed, version, source, as_of, link_method, "
                    "link_confidence, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      update_layer_(database,
                    "UPDATE layer SET kind = ?, version = ?, source = ?, as_of = ?, link_method = ?, "
                    "link_confidence = ?, body = ? WHERE row = ?"),
      delete_layer_(database, "DELETE FROM layer WHERE row = ?"),
      count_(database,
             "INSERT INTO tally (kind, records) VALUES (?1, ?2) "
             "ON CONFLICT (kind) DO UPDATE SET records = records + ?2") {}

bool Changes::put(const records::FeedId& feed, const records::LayerRow& row) {
    const std::int64_t feed_number = dictionary_.feed(feed);
    const Sealing sealed = sealing(feed);
    auto before = held(row.record, feed_number);
    if (before && before->version > row.version) return true;
    const auto replaced = before ? std::optional(before->version) : std::nullopt;
    const records::RecordId property = place_property(row);
    if (before && !stands_at(before->row, property)) {
        erase(sealed, row.record, *before);
        before.reset();
    }
    const lookup::Terms terms = term_reader_.read(row.kind, row.body);
    Bytes cell;
    if (sealed.layer)
        cell = sealed.layer->seal_row({sealed.feed, row.record, row.version, row.kind}, row.body);
    const Bytes& body = sealed.layer ? cell : row.body;
    if (before) {
        update_layer_.bind(1, static_cast<int>(row.kind));
        update_layer_.bind(2, row.version);
        update_layer_.bind(3, dictionary_.source(row.source));
        update_layer_.bind(4, row.as_of);
        update_layer_.bind(5, static_cast<int>(row.link_method));
        update_layer_.bind(6, row.link_confidence);
        update_layer_.bindNoCopy(7, body.data(), static_cast<int>(body.size()));
        update_layer_.bind(8, before->row);
        run(update_layer_);
        count_row(feed_number, feed, row.record, replaced, row.version);
        if (before->kind == row.kind && plain(sealed, row.record, *before) == row.body) return true;
        replace_entries(sealed, before->row, row.kind, terms_of(sealed, row.record, *before), terms);
        return true;
    }
    const std::int64_t at = take_row(property);
    if (at == 0) return false;
    if (!any_row_of(row.record)) count(row.kind, 1);
    insert_layer_.bind(1, at);
    insert_layer_.bind(2, row.record);
    insert_layer_.bind(3, static_cast<int>(row.kind));
    insert_layer_.bind(4, feed_number);
    insert_layer_.bind(5, row.version);
    insert_layer_.bind(6, dictionary_.source(row.source));
    insert_layer_.bind(7, row.as_of);
    insert_layer_.bind(8, static_cast<int>(row.link_method));
    insert_layer_.bind(9, row.link_confidence);
    insert_layer_.bindNoCopy(10, body.data(), static_cast<int>(body.size()));
    run(insert_layer_);
    by_record_.add({record_key(row.record), at});
    const std::int64_t place = place_of(at);
    if (row.kind == records::PROPERTY && at == first_row(place))
        unname_place(place);  // the row says it from now on
    count_row(feed_number, feed, row.record, replaced, row.version);
    replace_entries(sealed, at, row.kind, {}, terms);
    return true;
}

void Changes::remove(const records::FeedId& feed, records::RecordId record, std::int64_t version) {
    const std::int64_t number = dictionary_.known_feed(feed);
    const auto before = held(record, number);
    if (!before || before->version > version) return;
    erase(sealing(feed), record, *before);
    count_row(number, feed, record, before->version, std::nullopt);
}

void Changes::remove_feed(const records::FeedId& feed) {
    const std::int64_t number = dictionary_.known_feed(feed);
    if (number == 0) return;
    std::vector<records::RecordId> records;
    {
        SQLite::Statement all(database_, "SELECT record FROM layer WHERE feed = ?");
        all.bind(1, number);
        while (all.executeStep()) records.push_back(all.getColumn(0).getInt64());
    }
    const bool is_sealed = sealed_.is_sealed(feed.layer);
    const bool is_last = is_sealed && !other_feed_has(feed.layer, feed);
    const Sealing sealed = sealing(feed);
    const bool with_entries = !is_sealed || (sealed.layer && !is_last);
    for (const records::RecordId record : records) {
        if (const auto before = held(record, number)) erase(sealed, record, *before, with_entries);
    }
    if (!with_entries) forget_entries(feed.layer);
    if (is_last) sealed_.forget_layer(feed.layer);
    SQLite::Statement forget(database_, "DELETE FROM feed WHERE feed = ?");
    forget.bind(1, number);
    forget.exec();
    moved_.erase(number);
    dictionary_.reload();
}

void Changes::count_row(std::int64_t number, const records::FeedId& feed, records::RecordId record,
                        std::optional<std::int64_t> before, std::optional<std::int64_t> now) {
    if (before == now) return;
    const std::string text = records::feed_text(feed);
    std::uint64_t& moved = moved_[number];
    if (before) moved -= records::row_hash(text, record, *before);
    if (now) moved += records::row_hash(text, record, *now);
}

void Changes::write_checksums() {
    SQLite::Statement find(database_, "SELECT checksum FROM feed WHERE feed = ?");
    SQLite::Statement save(database_, "UPDATE feed SET checksum = ? WHERE feed = ?");
    for (const auto& [number, moved] : moved_) {
        find.bind(1, number);
        const auto checksum = static_cast<std::uint64_t>(one(find)) + moved;
        save.bind(1, static_cast<std::int64_t>(checksum));
        save.bind(2, number);
        run(save);
    }
    moved_.clear();
}

void Changes::count_checksums() {
    std::map<std::int64_t, std::string> feeds;
    SQLite::Statement ids(database_, "SELECT feed, id FROM feed");
    while (ids.executeStep()) feeds[ids.getColumn(0).getInt64()] = ids.getColumn(1).getString();
    database_.exec("UPDATE feed SET checksum = 0");
    SQLite::Statement rows(database_, "SELECT feed, record, version FROM layer");
    while (rows.executeStep()) {
        const std::int64_t number = rows.getColumn(0).getInt64();
        moved_[number] +=
            records::row_hash(feeds[number], rows.getColumn(1).getInt64(), rows.getColumn(2).getInt64());
    }
    write_checksums();
}

void Changes::renew_entries() {
    entries_.clear();
    std::set<std::int64_t> sealed_feeds;
    for (const auto& [feed, number] : dictionary_.feeds()) {
        if (sealed_.is_sealed(feed.layer)) sealed_feeds.insert(number);
    }
    SQLite::Statement all(database_, "SELECT row, kind, body, feed FROM layer ORDER BY row");
    while (all.executeStep()) {
        if (sealed_feeds.contains(all.getColumn(3).getInt64())) continue;
        const auto kind = static_cast<records::Kind>(all.getColumn(1).getInt());
        entries_.add(all.getColumn(0).getInt64(), kind, term_reader_.read(kind, bytes_of(all.getColumn(2))));
    }
    for (const records::LayerKey& layer : sealed_.all()) {
        forget_entries(layer);
        sealed_.set_stale(layer, true);
    }
    renew_stale();
}

void Changes::renew_stale() {
    for (const records::LayerKey& layer : sealed_.stale()) {
        if (!sealed_.open(layer)) continue;
        renew_sealed(layer);
        sealed_.set_stale(layer, false);
    }
}

void Changes::renew_sealed(const records::LayerKey& layer) {
    forget_entries(layer);
    SQLite::Statement all(database_, "SELECT row, record, version, kind, body FROM layer WHERE feed = ?");
    for (const auto& [feed, number] : dictionary_.feeds()) {
        if (feed.layer != layer) continue;
        const Sealing sealed = sealing(feed);
        all.bind(1, number);
        const ResetAtEnd reset(all);
        while (all.executeStep()) {
            const Held held{all.getColumn(0).getInt64(), all.getColumn(2).getInt64(),
                            static_cast<records::Kind>(all.getColumn(3).getInt()),
                            Bytes(bytes_of(all.getColumn(4)))};
            sealed.lists->replace(held.row, {}, terms_of(sealed, all.getColumn(1).getInt64(), held));
        }
    }
}

void Changes::forget_entries(const records::LayerKey& layer) {
    const auto number = sealed_.number(layer);
    if (!number) return;
    SealedBlocks::clear(database_, *number);
    lists_.erase(*number);
    sealed_.set_stale(layer, true);
}

bool Changes::other_feed_has(const records::LayerKey& layer, const records::FeedId& feed) const {
    return std::ranges::any_of(dictionary_.feeds(), [&](const auto& each) {
        return each.first.layer == layer && each.first != feed;
    });
}

Changes::Sealing Changes::sealing(const records::FeedId& feed) {
    Sealing out;
    out.layer = sealed_.to_write(feed.layer);
    if (!out.layer) return out;
    out.feed = records::feed_text(feed);
    auto& [layer, lists] = lists_[out.layer->number()];
    if (layer != out.layer) {
        layer = out.layer;
        lists = std::make_unique<SealedLists>(database_, layer);
    }
    out.lists = lists.get();
    return out;
}

Bytes Changes::plain(const Sealing& sealing, records::RecordId record, const Held& held) {
    if (!sealing.layer) return held.body;
    return sealing.layer->open_row({sealing.feed, record, held.version, held.kind}, held.body);
}

lookup::Terms Changes::terms_of(const Sealing& sealing, records::RecordId record, const Held& held) {
    return term_reader_.read(held.kind, plain(sealing, record, held));
}

void Changes::replace_entries(const Sealing& sealing, std::int64_t row, records::Kind kind,
                              const lookup::Terms& before, const lookup::Terms& after) {
    if (sealing.layer) {
        sealing.lists->replace(row, before, after);
    } else {
        entries_.replace(row, kind, before, after);
    }
}

std::optional<Changes::Held> Changes::held(records::RecordId record, std::int64_t feed) {
    const Bytes key = record_key(record);
    for (auto at = by_record_.seek(key); at && at.key() == key; by_record_.next(at)) {
        find_run_.bind(1, at.row());
        const ResetAtEnd reset(find_run_);
        for (std::int64_t row = at.row(); find_run_.executeStep(); ++row) {
            if (find_run_.getColumn(0).getInt64() != row || find_run_.getColumn(1).getInt64() != record)
                break;
            if (feed != any_feed && find_run_.getColumn(2).getInt64() != feed) continue;
            return Held{row, find_run_.getColumn(3).getInt64(),
                        static_cast<records::Kind>(find_run_.getColumn(4).getInt()),
                        Bytes(bytes_of(find_run_.getColumn(5)))};
        }
    }
    return std::nullopt;
}

records::RecordId Changes::property_of(std::int64_t place) {
    find_property_.bind(1, place);
    find_property_.bind(2, first_row(place));
    return one(find_property_);  // NULL, the unlinked, reads as 0
}

records::RecordId Changes::record_at(std::int64_t row) {
    find_record_at_.bind(1, row);
    return one(find_record_at_);
}

std::int64_t Changes::known_place(records::RecordId property) {
    const Bytes key = record_key(property);
    for (auto at = by_record_.seek(key); at && at.key() == key; by_record_.next(at)) {
        const std::int64_t place = place_of(at.row());
        if (at.row() == first_row(place) && property_of(place) == property) return place;
    }
    return 0;
}

std::int64_t Changes::new_place(records::RecordId property) {
    const std::int64_t place = one(find_last_place_) + 1;
    name_place(place, property);
    if (property != 0) by_record_.add({record_key(property), first_row(place)});
    return place;
}

void Changes::name_place(std::int64_t place, records::RecordId property) {
    insert_place_.bind(1, place);
    insert_place_.bind(2, property);
    run(insert_place_);
}

void Changes::unname_place(std::int64_t place) {
    delete_place_.bind(1, place);
    run(delete_place_);
}

std::int64_t Changes::place_for(records::RecordId property) {
    const std::int64_t known = property == 0 ? one(find_unlinked_) : known_place(property);
    return known != 0 ? known : new_place(property);
}

std::int64_t Changes::free_row(std::int64_t place) {
    find_last_row_.bind(1, first_row(place));
    find_last_row_.bind(2, last_row(place));
    const std::int64_t last = one(find_last_row_);
    if (last == 0) return first_row(place);
    if (last < last_row(place)) return last + 1;
    find_gap_.bind(1, first_row(place));
    find_gap_.bind(2, last_row(place));
    return one(find_gap_);
}

std::int64_t Changes::take_row(records::RecordId property) {
    if (property != 0) return free_row(place_for(property));
    const std::int64_t place = place_for(0);
    const std::int64_t row = free_row(place);
    const bool full = row == 0 || row - first_row(place) >= unlinked_in_place;
    return full ? first_row(new_place(0)) : row;
}

void Changes::erase(const Sealing& sealing, records::RecordId record, const Held& held, bool with_entries) {
    if (with_entries)
        replace_entries(sealing, held.row, records::KIND_UNSET, terms_of(sealing, record, held), {});
    const std::int64_t place = place_of(held.row);
    if (held.kind == records::PROPERTY && held.row == first_row(place)) name_place(place, record);
    delete_layer_.bind(1, held.row);
    run(delete_layer_);
    forget_row(held.row, record);
    if (!any_row_of(record)) count(held.kind, -1);
    forget_empty_place(place);
}

// The row behind it may have been found as one of the run that this row was in.
void Changes::forget_row(std::int64_t row, records::RecordId record) {
    const bool names_place = row == first_row(place_of(row)) && property_of(place_of(row)) == record;
    if (!names_place) by_record_.remove({record_key(record), row});
    if (record_at(row + 1) == record) by_record_.add({record_key(record), row + 1});
}

void Changes::forget_empty_place(std::int64_t place) {
    find_last_row_.bind(1, first_row(place));
    find_last_row_.bind(2, last_row(place));
    if (one(find_last_row_) != 0) return;
    if (const records::RecordId property = property_of(place); property != 0)
        by_record_.remove({record_key(property), first_row(place)});
    unname_place(place);
}

void Changes::forget() {
    moved_.clear();
    by_record_.forget();
    entries_.forget();
    lists_.clear();
}

void Changes::count(records::Kind kind, int by) {
    count_.bind(1, static_cast<int>(kind));
    count_.bind(2, by);
    run(count_);
}

bool Changes::any_row_of(records::RecordId record) {
    return held(record, any_feed).has_value();
}

}  // namespace fieldpost::snapshot
