#include "sync/snapshot/plain_blocks.hpp"

#include <sqlite3.h>

#include "sync/snapshot/statement.hpp"

namespace fieldpost::snapshot {

namespace {

std::string first_query(const std::string& table, const char* compare, const char* order) {
    return "SELECT block, key, row FROM " + table + "_first WHERE (key, row) " + compare +
           " (?, ?) ORDER BY key " + order + ", row " + order + " LIMIT 1";
}

std::optional<BlockStore::Home> ask(SQLite::Statement& statement, BytesView key, std::int64_t row) {
    bind_bytes(statement, 1, key);
    statement.bind(2, row);
    const ResetAtEnd reset(statement);
    if (!statement.executeStep()) return std::nullopt;
    return BlockStore::Home{statement.getColumn(0).getInt64(),
                            {Bytes(bytes_of(statement.getColumn(1))), statement.getColumn(2).getInt64()}};
}

}  // namespace

PlainBlocks::PlainBlocks(Database& database, const std::string& table)
    : database_(database),
      table_(table),
      at_or_before_(database, first_query(table, "<=", "DESC")),
      before_(database, first_query(table, "<", "DESC")),
      after_(database, first_query(table, ">", "ASC")),
      get_(database, "SELECT packed FROM " + table + " WHERE block = ?"),
      insert_(database, "INSERT INTO " + table + " (packed) VALUES (?)"),
      update_(database, "UPDATE " + table + " SET packed = ? WHERE block = ?"),
      delete_(database, "DELETE FROM " + table + " WHERE block = ?"),
      insert_first_(database, "INSERT INTO " + table + "_first (key, row, block) VALUES (?, ?, ?)"),
      delete_first_(database, "DELETE FROM " + table + "_first WHERE key = ? AND row = ?") {}

std::optional<BlockStore::Home> PlainBlocks::at_or_before(BytesView key, std::int64_t row) {
    return ask(at_or_before_, key, row);
}
std::optional<BlockStore::Home> PlainBlocks::before(BytesView key, std::int64_t row) {
    return ask(before_, key, row);
}
std::optional<BlockStore::Home> PlainBlocks::after(BytesView key, std::int64_t row) {
    return ask(after_, key, row);
}

std::optional<Bytes> PlainBlocks::find(std::int64_t block) {
    get_.bind(1, block);
    const ResetAtEnd reset(get_);
    if (!get_.executeStep()) return std::nullopt;
    return Bytes(bytes_of(get_.getColumn(0)));
}

void PlainBlocks::insert(const Posting& first, BytesView packed) {
    bind_bytes(insert_, 1, packed);
    run(insert_);
    insert_first(first, database_.getLastInsertRowid());
}

void PlainBlocks::update(std::int64_t block, BytesView packed) {
    bind_bytes(update_, 1, packed);
    update_.bind(2, block);
    run(update_);
}

void PlainBlocks::move_first(const Home& from, const Posting& to) {
    erase_first(from.first);
    insert_first(to, from.block);
}

void PlainBlocks::erase(const Home& home) {
    erase_first(home.first);
    delete_.bind(1, home.block);
    run(delete_);
}

void PlainBlocks::clear() {
    database_.exec("DELETE FROM " + table_ + "; DELETE FROM " + table_ + "_first");
}

void PlainBlocks::insert_first(const Posting& first, std::int64_t block) {
    bind_bytes(insert_first_, 1, first.key);
    insert_first_.bind(2, first.row);
    insert_first_.bind(3, block);
    run(insert_first_);
}

void PlainBlocks::erase_first(const Posting& first) {
    bind_bytes(delete_first_, 1, first.key);
    delete_first_.bind(2, first.row);
    run(delete_first_);
}

}  // namespace fieldpost::snapshot
