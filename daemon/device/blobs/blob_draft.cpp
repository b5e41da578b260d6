#include "daemon/device/blobs/blob_draft.hpp"

#include "sync/base/file.hpp"

namespace fieldpost::device {

namespace {

// All that is not on disk yet stands before the journal's next commit, on file systems that order their data:
// an emergency must not wait for a whole video.
constexpr std::uint64_t sync_every = 2U << 20U;

}  // namespace

Result<std::unique_ptr<BlobDraft>> BlobDraft::begin(const std::filesystem::path& path) {
    auto file = OpenFile::create(path);
    if (!file) return file.error();
    return std::unique_ptr<BlobDraft>(new BlobDraft(std::move(*file)));
}

BlobDraft::~BlobDraft() {
    if (moved_) return;
    std::error_code ignored;  // the next start removes it
    std::filesystem::remove(file_.path(), ignored);
}

Status BlobDraft::append(BytesView piece, std::uint64_t keep_free) {
    if (free_bytes(file_.path().parent_path()) < keep_free + piece.size()) {
        return fail(ErrorCode::full, "the disk is nearly full");
    }
    if (auto written = file_.write_at(bytes_, piece); !written) return written;
    hash_.update(piece);
    bytes_ += piece.size();
    if (bytes_ - synced_ < sync_every) return ok();
    synced_ = bytes_;
    return file_.sync();
}

Result<Bytes> BlobDraft::sync() {
    if (auto synced = file_.sync(); !synced) return synced.error();
    return hash_.finish();
}

Status BlobDraft::move_to(const std::filesystem::path& path) {
    auto moved = rename_durably(file_.path(), path);
    std::error_code error;
    // The rename may have been done and its sync failed: then nothing may name the file.
    if (!moved) std::filesystem::remove(path, error);
    moved_ = static_cast<bool>(moved);
    return moved;
}

}  // namespace fieldpost::device
