#include "sync/base/compress.hpp"

#include <zstd.h>

#include <algorithm>
#include <memory>

namespace fieldpost {

namespace {

struct StreamDeleter {
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
};

}  // namespace

Bytes compress(BytesView data, int level) {
    Bytes out(ZSTD_compressBound(data.size()), '\0');
    const std::size_t size = ZSTD_compress(out.data(), out.size(), data.data(), data.size(), level);
    // With a buffer of compressBound bytes the only failure left is memory.
    if (ZSTD_isError(size)) throw std::bad_alloc();
    out.resize(size);
    return out;
}

Result<Bytes> decompress(BytesView data, std::size_t limit) {
    const std::unique_ptr<ZSTD_DStream, StreamDeleter> stream(ZSTD_createDStream());
    // A frame may ask for a window of gigabytes; ours never need more than 8 MiB.
    ZSTD_DCtx_setParameter(stream.get(), ZSTD_d_windowLogMax, 23);
    Bytes out;
    ZSTD_inBuffer in{data.data(), data.size(), 0};
    std::size_t state = 1;
    char buffer[65536];
    while (in.pos < in.size || state != 0) {
        ZSTD_outBuffer piece{buffer, sizeof buffer, 0};
        const std::size_t before = in.pos;
        state = ZSTD_decompressStream(stream.get(), &piece, &in);
        if (ZSTD_isError(state)) {
            return fail(ErrorCode::corrupt,
                        std::string("compressed data is damaged: ") + ZSTD_getErrorName(state));
        }
        if (out.size() + piece.pos > limit) {
            return fail(ErrorCode::full,
                        "compressed data unfolds to more than " + std::to_string(limit) + " bytes");
        }
        out.append(buffer, piece.pos);
        if (state == 0) {
            if (in.pos < in.size)
                return fail(ErrorCode::corrupt, "bytes follow the end of the compressed data");
            return out;
        }
        if (piece.pos == 0 && in.pos == before && in.pos == in.size) {
            return fail(ErrorCode::corrupt, "compressed data ends early");
        }
    }
    return out;
}

}  // namespace fieldpost
