#include "sync/snapshot/entry_writer.hpp"

#include <algorithm>

#include "sync/snapshot/statement.hpp"

namespace fieldpost::snapshot {

namespace {

// Calls `gone` for what is only in `before` and `come` for what is only in `after`; both sorted.
template <class T, class Gone, class Come>
void difference(const std::vector<T>& before, const std::vector<T>& after, Gone gone, Come come) {
    auto old = before.begin();
    auto now = after.begin();
    while (old != before.end() || now != after.end()) {
        if (now == after.end() || (old != before.end() && *old < *now)) {
            gone(*old++);
        } else if (old == before.end() || *now < *old) {
            come(*now++);
        } else {
            ++old;
            ++now;
        }
    }
}

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) {
        if (!out.empty()) out.push_back(' ');
        out += word;
    }
    return out;
}

}  // namespace

EntryWriter::EntryWriter(Database& database, Dictionary& dictionary)
    : database_(database),
      dictionary_(dictionary),
      find_street_(database, "SELECT street FROM street WHERE name = ? AND type = ? AND direction = ?"),
      insert_street_(database, "INSERT INTO street (name, type, direction) VALUES (?, ?, ?)"),
      delete_unused_street_(database,
                            "DELETE FROM street WHERE street = ?1 AND NOT EXISTS "
                            "(SELECT 1 FROM address WHERE street = ?1)"),
      insert_address_(
          database, "INSERT OR IGNORE INTO address (street, high, number, part, row) VALUES (?, ?, ?, ?, ?)"),
      delete_address_(
          database,
          "DELETE FROM address WHERE street = ? AND high = ? AND number = ? AND part = ? AND row = ?"),
      insert_term_(database, "INSERT OR IGNORE INTO term (key, kind, row) VALUES (?, ?, ?)"),
      delete_term_(database, "DELETE FROM term WHERE key = ? AND kind = ? AND row = ?"),
      insert_words_(database, "INSERT INTO name (rowid, words) VALUES (?, ?)"),
      delete_words_(database, "INSERT INTO name (name, rowid, words) VALUES ('delete', ?, ?)"),
      count_word_(database,
                  "INSERT INTO name_word (word, rows) VALUES (?, 1) ON CONFLICT (word) DO UPDATE SET rows = "
                  "rows + 1"),
      uncount_word_(database, "UPDATE name_word SET rows = rows - 1 WHERE word = ?"),
      delete_unused_word_(database, "DELETE FROM name_word WHERE word = ? AND rows <= 0"),
      insert_spot_(database,
                   "INSERT OR REPLACE INTO spot (row, south, north, west, east, class_low, class_high) "
                   "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)"),
      delete_spot_(database, "DELETE FROM spot WHERE row = ?") {}

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
    if (before.spot != after.spot) set_spot(row, kind, before.spot, after.spot);
}

void EntryWriter::clear() {
    database_.exec(
        "DELETE FROM address; DELETE FROM street; DELETE FROM term; DELETE FROM spot; DELETE FROM name_word;"
        "INSERT INTO name (name) VALUES ('delete-all')");
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
    insert_address_.bind(1, street);
    insert_address_.bind(2, term.high);
    insert_address_.bind(3, term.number);
    insert_address_.bindNoCopy(4, term.part);
    insert_address_.bind(5, row);
    run(insert_address_);
}

void EntryWriter::remove_address(std::int64_t row, const lookup::AddressTerm& term) {
    const std::int64_t street = find_street(term.street);
    if (street == 0) return;
    delete_address_.bind(1, street);
    delete_address_.bind(2, term.high);
    delete_address_.bind(3, term.number);
    delete_address_.bindNoCopy(4, term.part);
    delete_address_.bind(5, row);
    run(delete_address_);
    delete_unused_street_.bind(1, street);
    run(delete_unused_street_);
}

void EntryWriter::add_exact(std::int64_t row, const lookup::ExactTerm& term) {
    insert_term_.bindNoCopy(1, term.key);
    insert_term_.bind(2, static_cast<int>(term.kind));
    insert_term_.bind(3, row);
    run(insert_term_);
}

void EntryWriter::remove_exact(std::int64_t row, const lookup::ExactTerm& term) {
    delete_term_.bindNoCopy(1, term.key);
    delete_term_.bind(2, static_cast<int>(term.kind));
    delete_term_.bind(3, row);
    run(delete_term_);
}

void EntryWriter::add_words(std::int64_t row, const std::vector<std::string>& words) {
    const std::string text = joined(words);
    insert_words_.bind(1, row);
    insert_words_.bindNoCopy(2, text);
    run(insert_words_);
    for (const std::string& word : words) {
        count_word_.bindNoCopy(1, word);
        run(count_word_);
    }
}

void EntryWriter::remove_words(std::int64_t row, const std::vector<std::string>& words) {
    const std::string text = joined(words);
    delete_words_.bind(1, row);
    delete_words_.bindNoCopy(2, text);
    run(delete_words_);
    for (const std::string& word : words) {
        uncount_word_.bindNoCopy(1, word);
        run(uncount_word_);
        delete_unused_word_.bindNoCopy(1, word);
        run(delete_unused_word_);
    }
}

void EntryWriter::set_spot(std::int64_t row, records::Kind kind,
                           const std::optional<lookup::SpotTerm>& before,
                           const std::optional<lookup::SpotTerm>& after) {
    if (!after) {
        if (!before) return;
        delete_spot_.bind(1, row);
        run(delete_spot_);
        return;
    }
    const std::int64_t spot_class = dictionary_.spot_class(after->spot_class, kind);
    insert_spot_.bind(1, row);
    insert_spot_.bind(2, after->south);
    insert_spot_.bind(3, after->north);
    insert_spot_.bind(4, after->west);
    insert_spot_.bind(5, after->east);
    insert_spot_.bind(6, spot_class * spot_class_step);
    run(insert_spot_);
}

}  // namespace fieldpost::snapshot
