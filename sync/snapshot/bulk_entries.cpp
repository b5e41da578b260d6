#include "sync/snapshot/bulk_entries.hpp"

#include <algorithm>
#include <tuple>

#include "sync/snapshot/entry_keys.hpp"
#include "sync/snapshot/hilbert.hpp"
#include "sync/snapshot/layout.hpp"
#include "sync/snapshot/postings.hpp"
#include "sync/snapshot/spot_pack.hpp"
#include "sync/snapshot/statement.hpp"

namespace fieldpost::snapshot {

void BulkEntries::gather(std::int64_t row, records::Kind kind, const lookup::Terms& terms) {
    for (const auto& term : terms.addresses) {
        const auto next_street = static_cast<std::uint32_t>(streets_.size());
        const std::uint32_t street = streets_.try_emplace(term.street, next_street).first->second;
        const auto [part, added] =
            part_numbers_.try_emplace(term.part, static_cast<std::uint32_t>(parts_.size()));
        if (added) parts_.push_back(term.part);
        addresses_.push_back({street, term.high, term.number, part->second, row});
    }
    for (const auto& term : terms.exact) {
        terms_.push_back({text_.size(), static_cast<std::uint32_t>(term.key.size()),
                          static_cast<std::uint32_t>(term.kind), row});
        text_ += term.key;
    }
    if (!terms.names.empty()) {
        for (const std::string& text : terms.words()) {
            Word& word =
                words_.try_emplace(text, Word{static_cast<std::uint32_t>(words_.size()), 0}).first->second;
            ++word.rows;
            names_.push_back({word.number, row});
        }
    }
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

void BulkEntries::write(Database& database, Dictionary& dictionary,
                        const std::function<std::int64_t(std::int64_t)>& in_file) {
    write_streets(database);
    write_addresses(database, in_file);
    write_terms(database, in_file);
    write_names(database, in_file);
    write_spots(database, dictionary, in_file);
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

void BulkEntries::write_addresses(Database& database,
                                  const std::function<std::int64_t(std::int64_t)>& in_file) {
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

void BulkEntries::write_terms(Database& database, const std::function<std::int64_t(std::int64_t)>& in_file) {
    for (Term& term : terms_) term.row = in_file(term.row);
    const auto key = [&](const Term& term) {
        return std::tuple(std::string_view(text_).substr(term.begin, term.size), term.kind, term.row);
    };
    std::ranges::sort(terms_, {}, key);
    const auto same = [&](const Term& a, const Term& b) { return key(a) == key(b); };
    terms_.erase(std::unique(terms_.begin(), terms_.end(), same), terms_.end());
    Postings postings(database, term_table);
    for (const Term& term : terms_) {
        const auto text = std::string_view(text_).substr(term.begin, term.size);
        postings.append({term_key_of(text, static_cast<lookup::TermKind>(term.kind)), term.row});
    }
    postings.finish();
    terms_ = {};
    text_ = {};
}

void BulkEntries::write_names(Database& database, const std::function<std::int64_t(std::int64_t)>& in_file) {
    const std::map<std::string, Word> sorted(words_.begin(), words_.end());
    words_ = {};
    std::vector<std::uint32_t> ranks(sorted.size());
    std::vector<const std::string*> texts;
    SQLite::Statement insert(database, "INSERT INTO name_word (word, rows) VALUES (?, ?)");
    for (const auto& [text, word] : sorted) {
        ranks[word.number] = static_cast<std::uint32_t>(texts.size());
        texts.push_back(&text);
        insert.bindNoCopy(1, text);
        insert.bind(2, word.rows);
        run(insert);
    }
    for (Named& named : names_) named = {ranks[named.word], in_file(named.row)};
    std::ranges::sort(names_, {}, [](const Named& named) { return std::pair(named.word, named.row); });
    Postings postings(database, name_table);
    for (const Named& named : names_) postings.append({word_key(*texts[named.word]), named.row});
    postings.finish();
    names_ = {};
}

void BulkEntries::write_spots(Database& database, Dictionary& dictionary,
                              const std::function<std::int64_t(std::int64_t)>& in_file) {
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
