#include "sync/snapshot/postings.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <iterator>
#include <span>

#include "sync/snapshot/plain_blocks.hpp"

namespace fieldpost::snapshot {

namespace {

// Three blocks fill a page of 4096 bytes.
constexpr std::size_t largest_block = 1345;
constexpr std::size_t filling = 80;  // a block may be smaller by so much

}  // namespace

Postings::Postings(Database& database, const std::string& table)
    : Postings(std::make_unique<PlainBlocks>(database, table)) {}

Postings::Postings(std::unique_ptr<BlockStore> blocks, std::size_t blocks_kept)
    : blocks_(std::move(blocks)), blocks_kept_(blocks_kept) {}

std::optional<BlockStore::Home> Postings::home(BytesView key, std::int64_t row) {
    auto found = blocks_->at_or_before(key, row);
    return found ? found : blocks_->after(key, row);
}

std::shared_ptr<const PostingBlock> Postings::load(const BlockStore::Home& home) {
    if (const auto kept = kept_.find(home.first); kept != kept_.end() && kept->second.number == home.block) {
        if (auto block = use(kept)) return block;
    }
    Bytes packed = blocks_->get(home.block);
    auto unpacked = PostingBlock::unpack(packed);
    if (!unpacked) throw SQLite::Exception(unpacked.error().message, SQLITE_CORRUPT);
    auto block = std::make_shared<const PostingBlock>(std::move(*unpacked));
    ++unpacked_;
    // What its place among the others promises.
    if (block->key(0) != home.first.key || block->row(0) != home.first.row)
        throw SQLite::Exception("search entries are damaged", SQLITE_CORRUPT);
    drop(home);
    if (kept_.size() >= blocks_kept_) drop(kept_.find(*used_.back()));
    const auto kept = kept_.emplace(home.first, Kept{home.block, block, std::move(packed), state_, {}}).first;
    kept->second.used = used_.insert(used_.begin(), &kept->first);
    return block;
}

std::shared_ptr<const PostingBlock> Postings::use(AllKept::iterator kept) {
    if (kept->second.seen != state_ && blocks_->find(kept->second.number) != kept->second.packed) {
        drop(kept);
        return nullptr;
    }
    kept->second.seen = state_;
    used_.splice(used_.begin(), used_, kept->second.used);
    return kept->second.block;
}

std::shared_ptr<const PostingBlock> Postings::kept_around(BytesView key, std::int64_t row) {
    const auto behind = kept_.upper_bound(Before::Spot(key, row));
    if (behind == kept_.begin()) return nullptr;
    const auto kept = std::prev(behind);
    const PostingBlock& block = *kept->second.block;
    const std::size_t last = block.size() - 1;
    if (Before::Spot(block.key(last), block.row(last)) < Before::Spot(key, row)) return nullptr;
    return use(kept);
}

void Postings::forget() {
    blocks_->forget();
    ++state_;
}

void Postings::drop(AllKept::iterator kept) {
    used_.erase(kept->second.used);
    kept_.erase(kept);
}

void Postings::drop(const BlockStore::Home& home) {
    if (const auto kept = kept_.find(home.first); kept != kept_.end()) drop(kept);
}

Postings::Place Postings::first_of(const std::optional<BlockStore::Home>& home) {
    Place place;
    if (home) place.block_ = load(*home);
    return place;
}

Postings::Place Postings::seek(BytesView key, std::int64_t row) {
    if (auto block = kept_around(key, row)) {
        Place place;
        place.at_ = block->lower_bound(key, row);
        place.block_ = std::move(block);
        return place;
    }
    const auto begins = blocks_->at_or_before(key, row);
    if (!begins) return first_of(blocks_->after(key, row));
    Place place = first_of(begins);
    place.at_ = place.block_->lower_bound(key, row);
    if (place.at_ < place.block_->size()) return place;
    return first_of(blocks_->after(key, row));
}

Postings::Place Postings::seek_before(BytesView key, std::int64_t row) {
    Place place = first_of(blocks_->before(key, row));
    if (place) place.at_ = place.block_->lower_bound(key, row) - 1;
    return place;
}

void Postings::next(Place& place) {
    if (++place.at_ < place.block_->size()) return;
    const std::size_t last = place.block_->size() - 1;
    place = first_of(blocks_->after(place.block_->key(last), place.block_->row(last)));
}

bool Postings::advance(Place& place, BytesView key, std::int64_t row) {
    place.at_ = place.block_->lower_bound(key, row, place.at_);
    if (place.at_ < place.block_->size()) return false;
    place = seek(key, row);
    return true;
}

// A block of one entry is never too large: keys are short.
std::size_t Postings::insert(std::span<const Posting> postings, bool all) {
    const std::size_t block_bytes = largest_block - blocks_->overhead();
    const std::size_t well_filled = block_bytes - filling;
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
        blocks_->insert(postings.front(), best_packed);
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
    blocks_->update(block, pack_postings(postings));
}

void Postings::add(const Posting& posting) {
    const auto where = home(posting.key, posting.row);
    if (!where) {
        insert(std::span(&posting, 1), true);
        return;
    }
    const auto block = load(*where);
    const std::size_t at = block->lower_bound(posting.key, posting.row);
    if (at < block->size() && block->key(at) == posting.key && block->row(at) == posting.row) return;
    std::vector<Posting> all = block->all();
    all.insert(all.begin() + static_cast<std::ptrdiff_t>(at), posting);
    drop(*where);
    if (all.front() != where->first) blocks_->move_first(*where, all.front());
    const Bytes packed = all.size() < most_in_block ? pack_postings(all) : Bytes();
    // Twice as large as a new one: then it is cut in two.
    if (!packed.empty() && packed.size() <= 2 * largest_block) {
        blocks_->update(where->block, packed);
        return;
    }
    insert(std::span(all).subspan(all.size() / 2), true);
    all.resize(all.size() / 2);
    write(where->block, all);
}

void Postings::remove(const Posting& posting) {
    const auto where = blocks_->at_or_before(posting.key, posting.row);
    if (!where) return;
    const auto block = load(*where);
    const std::size_t at = block->lower_bound(posting.key, posting.row);
    if (at == block->size() || block->key(at) != posting.key || block->row(at) != posting.row) return;
    std::vector<Posting> all = block->all();
    all.erase(all.begin() + static_cast<std::ptrdiff_t>(at));
    drop(*where);
    if (all.empty()) {
        blocks_->erase(*where);
        return;
    }
    if (at == 0) blocks_->move_first(*where, all.front());
    write(where->block, all);
}

void Postings::clear() {
    forget();
    kept_.clear();
    used_.clear();
    blocks_->clear();
}

}  // namespace fieldpost::snapshot
