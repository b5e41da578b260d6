#include "sync/base/compress.hpp"

#include <zdict.h>
#include <zstd.h>

#include <new>
#include <vector>

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

// Making one takes longer than most messages do, so each thread keeps its own. They are as new: without the
// parameters and the dictionary of the last use.
ZSTD_CCtx* compressing() {
    thread_local const auto context = owned(ZSTD_createCCtx());
    ZSTD_CCtx_reset(context.get(), ZSTD_reset_session_and_parameters);
    return context.get();
}
ZSTD_DCtx* decompressing() {
    thread_local const auto context = owned(ZSTD_createDCtx());
    ZSTD_DCtx_reset(context.get(), ZSTD_reset_session_and_parameters);
    return context.get();
}

// A frame that says how much is in it, when that is little, as one piece: a stream takes several times as
// long to begin.
constexpr unsigned long long one_piece = 65536;

Result<Bytes> unfold_at_once(ZSTD_DCtx* context, BytesView data, std::size_t size) {
    Bytes out(size, '\0');
    const std::size_t unfolded =
        ZSTD_decompressDCtx(context, out.data(), out.size(), data.data(), data.size());
    if (ZSTD_isError(unfolded)) {
        return fail(ErrorCode::corrupt,
                    std::string("compressed data is damaged: ") + ZSTD_getErrorName(unfolded));
    }
    if (unfolded != size) return fail(ErrorCode::corrupt, "compressed data ends early");
    return out;
}

Result<Bytes> unfold(ZSTD_DCtx* context, BytesView data, std::size_t limit) {
    // The library also reads frames of zstd before 0.8, which heed no bound of the window, and frames that
    // hold nothing: nobody sends us either.
    if (!data.starts_with(zstd_frame_magic)) return fail(ErrorCode::corrupt, "this is no zstd frame");
    const unsigned long long size = ZSTD_getFrameContentSize(data.data(), data.size());
    const bool is_one_frame = ZSTD_findFrameCompressedSize(data.data(), data.size()) == data.size();
    if (is_one_frame && size <= one_piece && size <= limit)
        return unfold_at_once(context, data, static_cast<std::size_t>(size));
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
            // The library does not look at a frame that an empty block ends.
            if (size != ZSTD_CONTENTSIZE_UNKNOWN && size != out.size())
                return fail(ErrorCode::corrupt, "compressed data holds more or less than it says");
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
    const std::size_t size =
        ZSTD_compressCCtx(compressing(), out.data(), out.size(), data.data(), data.size(), level);
    // With a buffer of compressBound bytes the only failure left is memory.
    if (ZSTD_isError(size)) throw std::bad_alloc();
    out.resize(size);
    return out;
}

Result<Bytes> decompress(BytesView data, std::size_t limit) {
    return unfold(decompressing(), data, limit);
}

Bytes train_dictionary(std::span<const Bytes> samples, std::size_t bytes) {
    Bytes all;
    std::vector<std::size_t> sizes;
    for (const Bytes& sample : samples) {
        all += sample;
        sizes.push_back(sample.size());
    }
    Bytes out(bytes, '\0');
    const std::size_t size = ZDICT_trainFromBuffer(out.data(), out.size(), all.data(), sizes.data(),
                                                   static_cast<unsigned>(sizes.size()));
    out.resize(ZDICT_isError(size) != 0 ? 0 : size);
    return out;
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
    ZSTD_CCtx* const context = compressing();
    // Whoever unfolds it knows dictionary and bound: bytes that a short message can do without.
    ZSTD_CCtx_setParameter(context, ZSTD_c_dictIDFlag, 0);
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
    ZSTD_CCtx_refCDict(context, prepared_->compressing.get());
    Bytes out(ZSTD_compressBound(data.size()), '\0');
    const std::size_t size = ZSTD_compress2(context, out.data(), out.size(), data.data(), data.size());
    if (ZSTD_isError(size)) throw std::bad_alloc();
    out.resize(size);
    return out;
}

Result<Bytes> CompressionDictionary::decompress(BytesView data, std::size_t limit) const {
    ZSTD_DCtx* const context = decompressing();
    ZSTD_DCtx_refDDict(context, prepared_->decompressing.get());
    return unfold(context, data, limit);
}

}  // namespace fieldpost
