// zstd, with a bound on what comes out: compressed input is never trusted about its size.
#pragma once

#include <memory>

#include "sync/base/bytes.hpp"
#include "sync/base/result.hpp"

namespace fieldpost {

Bytes compress(BytesView data, int level = 3);

// corrupt when damaged, full when the content is larger than `limit` bytes.
Result<Bytes> decompress(BytesView data, std::size_t limit);

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
