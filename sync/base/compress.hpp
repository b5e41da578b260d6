// zstd, with a bound on what comes out: compressed input is never trusted about its size.
#pragma once

#include "sync/base/bytes.hpp"
#include "sync/base/result.hpp"

namespace fieldpost {

Bytes compress(BytesView data, int level = 3);

// corrupt when damaged, full when the content is larger than `limit` bytes.
Result<Bytes> decompress(BytesView data, std::size_t limit);

}  // namespace fieldpost
