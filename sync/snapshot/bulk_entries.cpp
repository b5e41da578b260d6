#include "sync/snapshot/bulk_entries.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <tuple>

#include "sync/snapshot/entry_keys.hpp"
#include "sync/snapshot/hilbert.hpp"
#include "sync/snapshot/layout.hpp"
#include "sync/snapshot/postings.hpp"
#include "sync/snapshot/sealed_lists.hpp"
#include "sync/snapshot/spot_pack.hpp"
#include "sync/snapshot/statement.hpp"

namespace fieldpost::snapshot {

void BulkEntries::gather(std::int64_t row, records::Kind kind, const lookup::Terms& terms,
                         const records::LayerKey* sealed) {
    if (sealed != nullptr) {
        sealed_[*sealed].gather(row, terms);
        return;
    }
    for (const auto& term : terms.addresses) {
        const auto next_street = static_cast<std::uint32_t>(streets_.size());
        const std::uint32_t street = streets_.try_emplace(term.street, next_street).first->second;
        const auto [part, added] =
            part_numbers_.try_emplace(term.part, static_cast<std::uint32_t>(parts_.size()));
        if (added) parts_.push_back(term.part);
        addresses_.push_back({street, term.high, term.number, part->second, row});
    }
    words_.gather(row, terms);
    if (terms.spot) {
        const auto& spot = *terms.spot;
        const auto [known, added] =
            classes_.try_emplace(spot.spot_class, static_cast<std::uint32_t>(class_list_.size()));
        if (added) class_list_.emplace_back(spot.spot_class, kind);
        spots_.push_back({known->second, {row, spot.south, spot.north, spot.west, spot.east}});
    }
}

// Place of each street in alphabetical order: one and the same city gives one and the same file.
std::vector<std::uint32_t> BulkEntries::street_ranks() const {
    std::vector<std::uint32_t> ranks(streets_.size());
    std::uint32_t rank = 0;
    for (const auto& [street, number] : streets_) ranks[number] = rank++;
    return ranks;
}

std::vector<BulkEntries::Order> BulkEntries::orders(std::size_t groups) const {
    std::vector<Order> orders(groups, Order{UINT64_MAX, 0});
    const auto ranks = street_ranks();
    for (const Address& address : addresses_) {
        Order& order = orders[static_cast<std::size_t>(place_of(address.row))];
        order = std::min(order, Order{ranks[address.street], address.number});
    }
    std::int64_t south = INT32_MAX;
    std::int64_t west = INT32_MAX;
    std::int64_t span = 1;
    for (const auto& [spot_class, thing] : spots_) {
        south = std::min<std::int64_t>(south, thing.south);
        west = std::min<std::int64_t>(west, thing.west);
    }
    for (const auto& [spot_class, thing] : spots_)
        span = std::max({span, thing.north - south, thing.east - west});
    for (const auto& [spot_class, thing] : spots_) {
        Order& order = orders[static_cast<std::size_t>(place_of(thing.row))];
        if (order.first != UINT64_MAX) continue;
        const auto grid = [&](std::int64_t at, std::int64_t origin) {
            return static_cast<std::uint32_t>((at - origin) * 65535 / span);
        };
        order = {ranks.size() + spot_class, hilbert(grid(thing.west, west), grid(thing.south, south))};
    }
    return orders;
}

void BulkEntries::write(Database& database, Dictionary& dictionary, SealedLayers& sealed,
                        const BulkWords::InFile& in_file) {
    write_streets(database);
    write_addresses(database, in_file);
    write_terms(database, in_file);
    write_names(database, in_file);
    write_spots(database, dictionary, in_file);
    write_sealed(database, sealed, in_file);
}

void BulkEntries::write_streets(Database& database) const {
    SQLite::Statement insert(database,
                             "INSERT INTO street (street, name, type, direction) VALUES (?, ?, ?, ?)");
    std::int64_t rank = 0;
    for (const auto& [street, number] : streets_) {
        insert.bind(1, ++rank);
        insert.bindNoCopy(2, street.name);
        insert.bindNoCopy(3, street.type);
        insert.bindNoCopy(4, street.direction);
        run(insert);
    }
}

void BulkEntries::write_addresses(Database& database, const BulkWords::InFile& in_file) {
    const auto ranks = street_ranks();
    for (Address& address : addresses_) {
        address.street = ranks[address.street] + 1;
        address.row = in_file(address.row);
    }
    const auto key = [&](const Address& entry) {
        return std::tuple(entry.street, entry.high, entry.number, std::string_view(parts_[entry.part]),
                          entry.row);
    };
    std::ranges::sort(addresses_, {}, key);
    const auto same = [&](const Address& a, const Address& b) { return key(a) == key(b); };
    addresses_.erase(std::unique(addresses_.begin(), addresses_.end(), same), addresses_.end());
    Postings postings(database, address_table);
    for (const Address& entry : addresses_)
        postings.append({address_key(entry.street, entry.high, entry.number, parts_[entry.part]), entry.row});
    postings.finish();
    addresses_ = {};
}

void BulkEntries::write_terms(Database& database, const BulkWords::InFile& in_file) {
    Postings postings(database, term_table);
    words_.write_terms(postings, in_file);
}

void BulkEntries::write_names(Database& database, const BulkWords::InFile& in_file) {
    Postings postings(database, name_table);
    SQLite::Statement insert(database, "INSERT INTO name_word (word, rows) VALUES (?, ?)");
    words_.write_names(postings, in_file, [&](const std::string& text, std::int64_t rows) {
        insert.bindNoCopy(1, text);
        insert.bind(2, rows);
        run(insert);
    });
}

void BulkEntries::write_sealed(Database& database, SealedLayers& sealed, const BulkWords::InFile& in_file) {
    for (auto& [key, words] : sealed_) {
        const auto layer = sealed.open(key);
        if (!layer)
            throw SQLite::Exception("a sealed layer was closed while its file was built", SQLITE_MISUSE);
        SealedLists lists(database, layer);
        words.write_terms(lists.terms, in_file);
        // Of very long words the beginnings count.
        Posting waiting;
        const auto write = [&] {
            if (waiting.row > 0) lists.words.append(waiting);
        };
        words.write_names(lists.names, in_file, [&](const std::string& text, std::int64_t rows) {
            Bytes word = word_key(text);
            if (word != waiting.key) {
                write();
                waiting = {std::move(word), 0};
            }
            waiting.row += rows;
        });
        write();
        lists.words.finish();
    }
    sealed_.clear();
}

void BulkEntries::write_spots(Database& database, Dictionary& dictionary, const BulkWords::InFile& in_file) {
    std::vector<std::int32_t> numbers;
    for (const auto& [name, kind] : class_list_)
        numbers.push_back(static_cast<std::int32_t>(dictionary.spot_class(name, kind)));
    std::vector<PackedSpot> packed;
    packed.reserve(spots_.size());
    for (auto& [spot_class, thing] : spots_) {
        thing.row = in_file(thing.row);
        packed.push_back({thing, numbers[spot_class]});
    }
    spots_ = {};
    pack_spots(database, std::move(packed));
}

}  // namespace fieldpost::snapshot
