// zstd, with a bound on what comes out: compressed input is never trusted about its size.
#pragma once

#include <memory>
#include <span>

#include "sync/base/bytes.hpp"
#include "sync/base/result.hpp"

namespace fieldpost {

// A Zstandard frame's first bytes (RFC 8878 3.1.1): 0xFD2FB528, little-endian.
inline constexpr BytesView zstd_frame_magic("\x28\xb5\x2f\xfd", 4);

Bytes compress(BytesView data, int level = 3);

// corrupt when damaged, full when the content is larger than `limit` bytes.
Result<Bytes> decompress(BytesView data, std::size_t limit);

// What such samples have in common, in at most `bytes`: a dictionary for more of their kind. Empty when there
// are too few to learn from. Equal samples give equal bytes.
Bytes train_dictionary(std::span<const Bytes> samples, std::size_t bytes);

// The same with a dictionary that both ends have, which makes what is short shorter. Prepared once; then any
// number of threads may use one object at the same time.
class CompressionDictionary {
  public:
    // `trained` as zstd's trainer writes it, or any bytes. Throws std::bad_alloc.
    CompressionDictionary(BytesView trained, int level);
    ~CompressionDictionary();

    Bytes compress(BytesView data) const;
    // As above. Another dictionary than it was compressed with may give other bytes and no error: what
    // matters is signed or hashed.
    Result<Bytes> decompress(BytesView data, std::size_t limit) const;

  private:
    struct Prepared;
    const std::unique_ptr<const Prepared> prepared_;
};

}  // namespace fieldpost
