#include "sync/snapshot/bulk.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "sync/records/checksum.hpp"
#include "sync/snapshot/entry_keys.hpp"
#include "sync/snapshot/postings.hpp"
#include "sync/snapshot/statement.hpp"

namespace fieldpost::snapshot {

extern const std::string_view indexes_sql;

namespace {

constexpr std::size_t read_at_once = 4096;  // rows
constexpr std::size_t least_samples = 1000;
constexpr std::size_t dictionary_bytes = 16U << 10U;

}  // namespace

BulkLoad::BulkLoad(Database& database, Dictionary& dictionary, SealedLayers& sealed,
                   std::map<records::LayerKey, Bytes> dictionaries, const std::filesystem::path& spool)
    : database_(database),
      dictionary_(dictionary),
      sealed_(sealed),
      dictionaries_(std::move(dictionaries)),
      spool_(spool) {}

BulkLoad::~BulkLoad() {
    if (reading_.valid()) reading_.wait();
}

std::size_t BulkLoad::group_of(const records::LayerRow& row) {
    const records::RecordId property = place_property(row);
    const auto next = static_cast<std::uint32_t>(groups_.size());
    if (property != 0) {
        const auto [known, added] = group_by_property_.try_emplace(property, next);
        if (added) groups_.push_back({property, 0, 0, false});
        return known->second;
    }
    // The layers of a record come one after the other; where they do not, it has several places.
    const bool same = last_unlinked_ == row.record && groups_.back().property == 0 &&
                      groups_.back().rows < unlinked_in_place;
    if (!same) groups_.push_back({0, 0, 0, false});
    last_unlinked_ = row.record;
    return groups_.size() - 1;
}

bool BulkLoad::put(const records::FeedId& feed, const records::LayerRow& row) {
    const std::size_t number = group_of(row);
    Group& group = groups_[number];
    if (group.rows == slots_of_place) return false;
    if (group.rows == 0) group.named = row.kind == records::PROPERTY;
    const std::int64_t at = first_row(static_cast<std::int64_t>(number)) + group.rows++;
    const std::int64_t feed_number = dictionary_.feed(feed);
    spool_.put(static_cast<std::uint32_t>(number),
               {row.record, row.kind, feed_number, row.version, dictionary_.source(row.source), row.as_of,
                static_cast<std::int64_t>(row.link_method), row.link_confidence, row.body});
    checksums_[feed] += records::row_hash(records::feed_text(feed), row.record, row.version);
    held_.push_back({row.record, at, static_cast<std::int32_t>(feed_number), row.kind});
    const records::LayerKey* sealed = nullptr;
    if (sealed_.is_sealed(feed.layer)) {
        const auto layer = samples_.try_emplace(feed.layer).first;
        layer->second.put(row.body);
        sealed = &layer->first;  // stays where it is
    }
    unread_.push_back({at, row.kind, sealed, row.body});
    if (unread_.size() == read_at_once) read_terms();
    return true;
}

void BulkLoad::wait_for_terms() {
    if (reading_.valid()) reading_.get();
}

void BulkLoad::read_terms() {
    wait_for_terms();
    reading_ = std::async(std::launch::async, [this, rows = std::exchange(unread_, {})] {
        for (const Unread& row : rows)
            entries_.gather(row.row, row.kind, term_reader_.read(row.kind, row.body), row.sealed);
    });
}

void BulkLoad::write_checksums() {
    SQLite::Statement save(database_, "UPDATE feed SET checksum = ? WHERE feed = ?");
    for (const auto& [feed, checksum] : checksums_) {
        save.bind(1, static_cast<std::int64_t>(checksum));
        save.bind(2, dictionary_.feed(feed));
        run(save);
    }
}

void BulkLoad::finish() {
    group_by_property_ = {};
    read_terms();
    wait_for_terms();
    const auto in_order = order();
    place_groups(in_order);
    begin_layers();
    write_rows(in_order);
    entries_.write(database_, dictionary_, sealed_, [this](std::int64_t row) { return in_file(row); });
    write_records();
    database_.exec(std::string(indexes_sql));
}

// Neighbours of one street lie together, and so do things of one class: what is looked at at one time is read
// at one time, and likes pack well.
std::vector<std::uint32_t> BulkLoad::order() const {
    const auto orders = entries_.orders(groups_.size());
    std::vector<std::uint32_t> order(groups_.size());
    for (std::uint32_t number = 0; number < order.size(); ++number) order[number] = number;
    std::ranges::sort(order, {}, [&](std::uint32_t number) {
        return std::tuple(groups_[number].property == 0, orders[number], number);
    });
    return order;
}

void BulkLoad::place_groups(const std::vector<std::uint32_t>& order) {
    SQLite::Statement insert(database_, "INSERT INTO other_place (place, property) VALUES (?, nullif(?, 0))");
    std::int64_t place = 0;
    std::int64_t next_slot = slots_of_place;
    bool linked = true;
    for (const std::uint32_t number : order) {
        Group& group = groups_[number];
        const bool joins = group.property == 0 && !linked && next_slot + group.rows <= unlinked_in_place;
        linked = group.property != 0;
        if (!joins) {
            next_slot = 0;
            ++place;
        }
        if (!joins && !group.named) {
            insert.bind(1, place);
            insert.bind(2, group.property);
            run(insert);
        }
        group.first_row = first_row(place) + next_slot;
        next_slot += group.rows;
    }
}

std::int64_t BulkLoad::in_file(std::int64_t row) const {
    return groups_[static_cast<std::size_t>(place_of(row))].first_row + (row & (slots_of_place - 1));
}

void BulkLoad::begin_layers() {
    for (const auto& [key, samples] : samples_) {
        const auto given = dictionaries_.find(key);
        const bool few = samples.kept().size() < least_samples;
        const Bytes learnt = given != dictionaries_.end() || few
                                 ? Bytes()
                                 : train_dictionary(samples.kept(), dictionary_bytes);
        if (!sealed_.to_write(key, given != dictionaries_.end() ? given->second : learnt))
            throw SQLite::Exception("a sealed layer was closed while its file was built", SQLITE_MISUSE);
    }
    for (auto& [key, samples] : samples_) samples = {};
}

void BulkLoad::write_rows(const std::vector<std::uint32_t>& order) {
    SQLite::Statement insert(
        database_,
        "INSERT INTO layer (row, record, kind, feed, version, source, as_of, link_method, "
        "link_confidence, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    struct Sealing {
        std::string feed;
        std::shared_ptr<const SealedLayer> layer;
    };
    std::map<std::int64_t, Sealing> sealing;
    for (const auto& [feed, checksum] : checksums_) {
        if (auto layer = sealed_.open(feed.layer))
            sealing[dictionary_.feed(feed)] = {records::feed_text(feed), std::move(layer)};
    }
    Bytes cell;
    spool_.sort_by_group();
    for (const std::uint32_t number : order) {
        std::int64_t at = groups_[number].first_row;
        for (const SpooledRow& row : spool_.rows(number)) {
            insert.bind(1, at++);
            insert.bind(2, row.record);
            insert.bind(3, row.kind);
            insert.bind(4, row.feed);
            insert.bind(5, row.version);
            insert.bind(6, row.source);
            insert.bind(7, row.as_of);
            insert.bind(8, row.link_method);
            insert.bind(9, row.link_confidence);
            BytesView body = row.body;
            if (const auto sealed = sealing.find(row.feed); sealed != sealing.end()) {
                const auto& [feed, layer] = sealed->second;
                cell = layer->seal_row({feed, row.record, row.version, row.kind}, body);
                body = cell;
            }
            insert.bindNoCopy(10, body.data(), static_cast<int>(body.size()));
            run(insert);
        }
    }
}

// Of each run of rows of a record the first, and each property's place.
void BulkLoad::write_records() {
    for (Held& held : held_) held.row = in_file(held.row);
    std::ranges::sort(held_, {}, [](const Held& held) { return std::tuple(held.record, held.row); });
    std::vector<std::pair<Bytes, std::int64_t>> found;
    std::map<int, std::int64_t> tally;
    std::vector<std::int32_t> feeds;
    for (std::size_t at = 0; at < held_.size(); ++at) {
        const Held& held = held_[at];
        const bool same = at > 0 && held_[at - 1].record == held.record;
        if (!same) {
            ++tally[held.kind];
            feeds.clear();
        }
        if (std::ranges::find(feeds, held.feed) != feeds.end())
            throw SQLite::Exception("a record was put twice on one feed", SQLITE_CONSTRAINT);
        feeds.push_back(held.feed);
        if (!same || held_[at - 1].row + 1 != held.row) found.emplace_back(record_key(held.record), held.row);
    }
    held_ = {};
    for (const Group& group : groups_) {
        if (group.property != 0) found.emplace_back(record_key(group.property), group.first_row);
    }
    std::ranges::sort(found);
    found.erase(std::unique(found.begin(), found.end()), found.end());
    Postings postings(database_, record_table);
    for (auto& [key, row] : found) postings.append({std::move(key), row});
    postings.finish();
    SQLite::Statement insert(database_, "INSERT INTO tally (kind, records) VALUES (?, ?)");
    for (const auto& [kind, records] : tally) {
        insert.bind(1, kind);
        insert.bind(2, records);
        run(insert);
    }
}

}  // namespace fieldpost::snapshot
