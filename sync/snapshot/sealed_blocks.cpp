#include "sync/snapshot/sealed_blocks.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <tuple>

#include "sync/base/varint.hpp"
#include "sync/snapshot/statement.hpp"

namespace fieldpost::snapshot {

namespace {

constexpr int block_bits = 32;
// A cell's head, nonce and tag, and what a row with so large a number takes more.
constexpr std::size_t cell_overhead = 38;
constexpr std::string_view block_place = "block";
constexpr std::string_view first_place = "first";

constexpr std::int64_t first_of(std::int64_t list) {
    return list << block_bits;
}
constexpr std::int64_t last_of(std::int64_t list) {
    return first_of(list + 1) - 1;
}

// Within the layer: its number in the file is none of a cell's business.
constexpr std::int64_t in_layer(std::int64_t block) {
    return block & ((lists_of_layer << block_bits) - 1);
}

Bytes to_bytes(const Posting& posting) {
    Bytes out;
    append_varint(out, static_cast<std::uint64_t>(posting.row));
    return out + posting.key;
}

Posting to_posting(BytesView bytes) {
    VarintReader in(bytes);
    Posting out;
    out.row = static_cast<std::int64_t>(in.take() & INT64_MAX);
    out.key = in.rest();
    if (in.bad()) throw SQLite::Exception("search entries are damaged", SQLITE_CORRUPT);
    return out;
}

}  // namespace

SealedBlocks::SealedBlocks(Database& database, std::shared_ptr<const SealedLayer> layer, SealedList list)
    : database_(database),
      layer_(std::move(layer)),
      list_(layer_->number() * lists_of_layer + static_cast<std::int64_t>(list)),
      changes_(database, "SELECT changes FROM sealed_list WHERE list = ?"),
      count_change_(database,
                    "INSERT INTO sealed_list (list, changes) VALUES (?, 1) ON CONFLICT (list) DO UPDATE SET "
                    "changes = changes + 1"),
      all_firsts_(database, "SELECT block, first FROM sealed_first WHERE block BETWEEN ? AND ?"),
      get_(database, "SELECT packed FROM sealed_block WHERE block = ?"),
      put_(database, "INSERT OR REPLACE INTO sealed_block (block, packed) VALUES (?, ?)"),
      put_first_(database, "INSERT OR REPLACE INTO sealed_first (block, first) VALUES (?, ?)"),
      delete_(database, "DELETE FROM sealed_block WHERE block = ?"),
      delete_first_(database, "DELETE FROM sealed_first WHERE block = ?") {}

void SealedBlocks::see_firsts() {
    if (known_) return;
    changes_.bind(1, list_);
    const ResetAtEnd reset(changes_);
    const std::int64_t now = changes_.executeStep() ? changes_.getColumn(0).getInt64() : 0;
    if (now != seen_) load();
    seen_ = now;
    known_ = true;
}

void SealedBlocks::load() {
    firsts_.clear();
    next_block_ = first_of(list_);
    all_firsts_.bind(1, first_of(list_));
    all_firsts_.bind(2, last_of(list_));
    const ResetAtEnd reset(all_firsts_);
    while (all_firsts_.executeStep()) {
        const std::int64_t block = all_firsts_.getColumn(0).getInt64();
        firsts_.push_back({block, to_posting(layer_->open(first_place, in_layer(block),
                                                          bytes_of(all_firsts_.getColumn(1))))});
        next_block_ = block + 1;
    }
    std::ranges::sort(firsts_, {}, &Home::first);
}

std::size_t SealedBlocks::first_not_before(BytesView key, std::int64_t row) const {
    const auto at = std::ranges::lower_bound(firsts_, std::tuple(key, row), {}, [](const Home& home) {
        return std::tuple(BytesView(home.first.key), home.first.row);
    });
    return static_cast<std::size_t>(at - firsts_.begin());
}

std::optional<BlockStore::Home> SealedBlocks::at_or_before(BytesView key, std::int64_t row) {
    see_firsts();
    const std::size_t at = first_not_before(key, row);
    if (at < firsts_.size() && firsts_[at].first.key == key && firsts_[at].first.row == row)
        return firsts_[at];
    return at == 0 ? std::nullopt : std::optional(firsts_[at - 1]);
}

std::optional<BlockStore::Home> SealedBlocks::before(BytesView key, std::int64_t row) {
    see_firsts();
    const std::size_t at = first_not_before(key, row);
    return at == 0 ? std::nullopt : std::optional(firsts_[at - 1]);
}

std::optional<BlockStore::Home> SealedBlocks::after(BytesView key, std::int64_t row) {
    see_firsts();
    std::size_t at = first_not_before(key, row);
    if (at < firsts_.size() && firsts_[at].first.key == key && firsts_[at].first.row == row) ++at;
    return at == firsts_.size() ? std::nullopt : std::optional(firsts_[at]);
}

std::optional<Bytes> SealedBlocks::find(std::int64_t block) {
    get_.bind(1, block);
    const ResetAtEnd reset(get_);
    if (!get_.executeStep()) return std::nullopt;
    return layer_->open(block_place, in_layer(block), bytes_of(get_.getColumn(0)));
}

void SealedBlocks::insert(const Posting& first, BytesView packed) {
    see_firsts();
    const std::int64_t block = next_block_++;
    if (block > last_of(list_)) throw SQLite::Exception("too many sealed search entries", SQLITE_FULL);
    update(block, packed);
    put_first(block, first);
    firsts_.insert(firsts_.begin() + static_cast<std::ptrdiff_t>(first_not_before(first.key, first.row)),
                   {block, first});
    changed();
}

void SealedBlocks::update(std::int64_t block, BytesView packed) {
    put_.bind(1, block);
    bind_bytes(put_, 2, layer_->seal(block_place, in_layer(block), packed));
    run(put_);
}

void SealedBlocks::put_first(std::int64_t block, const Posting& first) {
    put_first_.bind(1, block);
    bind_bytes(put_first_, 2, layer_->seal(first_place, in_layer(block), to_bytes(first)));
    run(put_first_);
}

// It stays between its neighbours.
void SealedBlocks::move_first(const Home& from, const Posting& to) {
    see_firsts();
    put_first(from.block, to);
    firsts_[first_not_before(from.first.key, from.first.row)].first = to;
    changed();
}

void SealedBlocks::erase(const Home& home) {
    see_firsts();
    for (SQLite::Statement* statement : {&delete_, &delete_first_}) {
        statement->bind(1, home.block);
        run(*statement);
    }
    firsts_.erase(firsts_.begin() +
                  static_cast<std::ptrdiff_t>(first_not_before(home.first.key, home.first.row)));
    changed();
}

void SealedBlocks::changed() {
    count_change_.bind(1, list_);
    run(count_change_);
    ++seen_;
}

void SealedBlocks::clear() {
    clear(database_, list_, list_);
    firsts_.clear();
    next_block_ = first_of(list_);
    seen_ = -1;
    known_ = false;
}

void SealedBlocks::clear(Database& database, std::int64_t layer) {
    clear(database, layer * lists_of_layer, layer * lists_of_layer + lists_of_layer - 1);
}

void SealedBlocks::clear(Database& database, std::int64_t first_list, std::int64_t last_list) {
    for (const char* table : {"sealed_block", "sealed_first"}) {
        SQLite::Statement all(database, std::string("DELETE FROM ") + table + " WHERE block BETWEEN ? AND ?");
        all.bind(1, first_of(first_list));
        all.bind(2, last_of(last_list));
        run(all);
    }
    SQLite::Statement count(database,
                            "UPDATE sealed_list SET changes = changes + 1 WHERE list BETWEEN ? AND ?");
    count.bind(1, first_list);
    count.bind(2, last_list);
    run(count);
}

std::size_t SealedBlocks::overhead() const {
    return cell_overhead;
}

}  // namespace fieldpost::snapshot
