// Inside: where Postings keeps its blocks: plain tables (plain_blocks.hpp), or sealed ones
// (sealed_blocks.hpp).
#pragma once

#include <cstdint>
#include <optional>

#include "sync/snapshot/posting_block.hpp"

namespace fieldpost::snapshot {

// Whoever holds the connection; inside its transaction. Throws SQLite::Exception.
class BlockStore {
  public:
    // A block and its first entry.
    struct Home {
        std::int64_t block = 0;
        Posting first;
    };

    virtual ~BlockStore() = default;

    // The block whose first entry is the last one up to (key, row), before it, or behind it.
    virtual std::optional<Home> at_or_before(BytesView key, std::int64_t row) = 0;
    virtual std::optional<Home> before(BytesView key, std::int64_t row) = 0;
    virtual std::optional<Home> after(BytesView key, std::int64_t row) = 0;

    // nullopt when there is none of this number.
    virtual std::optional<Bytes> find(std::int64_t block) = 0;
    Bytes get(std::int64_t block);  // it must be there
    virtual void insert(const Posting& first, BytesView packed) = 0;
    virtual void update(std::int64_t block, BytesView packed) = 0;
    virtual void move_first(const Home& from, const Posting& to) = 0;
    virtual void erase(const Home& home) = 0;
    virtual void clear() = 0;
    // What is remembered of the file may not be so any more.
    virtual void forget() = 0;

    // Bytes that a block takes here beside what is in it.
    virtual std::size_t overhead() const = 0;
};

}  // namespace fieldpost::snapshot
