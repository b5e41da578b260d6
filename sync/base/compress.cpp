#include "sync/base/compress.hpp"

#include <zstd.h>

#include <new>

namespace fieldpost {

namespace {

struct Free {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
    void operator()(ZSTD_CDict* dictionary) const { ZSTD_freeCDict(dictionary); }
    void operator()(ZSTD_DDict* dictionary) const { ZSTD_freeDDict(dictionary); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

// zstd gives null only when there is no memory.
template <class T>
Owned<T> owned(T* made) {
    if (made == nullptr) throw std::bad_alloc();
    return Owned<T>(made);
}

Result<Bytes> unfold(ZSTD_DCtx* context, BytesView data, std::size_t limit) {
    // A frame may ask for a window of gigabytes; ours never need more than 8 MiB.
    ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, 23);
    Bytes out;
    ZSTD_inBuffer in{data.data(), data.size(), 0};
    std::size_t state = 1;
    char buffer[65536];
    while (in.pos < in.size || state != 0) {
        ZSTD_outBuffer piece{buffer, sizeof buffer, 0};
        const std::size_t before = in.pos;
        state = ZSTD_decompressStream(context, &piece, &in);
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
    return unfold(owned(ZSTD_createDCtx()).get(), data, limit);
}

struct CompressionDictionary::Prepared {
    Owned<ZSTD_CDict> compressing;
    Owned<ZSTD_DDict> decompressing;
};

CompressionDictionary::CompressionDictionary(BytesView trained, int level)
    : prepared_(
          std::make_unique<Prepared>(Prepared{owned(ZSTD_createCDict(trained.data(), trained.size(), level)),
                                              owned(ZSTD_createDDict(trained.data(), trained.size()))})) {}
CompressionDictionary::~CompressionDictionary() = default;

Bytes CompressionDictionary::compress(BytesView data) const {
    const auto context = owned(ZSTD_createCCtx());
    // Whoever unfolds it knows dictionary and bound: bytes that a short message can do without.
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_dictIDFlag, 0);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_contentSizeFlag, 0);
    ZSTD_CCtx_refCDict(context.get(), prepared_->compressing.get());
    Bytes out(ZSTD_compressBound(data.size()), '\0');
    const std::size_t size = ZSTD_compress2(context.get(), out.data(), out.size(), data.data(), data.size());
    if (ZSTD_isError(size)) throw std::bad_alloc();
    out.resize(size);
    return out;
}

Result<Bytes> CompressionDictionary::decompress(BytesView data, std::size_t limit) const {
    const auto context = owned(ZSTD_createDCtx());
    ZSTD_DCtx_refDDict(context.get(), prepared_->decompressing.get());
    return unfold(context.get(), data, limit);
}

}  // namespace fieldpost
