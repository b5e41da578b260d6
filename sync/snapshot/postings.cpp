#include "sync/snapshot/postings.hpp"

#include <sqlite3.h>

#include <algorithm>
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

std::shared_ptr<const PostingBlock> Postings::load(std::int64_t block) {
    if (const auto kept = kept_.find(block); kept != kept_.end()) {
        used_.splice(used_.begin(), used_, kept->second.used);
        return kept->second.block;
    }
    auto unpacked = PostingBlock::unpack(blocks_->get(block));
    if (!unpacked) throw SQLite::Exception(unpacked.error().message, SQLITE_CORRUPT);
    auto loaded = std::make_shared<const PostingBlock>(std::move(*unpacked));
    // Whoever goes through the blocks must get on, and find what their firsts promise.
    for (std::size_t at = 1; at < loaded->size(); ++at) {
        const int order = loaded->key(at - 1).compare(loaded->key(at));
        if (order > 0 || (order == 0 && loaded->row(at - 1) > loaded->row(at)))
            throw SQLite::Exception("search entries are damaged", SQLITE_CORRUPT);
    }
    if (kept_.size() >= blocks_kept_) {
        kept_.erase(used_.back());
        used_.pop_back();
    }
    used_.push_front(block);
    kept_[block] = {loaded, used_.begin()};
    return loaded;
}

void Postings::forget() {
    blocks_->forget();
    kept_.clear();
    used_.clear();
}

void Postings::drop(std::int64_t block) {
    const auto kept = kept_.find(block);
    if (kept == kept_.end()) return;
    used_.erase(kept->second.used);
    kept_.erase(kept);
}

Postings::Place Postings::first_of(const std::optional<BlockStore::Home>& home) {
    Place place;
    if (!home) return place;
    place.block_ = load(home->block);
    if (place.block_->size() == 0 || place.block_->key(0) != home->first.key ||
        place.block_->row(0) != home->first.row)
        throw SQLite::Exception("search entries are damaged", SQLITE_CORRUPT);
    return place;
}

Postings::Place Postings::seek(BytesView key, std::int64_t row) {
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
    const PostingBlock& block = *place.block_;
    const auto is_before = [&](std::size_t at) {
        const int order = block.key(at).compare(key);
        return order < 0 || (order == 0 && block.row(at) < row);
    };
    if (is_before(block.size() - 1)) {
        place = seek(key, row);
        return true;
    }
    // It is near, as a rule: steps that double, then halves of the last one.
    std::size_t low = place.at_;
    std::size_t step = 1;
    while (low + step < block.size() && is_before(low + step - 1)) {
        low += step;
        step *= 2;
    }
    std::size_t high = std::min(low + step, block.size() - 1);
    while (low < high) {
        const std::size_t middle = (low + high) / 2;
        if (is_before(middle))
            low = middle + 1;
        else
            high = middle;
    }
    place.at_ = low;
    return false;
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
    const auto block = load(where->block);
    const std::size_t at = block->lower_bound(posting.key, posting.row);
    if (at < block->size() && block->key(at) == posting.key && block->row(at) == posting.row) return;
    std::vector<Posting> all = block->all();
    all.insert(all.begin() + static_cast<std::ptrdiff_t>(at), posting);
    drop(where->block);
    if (all.front() != where->first) blocks_->move_first(*where, all.front());
    // Twice as large as a new one: then it is cut in two.
    const bool large = all.size() >= most_in_block || pack_postings(all).size() > 2 * largest_block;
    const auto half = std::span(all).subspan(large ? all.size() / 2 : all.size());
    if (large) insert(half, true);
    all.resize(all.size() - half.size());
    write(where->block, all);
}

void Postings::remove(const Posting& posting) {
    const auto where = blocks_->at_or_before(posting.key, posting.row);
    if (!where) return;
    const auto block = load(where->block);
    const std::size_t at = block->lower_bound(posting.key, posting.row);
    if (at == block->size() || block->key(at) != posting.key || block->row(at) != posting.row) return;
    std::vector<Posting> all = block->all();
    all.erase(all.begin() + static_cast<std::ptrdiff_t>(at));
    drop(where->block);
    if (all.empty()) {
        blocks_->erase(*where);
        return;
    }
    if (at == 0) blocks_->move_first(*where, all.front());
    write(where->block, all);
}

void Postings::clear() {
    forget();
    blocks_->clear();
}

}  // namespace fieldpost::snapshot
