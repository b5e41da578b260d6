// Inside: blocks of entries as they are. Table NAME has the blocks, table NAME_first the first entry of each.
#pragma once

#include <string>

#include "sync/base/sqlite.hpp"
#include "sync/snapshot/block_store.hpp"

namespace fieldpost::snapshot {

class PlainBlocks : public BlockStore {
  public:
    PlainBlocks(Database& database, const std::string& table);

    std::optional<Home> at_or_before(BytesView key, std::int64_t row) override;
    std::optional<Home> before(BytesView key, std::int64_t row) override;
    std::optional<Home> after(BytesView key, std::int64_t row) override;
    std::optional<Bytes> find(std::int64_t block) override;
    void insert(const Posting& first, BytesView packed) override;
    void update(std::int64_t block, BytesView packed) override;
    void move_first(const Home& from, const Posting& to) override;
    void erase(const Home& home) override;
    void clear() override;
    void forget() override {}
    std::size_t overhead() const override { return 0; }

  private:
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
};

}  // namespace fieldpost::snapshot
