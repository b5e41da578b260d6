// Inside: blocks of search entries as cells. The first entries of a list are opened into memory when
// something is asked of it: some hundred bytes for each few hundred entries. The file tells how many blocks
// there are, and nothing of what is in them.
#pragma once

#include <memory>
#include <vector>

#include "sync/base/sqlite.hpp"
#include "sync/snapshot/block_store.hpp"
#include "sync/snapshot/sealed_layer.hpp"

namespace fieldpost::snapshot {

// The lists of a layer. Numbers in files: never given to another one.
enum class SealedList : std::int64_t {
    terms = 0,  // as table `term`
    names = 1,  // as table `name`
    words = 2,  // each word of a name, and as its row how many rows have it
};
inline constexpr std::int64_t lists_of_layer = 8;

class SealedBlocks : public BlockStore {
  public:
    SealedBlocks(Database& database, std::shared_ptr<const SealedLayer> layer, SealedList list);

    std::optional<Home> at_or_before(BytesView key, std::int64_t row) override;
    std::optional<Home> before(BytesView key, std::int64_t row) override;
    std::optional<Home> after(BytesView key, std::int64_t row) override;
    std::optional<Bytes> find(std::int64_t block) override;
    void insert(const Posting& first, BytesView packed) override;
    void update(std::int64_t block, BytesView packed) override;
    void move_first(const Home& from, const Posting& to) override;
    void erase(const Home& home) override;
    void clear() override;
    void forget() override { known_ = false; }
    std::size_t overhead() const override;

    // Of a layer whose key may not be held: its blocks are removed.
    static void clear(Database& database, std::int64_t layer);

  private:
    static void clear(Database& database, std::int64_t first_list, std::int64_t last_list);
    void see_firsts();
    void load();
    // A place among the firsts.
    std::size_t first_not_before(BytesView key, std::int64_t row) const;
    void put_first(std::int64_t block, const Posting& first);
    void changed();

    Database& database_;
    const std::shared_ptr<const SealedLayer> layer_;
    const std::int64_t list_;
    std::vector<Home> firsts_;  // in order
    std::int64_t next_block_ = 0;
    std::int64_t seen_ = -1;  // the list's `changes` that firsts_ are of
    bool known_ = false;      // that they are still of them
    SQLite::Statement changes_;
    SQLite::Statement count_change_;
    SQLite::Statement all_firsts_;
    SQLite::Statement get_;
    SQLite::Statement put_;
    SQLite::Statement put_first_;
    SQLite::Statement delete_;
    SQLite::Statement delete_first_;
};

}  // namespace fieldpost::snapshot
