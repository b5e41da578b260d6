// Inside: many search entries in few bytes. A block holds entries in order of key and row; what neighbours
// share is written once, then packed with zstd where that helps. README.md describes the bytes. Pure; any
// thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sync/base/bytes.hpp"
#include "sync/base/result.hpp"
#include "sync/base/varint.hpp"

namespace fieldpost::snapshot {

// A key and the layer row that it leads to.
struct Posting {
    Bytes key;             // at most 250 bytes
    std::int64_t row = 0;  // as in schema.sql: place * 2^20 + slot
    auto operator<=>(const Posting&) const = default;
};

// `postings`: in order, at least one. Equal input gives equal bytes.
Bytes pack_postings(std::span<const Posting> postings);

// A block unpacked. Entries of one key follow each other: the key is there once, and it is found among the
// keys first, then the row among its rows.
class PostingBlock {
  public:
    // corrupt for bytes that pack_postings does not give; whatever the bytes, memory is bounded by
    // most_in_block.
    static Result<PostingBlock> unpack(BytesView packed);

    std::size_t size() const { return rows_.size(); }
    BytesView key(std::size_t at) const { return key_text(key_of_[at]); }
    std::int64_t row(std::size_t at) const { return rows_[at]; }
    // The first entry from `from` on that is not before (key, row); size() when all are. Quick when it is
    // near.
    std::size_t lower_bound(BytesView key, std::int64_t row, std::size_t from = 0) const;
    std::vector<Posting> all() const;

  private:
    bool take_keys(VarintReader& in, std::size_t count);
    bool rows_are_in_order() const;

    BytesView key_text(std::size_t key) const {
        return BytesView(keys_).substr(key_ends_[key], key_ends_[key + 1] - key_ends_[key]);
    }

    Bytes keys_;
    std::vector<std::uint32_t> key_ends_{0};  // key n is from key_ends_[n] to key_ends_[n + 1]
    std::vector<std::uint16_t> first_;        // entry of each key, and behind the last
    std::vector<std::uint16_t> key_of_;       // each entry's
    std::vector<std::int64_t> rows_;
};

inline constexpr std::size_t most_in_block = 4096;

}  // namespace fieldpost::snapshot
