#include "sync/snapshot/entry_writer.hpp"

#include "sync/snapshot/difference.hpp"
#include "sync/snapshot/entry_keys.hpp"
#include "sync/snapshot/statement.hpp"

namespace fieldpost::snapshot {

EntryWriter::EntryWriter(Database& database, Dictionary& dictionary)
    : database_(database),
      dictionary_(dictionary),
      addresses_(database, address_table),
      terms_(database, term_table),
      names_(database, name_table),
      spots_(database),
      find_street_(database, "SELECT street FROM street WHERE name = ? AND type = ? AND direction = ?"),
      insert_street_(database, "INSERT INTO street (name, type, direction) VALUES (?, ?, ?)"),
      delete_street_(database, "DELETE FROM street WHERE street = ?"),
      count_word_(database,
                  "INSERT INTO name_word (word, rows) VALUES (?, 1) ON CONFLICT (word) DO UPDATE SET rows = "
                  "rows + 1"),
      uncount_word_(database, "UPDATE name_word SET rows = rows - 1 WHERE word = ?"),
      delete_unused_word_(database, "DELETE FROM name_word WHERE word = ? AND rows <= 0") {}

void EntryWriter::add(std::int64_t row, records::Kind kind, const lookup::Terms& terms) {
    replace(row, kind, {}, terms);
}

void EntryWriter::remove(std::int64_t row, const lookup::Terms& terms) {
    replace(row, records::KIND_UNSET, terms, {});
}

void EntryWriter::replace(std::int64_t row, records::Kind kind, const lookup::Terms& before,
                          const lookup::Terms& after) {
    difference(
        before.addresses, after.addresses, [&](const auto& term) { remove_address(row, term); },
        [&](const auto& term) { add_address(row, term); });
    difference(
        before.exact, after.exact, [&](const auto& term) { remove_exact(row, term); },
        [&](const auto& term) { add_exact(row, term); });
    if (before.names != after.names) {
        if (!before.names.empty()) remove_words(row, before.words());
        if (!after.names.empty()) add_words(row, after.words());
    }
    if (before.spot == after.spot) return;
    if (before.spot) remove_spot(row, kind, *before.spot);
    if (after.spot) add_spot(row, kind, *after.spot);
}

void EntryWriter::clear() {
    addresses_.clear();
    terms_.clear();
    names_.clear();
    database_.exec("DELETE FROM street; DELETE FROM spot; DELETE FROM spot_cell; DELETE FROM name_word");
}

void EntryWriter::forget() {
    addresses_.forget();
    terms_.forget();
    names_.forget();
}

std::int64_t EntryWriter::find_street(const lookup::Street& street) {
    find_street_.bindNoCopy(1, street.name);
    find_street_.bindNoCopy(2, street.type);
    find_street_.bindNoCopy(3, street.direction);
    const ResetAtEnd reset(find_street_);
    return find_street_.executeStep() ? find_street_.getColumn(0).getInt64() : 0;
}

void EntryWriter::add_address(std::int64_t row, const lookup::AddressTerm& term) {
    std::int64_t street = find_street(term.street);
    if (street == 0) {
        insert_street_.bindNoCopy(1, term.street.name);
        insert_street_.bindNoCopy(2, term.street.type);
        insert_street_.bindNoCopy(3, term.street.direction);
        run(insert_street_);
        street = database_.getLastInsertRowid();
    }
    addresses_.add({address_key(street, term.high, term.number, term.part), row});
}

void EntryWriter::remove_address(std::int64_t row, const lookup::AddressTerm& term) {
    const std::int64_t street = find_street(term.street);
    if (street == 0) return;
    addresses_.remove({address_key(street, term.high, term.number, term.part), row});
    if (const auto left = addresses_.seek(street_key(street)); left && left.key() < street_key(street + 1))
        return;
    delete_street_.bind(1, street);
    run(delete_street_);
}

void EntryWriter::add_exact(std::int64_t row, const lookup::ExactTerm& term) {
    terms_.add({term_key_of(term.key, term.kind), row});
}

void EntryWriter::remove_exact(std::int64_t row, const lookup::ExactTerm& term) {
    terms_.remove({term_key_of(term.key, term.kind), row});
}

void EntryWriter::add_words(std::int64_t row, const std::vector<std::string>& words) {
    for (const std::string& word : words) {
        names_.add({word_key(word), row});
        count_word_.bindNoCopy(1, word);
        run(count_word_);
    }
}

void EntryWriter::remove_words(std::int64_t row, const std::vector<std::string>& words) {
    for (const std::string& word : words) {
        names_.remove({word_key(word), row});
        uncount_word_.bindNoCopy(1, word);
        run(uncount_word_);
        delete_unused_word_.bindNoCopy(1, word);
        run(delete_unused_word_);
    }
}

void EntryWriter::add_spot(std::int64_t row, records::Kind kind, const lookup::SpotTerm& term) {
    spots_.add({row, term.south, term.north, term.west, term.east},
               dictionary_.spot_class(term.spot_class, kind));
}

void EntryWriter::remove_spot(std::int64_t row, records::Kind kind, const lookup::SpotTerm& term) {
    spots_.remove({row, term.south, term.north, term.west, term.east},
                  dictionary_.spot_class(term.spot_class, kind));
}

}  // namespace fieldpost::snapshot
