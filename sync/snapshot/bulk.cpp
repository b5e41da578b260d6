#include "sync/snapshot/bulk.hpp"

#include <algorithm>
#include <string_view>
#include <tuple>

#include "sync/records/checksum.hpp"
#include "sync/snapshot/statement.hpp"

namespace fieldpost::snapshot {

extern const std::string_view indexes_sql;

BulkLoad::BulkLoad(Database& database, Dictionary& dictionary)
    : database_(database),
      dictionary_(dictionary),
      insert_place_(database, "INSERT INTO place (place, property) VALUES (?, ?)"),
      insert_layer_(database,
                    "INSERT INTO layer (row, record, kind, feed, version, source, as_of, link_method, "
                    "link_confidence, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)") {}

std::int64_t BulkLoad::new_place(records::RecordId property) {
    insert_place_.bind(1, ++last_place_);
    if (property == 0) {
        insert_place_.bind(2);
    } else {
        insert_place_.bind(2, property);
    }
    run(insert_place_);
    return last_place_;
}

std::int64_t BulkLoad::take_row(records::RecordId property) {
    Place& place = property == 0 ? unlinked_ : places_[property];
    if (place.place == 0 || (property == 0 && place.next_slot == slots_of_place))
        place = {new_place(property), 0};
    if (place.next_slot == slots_of_place) return 0;
    return first_row(place.place) + place.next_slot++;
}

bool BulkLoad::put(const records::FeedId& feed, const records::LayerRow& row) {
    const std::int64_t at = take_row(place_property(row));
    if (at == 0) return false;
    insert_layer_.bind(1, at);
    insert_layer_.bind(2, row.record);
    insert_layer_.bind(3, static_cast<int>(row.kind));
    insert_layer_.bind(4, dictionary_.feed(feed));
    insert_layer_.bind(5, row.version);
    insert_layer_.bind(6, dictionary_.source(row.source));
    insert_layer_.bind(7, row.as_of);
    insert_layer_.bind(8, static_cast<int>(row.link_method));
    insert_layer_.bind(9, row.link_confidence);
    insert_layer_.bindNoCopy(10, row.body.data(), static_cast<int>(row.body.size()));
    run(insert_layer_);
    checksums_[feed] += records::row_hash(records::feed_text(feed), row.record, row.version);
    records_[row.kind].push_back(row.record);
    gather(at, row.kind, term_reader_.read(row.kind, row.body));
    return true;
}

void BulkLoad::gather(std::int64_t row, records::Kind kind, const lookup::Terms& terms) {
    for (const auto& term : terms.addresses) {
        addresses_.push_back(
            {street_number(term.street), term.high, term.number, part_number(term.part), row});
    }
    for (const auto& term : terms.exact) {
        terms_.push_back(keep(term.key, static_cast<std::uint32_t>(term.kind), row));
    }
    if (!terms.names.empty()) {
        std::string words;
        for (const std::string& word : terms.words()) {
            ++words_[word];
            words += (words.empty() ? "" : " ") + word;
        }
        names_.push_back(keep(words, 0, row));
    }
    if (terms.spot) {
        const auto& spot = *terms.spot;
        const std::int64_t number = dictionary_.spot_class(spot.spot_class, kind);
        spots_.push_back(
            {row, spot.south, spot.north, spot.west, spot.east, static_cast<std::int32_t>(number)});
    }
}

std::uint32_t BulkLoad::street_number(const lookup::Street& street) {
    const auto next = static_cast<std::uint32_t>(streets_.size() + 1);
    return streets_.try_emplace(street, next).first->second;
}

std::uint32_t BulkLoad::part_number(const std::string& part) {
    const auto [known, added] = part_numbers_.try_emplace(part, static_cast<std::uint32_t>(parts_.size()));
    if (added) parts_.push_back(part);
    return known->second;
}

BulkLoad::Text BulkLoad::keep(std::string_view text, std::uint32_t kind, std::int64_t row) {
    const Text kept{text_.size(), static_cast<std::uint32_t>(text.size()), kind, row};
    text_.append(text);
    return kept;
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
    places_ = {};
    write_addresses();
    write_terms();
    write_names();
    write_words();
    pack_spots(database_, std::move(spots_));
    database_.exec(std::string(indexes_sql));
    write_tallies();
}

void BulkLoad::write_addresses() {
    SQLite::Statement street(database_,
                             "INSERT INTO street (street, name, type, direction) VALUES (?, ?, ?, ?)");
    for (const auto& [value, number] : streets_) {
        street.bind(1, number);
        street.bindNoCopy(2, value.name);
        street.bindNoCopy(3, value.type);
        street.bindNoCopy(4, value.direction);
        run(street);
    }
    std::ranges::sort(addresses_, {}, [&](const AddressEntry& entry) {
        return std::tuple(entry.street, entry.high, entry.number, std::string_view(parts_[entry.part]),
                          entry.row);
    });
    SQLite::Statement insert(
        database_, "INSERT OR IGNORE INTO address (street, high, number, part, row) VALUES (?, ?, ?, ?, ?)");
    for (const AddressEntry& entry : addresses_) {
        insert.bind(1, entry.street);
        insert.bind(2, entry.high);
        insert.bind(3, entry.number);
        insert.bindNoCopy(4, parts_[entry.part]);
        insert.bind(5, entry.row);
        run(insert);
    }
    addresses_ = {};
}

void BulkLoad::write_terms() {
    std::ranges::sort(terms_, {},
                      [&](const Text& term) { return std::tuple(text(term), term.kind, term.row); });
    SQLite::Statement insert(database_, "INSERT OR IGNORE INTO term (key, kind, row) VALUES (?, ?, ?)");
    std::string key;
    for (const Text& term : terms_) {
        key = text(term);
        insert.bindNoCopy(1, key);
        insert.bind(2, term.kind);
        insert.bind(3, term.row);
        run(insert);
    }
    terms_ = {};
}

void BulkLoad::write_names() {
    // Full text wants its rows in order: a step back makes it write out what it has gathered.
    std::ranges::sort(names_, {}, &Text::row);
    SQLite::Statement insert(database_, "INSERT INTO name (rowid, words) VALUES (?, ?)");
    std::string words;
    for (const Text& name : names_) {
        words = text(name);
        insert.bind(1, name.row);
        insert.bindNoCopy(2, words);
        run(insert);
    }
    names_ = {};
    text_ = {};
    database_.exec("INSERT INTO name (name) VALUES ('optimize')");
}

void BulkLoad::write_words() {
    const std::map<std::string, std::int64_t> sorted(words_.begin(), words_.end());
    words_ = {};
    SQLite::Statement insert(database_, "INSERT INTO name_word (word, rows) VALUES (?, ?)");
    for (const auto& [word, rows] : sorted) {
        insert.bindNoCopy(1, word);
        insert.bind(2, rows);
        run(insert);
    }
}

void BulkLoad::write_tallies() {
    SQLite::Statement insert(database_, "INSERT INTO tally (kind, records) VALUES (?, ?)");
    for (auto& [kind, ids] : records_) {
        std::ranges::sort(ids);
        const auto distinct = std::unique(ids.begin(), ids.end()) - ids.begin();
        insert.bind(1, kind);
        insert.bind(2, static_cast<std::int64_t>(distinct));
        run(insert);
        ids = {};
    }
}

}  // namespace fieldpost::snapshot
