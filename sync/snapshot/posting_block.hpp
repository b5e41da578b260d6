// Inside: many search entries in few bytes. A block holds entries in order of key and row; what neighbours
// share is written once, then packed with zstd where that helps. README.md describes the bytes. Pure; any
// thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sync/base/bytes.hpp"
#include "sync/base/result.hpp"

namespace fieldpost::snapshot {

// A key and the layer row that it leads to.
struct Posting {
    Bytes key;             // at most 250 bytes
    std::int64_t row = 0;  // as in schema.sql: place * 2^20 + slot
    auto operator<=>(const Posting&) const = default;
};

// `postings`: in order, at least one. Equal input gives equal bytes.
Bytes pack_postings(std::span<const Posting> postings);

// A block unpacked, without a string for each key.
class PostingBlock {
  public:
    // corrupt for bytes that pack_postings does not give; whatever the bytes, memory is bounded by
    // most_in_block.
    static Result<PostingBlock> unpack(BytesView packed);

    std::size_t size() const { return rows_.size(); }
    BytesView key(std::size_t at) const {
        return BytesView(keys_).substr(ends_[at], ends_[at + 1] - ends_[at]);
    }
    std::int64_t row(std::size_t at) const { return rows_[at]; }
    // The first entry that is not before (key, row); size() when all are.
    std::size_t lower_bound(BytesView key, std::int64_t row) const;
    std::vector<Posting> all() const;

  private:
    // `shares`: so many bytes of each key are as in the key before.
    bool is_in_order(const std::vector<std::uint8_t>& shares) const;

    Bytes keys_;
    std::vector<std::uint32_t> ends_{0};  // key n is from ends_[n] to ends_[n + 1]
    std::vector<std::int64_t> rows_;
};

inline constexpr std::size_t most_in_block = 4096;

}  // namespace fieldpost::snapshot
