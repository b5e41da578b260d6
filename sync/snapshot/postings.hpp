// Inside: one kind of search entry as a table of packed blocks (posting_block.hpp), read in order from any
// key, and changed one entry at a time.
//
// Where the blocks are is block_store.hpp's. Whoever holds the connection; inside its transaction. Throws
// SQLite::Exception, also for blocks that cannot be unpacked.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sync/base/sqlite.hpp"
#include "sync/snapshot/block_store.hpp"
#include "sync/snapshot/posting_block.hpp"

namespace fieldpost::snapshot {

class Postings {
  public:
    Postings(Database& database, const std::string& table);  // PlainBlocks
    // Keeps so many blocks unpacked: of words of names 11 KiB each on average, of addresses 16, of others 7.
    explicit Postings(std::unique_ptr<BlockStore> blocks, std::size_t blocks_kept = 128);

    // Where reading stands: on an entry, or behind the last one. Good until the next change.
    class Place {
      public:
        explicit operator bool() const { return block_ != nullptr; }
        BytesView key() const { return block_->key(at_); }
        std::int64_t row() const { return block_->row(at_); }

      private:
        friend class Postings;
        std::shared_ptr<const PostingBlock> block_;
        std::size_t at_ = 0;
    };
    // The first entry that is not before (key, row).
    Place seek(BytesView key, std::int64_t row = 0);
    // The last entry before (key, row).
    Place seek_before(BytesView key, std::int64_t row = 0);
    void next(Place& place);
    // Goes on to the first entry from here on that is not before (key, row); a seek when that is not in this
    // block, and then true.
    bool advance(Place& place, BytesView key, std::int64_t row);

    // Blocks are kept unpacked for the next search. Another connection may have changed them: from now on
    // each is held against the file before it is used again.
    void forget();
    // How many blocks were unpacked so far.
    std::uint64_t unpacked() const { return unpacked_; }

    // Already there, or not there: nothing.
    void add(const Posting& posting);
    void remove(const Posting& posting);
    // Of an empty table: all entries in order, each once, and then finish().
    void append(Posting posting);
    void finish();
    void clear();

  private:
    struct Before {
        using is_transparent = void;
        using Spot = std::pair<BytesView, std::int64_t>;
        static Spot spot(const Posting& posting) { return {posting.key, posting.row}; }
        static Spot spot(const Spot& spot) { return spot; }
        template <class A, class B>
        bool operator()(const A& a, const B& b) const {
            return spot(a) < spot(b);
        }
    };
    // A block unpacked.
    struct Kept {
        std::int64_t number = 0;
        std::shared_ptr<const PostingBlock> block;
        Bytes packed;            // what it was unpacked from
        std::uint64_t seen = 0;  // the state of the file in which it was so
        std::list<const Posting*>::iterator used;
    };
    using AllKept = std::map<Posting, Kept, Before>;  // by first entry

    std::optional<BlockStore::Home> home(BytesView key, std::int64_t row);  // where the entry is, or would be
    std::shared_ptr<const PostingBlock> load(const BlockStore::Home& home);
    // The kept block with an entry up to this one and one from it on: if there is such an entry, it is there.
    std::shared_ptr<const PostingBlock> kept_around(BytesView key, std::int64_t row);
    // nullptr when it is not so in the file any more.
    std::shared_ptr<const PostingBlock> use(AllKept::iterator kept);
    void drop(AllKept::iterator kept);
    void drop(const BlockStore::Home& home);
    Place first_of(const std::optional<BlockStore::Home>& home);
    void write(std::int64_t block, const std::vector<Posting>& postings);
    // Writes blocks of them; unless `all`, what may not fill the last one is left. How many were written.
    std::size_t insert(std::span<const Posting> postings, bool all);

    std::unique_ptr<BlockStore> blocks_;
    const std::size_t blocks_kept_;
    AllKept kept_;
    std::list<const Posting*> used_;  // keys of kept_, newest first
    std::uint64_t state_ = 0;         // counts what forget() was called for
    std::uint64_t unpacked_ = 0;
    std::vector<Posting> appended_;
    std::size_t guess_ = 250;  // entries of a block
};

}  // namespace fieldpost::snapshot
