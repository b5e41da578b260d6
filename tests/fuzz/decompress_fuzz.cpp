// zstd from outside. The first two bytes are the bound (in 16 bytes), the rest is compressed data: what comes
// out stays within the bound, and so does the memory, whatever the frame claims of its window and size. The
// same bytes as plain data come back from compress() whole, and are refused by a bound that is one too small.
#include "sync/base/compress.hpp"
#include "tests/fuzz/heap_bound.hpp"
#include "tests/fuzz/promise.hpp"

using namespace fieldpost;
using namespace fieldpost::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::size_t limit = (data[0] | (static_cast<std::size_t>(data[1]) << 8U)) * 16;
    const BytesView bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
    const HeapBound bound(16U << 20U);
    if (const auto plain = decompress(bytes, limit)) {
        must(plain->size() <= limit, "what comes out stays within the bound");
        must(decompress(bytes, plain->size()).value() == *plain, "the bound may be met exactly");
        must(decompress(compress(*plain), plain->size()).value() == *plain, "what came out goes in again");
        must(!decompress(BytesView(bytes).substr(0, bytes.size() - 1), limit) || bytes.empty(),
             "compressed data that is cut short is damaged");
        must(!decompress(Bytes(bytes) + '\0', limit), "nothing may follow compressed data");
    } else {
        must(plain.error().code == ErrorCode::corrupt || plain.error().code == ErrorCode::full,
             "it is damaged or too large, and says which");
    }
    must(decompress(compress(bytes), bytes.size()).value() == bytes, "what is compressed comes back");
    if (bytes.empty()) return 0;
    const auto refused = decompress(compress(bytes), bytes.size() - 1);
    must(!refused && refused.error().code == ErrorCode::full, "one byte beyond the bound is too many");
    return 0;
}
