#include "sync/snapshot/postings.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <span>

#include "sync/snapshot/statement.hpp"

namespace fieldpost::snapshot {

namespace {

// Three blocks fill a page of 4096 bytes.
constexpr std::size_t block_bytes = 1345;
constexpr std::size_t well_filled = 1265;
constexpr std::size_t blocks_kept = 48;  // some 6 KiB each

std::string first_query(const std::string& table, const char* compare, const char* order) {
    return "SELECT block, key, row FROM " + table + "_first WHERE (key, row) " + compare +
           " (?, ?) ORDER BY key " + order + ", row " + order + " LIMIT 1";
}

void bind_key(SQLite::Statement& statement, int at, BytesView key) {
    // A null pointer would bind NULL, which is before every key.
    statement.bind(at, static_cast<const void*>(key.empty() ? "" : key.data()), static_cast<int>(key.size()));
}

}  // namespace

Postings::Postings(Database& database, const std::string& table)
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

std::optional<Postings::Home> Postings::ask(SQLite::Statement& statement, BytesView key, std::int64_t row) {
    bind_key(statement, 1, key);
    statement.bind(2, row);
    const ResetAtEnd reset(statement);
    if (!statement.executeStep()) return std::nullopt;
    const auto first = statement.getColumn(1);
    const auto* bytes = static_cast<const char*>(first.getBlob());
    return Home{statement.getColumn(0).getInt64(),
                {bytes == nullptr ? Bytes() : Bytes(bytes, static_cast<std::size_t>(first.getBytes())),
                 statement.getColumn(2).getInt64()}};
}

std::optional<Postings::Home> Postings::home(BytesView key, std::int64_t row) {
    auto found = ask(at_or_before_, key, row);
    return found ? found : ask(after_, key, row);
}

std::shared_ptr<const PostingBlock> Postings::load(std::int64_t block) {
    if (const auto kept = kept_.find(block); kept != kept_.end()) {
        used_.splice(used_.begin(), used_, kept->second.used);
        return kept->second.block;
    }
    get_.bind(1, block);
    const ResetAtEnd reset(get_);
    if (!get_.executeStep()) throw SQLite::Exception("search entries are damaged", SQLITE_CORRUPT);
    const auto packed = get_.getColumn(0);
    auto unpacked = PostingBlock::unpack(
        BytesView(static_cast<const char*>(packed.getBlob()), static_cast<std::size_t>(packed.getBytes())));
    if (!unpacked) throw SQLite::Exception(unpacked.error().message, SQLITE_CORRUPT);
    auto loaded = std::make_shared<const PostingBlock>(std::move(*unpacked));
    // Whoever goes through the blocks must get on, and find what their firsts promise.
    for (std::size_t at = 1; at < loaded->size(); ++at) {
        const int order = loaded->key(at - 1).compare(loaded->key(at));
        if (order > 0 || (order == 0 && loaded->row(at - 1) > loaded->row(at)))
            throw SQLite::Exception("search entries are damaged", SQLITE_CORRUPT);
    }
    if (kept_.size() >= blocks_kept) {
        kept_.erase(used_.back());
        used_.pop_back();
    }
    used_.push_front(block);
    kept_[block] = {loaded, used_.begin()};
    return loaded;
}

void Postings::forget() {
    kept_.clear();
    used_.clear();
}

void Postings::drop(std::int64_t block) {
    const auto kept = kept_.find(block);
    if (kept == kept_.end()) return;
    used_.erase(kept->second.used);
    kept_.erase(kept);
}

Postings::Place Postings::first_of(const std::optional<Home>& home) {
    Place place;
    if (!home) return place;
    place.block_ = load(home->block);
    if (place.block_->size() == 0 || place.block_->key(0) != home->first.key ||
        place.block_->row(0) != home->first.row)
        throw SQLite::Exception("search entries are damaged", SQLITE_CORRUPT);
    return place;
}

Postings::Place Postings::seek(BytesView key, std::int64_t row) {
    const auto begins = ask(at_or_before_, key, row);
    if (!begins) return first_of(ask(after_, key, row));
    Place place = first_of(begins);
    place.at_ = place.block_->lower_bound(key, row);
    if (place.at_ < place.block_->size()) return place;
    return first_of(ask(after_, key, row));
}

Postings::Place Postings::seek_before(BytesView key, std::int64_t row) {
    Place place = first_of(ask(before_, key, row));
    if (place) place.at_ = place.block_->lower_bound(key, row) - 1;
    return place;
}

void Postings::next(Place& place) {
    if (++place.at_ < place.block_->size()) return;
    const std::size_t last = place.block_->size() - 1;
    place = first_of(ask(after_, place.block_->key(last), place.block_->row(last)));
}

bool Postings::advance(Place& place, BytesView key, std::int64_t row) {
    const PostingBlock& block = *place.block_;
    const std::size_t last = block.size() - 1;
    const int order = block.key(last).compare(key);
    if (order > 0 || (order == 0 && block.row(last) >= row)) {
        place.at_ = std::max(place.at_, block.lower_bound(key, row));
        return false;
    }
    place = seek(key, row);
    return true;
}

void Postings::insert_first(const Posting& first, std::int64_t block) {
    bind_key(insert_first_, 1, first.key);
    insert_first_.bind(2, first.row);
    insert_first_.bind(3, block);
    run(insert_first_);
}

void Postings::erase_first(const Posting& first) {
    bind_key(delete_first_, 1, first.key);
    delete_first_.bind(2, first.row);
    run(delete_first_);
}

// A block of one entry is never too large: keys are short.
std::size_t Postings::insert(std::span<const Posting> postings, bool all) {
    std::size_t written = 0;
    while (postings.size() > (all ? 0 : most_in_block)) {
        const std::size_t most = std::min(postings.size(), most_in_block);
        std::size_t count = std::min(guess_, most);
        std::size_t best = 0;
        Bytes best_packed;
        for (int attempt = 0; attempt < 6; ++attempt) {
            Bytes packed = pack_postings(postings.first(count));
            const std::size_t size = packed.size();
            if ((size <= block_bytes || count == 1) && count > best) {
                best = count;
                best_packed = std::move(packed);
            }
            if (best != 0 && (best_packed.size() >= well_filled || best == most)) break;
            const std::size_t next =
                std::clamp<std::size_t>(count * ((well_filled + block_bytes) / 2) / size, 1, most);
            if (next == count || (best != 0 && next <= best)) break;
            count = next;
        }
        if (best == 0) {
            best = std::max<std::size_t>(1, count / 2);
            best_packed = pack_postings(postings.first(best));
        }
        insert_.bind(1, best_packed.data(), static_cast<int>(best_packed.size()));
        run(insert_);
        insert_first(postings.front(), database_.getLastInsertRowid());
        postings = postings.subspan(best);
        written += best;
        guess_ = best;
    }
    return written;
}

void Postings::append(Posting posting) {
    appended_.push_back(std::move(posting));
    if (appended_.size() < 4 * most_in_block) return;
    const std::size_t written = insert(appended_, false);
    appended_.erase(appended_.begin(), appended_.begin() + static_cast<std::ptrdiff_t>(written));
}

void Postings::finish() {
    insert(appended_, true);
    appended_ = {};
}

void Postings::write(std::int64_t block, const std::vector<Posting>& postings) {
    const Bytes packed = pack_postings(postings);
    update_.bind(1, packed.data(), static_cast<int>(packed.size()));
    update_.bind(2, block);
    run(update_);
}

void Postings::add(const Posting& posting) {
    const auto where = home(posting.key, posting.row);
    if (!where) {
        insert(std::span(&posting, 1), true);
        return;
    }
    const auto block = load(where->block);
    const std::size_t at = block->lower_bound(posting.key, posting.row);
    if (at < block->size() && block->key(at) == posting.key && block->row(at) == posting.row) return;
    std::vector<Posting> all = block->all();
    all.insert(all.begin() + static_cast<std::ptrdiff_t>(at), posting);
    drop(where->block);
    if (all.front() != where->first) {
        erase_first(where->first);
        insert_first(all.front(), where->block);
    }
    // Twice as large as a new one: then it is cut in two.
    const bool large = all.size() >= most_in_block || pack_postings(all).size() > 2 * block_bytes;
    const auto half = std::span(all).subspan(large ? all.size() / 2 : all.size());
    if (large) insert(half, true);
    all.resize(all.size() - half.size());
    write(where->block, all);
}

void Postings::remove(const Posting& posting) {
    const auto where = ask(at_or_before_, posting.key, posting.row);
    if (!where) return;
    const auto block = load(where->block);
    const std::size_t at = block->lower_bound(posting.key, posting.row);
    if (at == block->size() || block->key(at) != posting.key || block->row(at) != posting.row) return;
    std::vector<Posting> all = block->all();
    all.erase(all.begin() + static_cast<std::ptrdiff_t>(at));
    drop(where->block);
    if (at == 0) erase_first(where->first);
    if (all.empty()) {
        delete_.bind(1, where->block);
        run(delete_);
        return;
    }
    if (at == 0) insert_first(all.front(), where->block);
    write(where->block, all);
}

void Postings::clear() {
    forget();
    database_.exec("DELETE FROM " + table_ + "; DELETE FROM " + table_ + "_first");
}

}  // namespace fieldpost::snapshot
