// Inside: one kind of search entry as a table of packed blocks (posting_block.hpp), read in order from any
// key, and changed one entry at a time.
//
// Table NAME has the blocks, table NAME_first the first entry of each. Whoever holds the connection; inside
// its transaction. Throws SQLite::Exception, also for blocks that cannot be unpacked.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "sync/base/sqlite.hpp"
#include "sync/snapshot/posting_block.hpp"

namespace fieldpost::snapshot {

class Postings {
  public:
    Postings(Database& database, const std::string& table);

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

    // Blocks are kept unpacked for the next search; this forgets them, as another connection may have changed
    // them.
    void forget();

    // Already there, or not there: nothing.
    void add(const Posting& posting);
    void remove(const Posting& posting);
    // Of an empty table: all entries in order, each once, and then finish().
    void append(Posting posting);
    void finish();
    void clear();

  private:
    struct Home {  // a block and where it begins
        std::int64_t block = 0;
        Posting first;
    };
    std::optional<Home> ask(SQLite::Statement& statement, BytesView key, std::int64_t row);
    std::optional<Home> home(BytesView key, std::int64_t row);  // where the entry is, or would be
    std::shared_ptr<const PostingBlock> load(std::int64_t block);
    Place first_of(const std::optional<Home>& home);
    void write(std::int64_t block, const std::vector<Posting>& postings);
    // Writes blocks of them; unless `all`, what may not fill the last one is left. How many were written.
    std::size_t insert(std::span<const Posting> postings, bool all);
    void drop(std::int64_t block);
    void insert_first(const Posting& first, std::int64_t block);
    void erase_first(const Posting& first);

    Database& database_;
    std::string table_;
    SQLite::Statement at_or_before_;
    SQLite::Statement before_;
    SQLite::Statement after_;
    SQLite::Statement get_;
    SQLite::Statement insert_;
    SQLite::Statement update_;
    SQLite::Statement delete_;
    SQLite::Statement insert_first_;
    SQLite::Statement delete_first_;

    struct Kept {
        std::shared_ptr<const PostingBlock> block;
        std::list<std::int64_t>::iterator used;
    };
    std::unordered_map<std::int64_t, Kept> kept_;
    std::list<std::int64_t> used_;  // newest first
    std::vector<Posting> appended_;
    std::size_t guess_ = 250;  // entries of a block
};

}  // namespace fieldpost::snapshot
