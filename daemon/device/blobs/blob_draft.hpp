// An attachment on its way to disk: written and hashed piece by piece under a name of its own.
#pragma once

#include "sync/base/crypto.hpp"
#include "sync/base/open_file.hpp"

namespace fieldpost::device {

// One thread at a time. Unless move_to() succeeded, the file goes with the object.
class BlobDraft {
  public:
    // conflict when there is one of that name.
    static Result<std::unique_ptr<BlobDraft>> begin(const std::filesystem::path& path);
    ~BlobDraft();
    BlobDraft(const BlobDraft&) = delete;
    BlobDraft& operator=(const BlobDraft&) = delete;

    // full, leaving the draft as it was, when less than `keep_free` bytes of the disk would be left.
    Status append(BytesView piece, std::uint64_t keep_free);
    std::uint64_t bytes() const { return bytes_; }

    // Ends the hash: on disk, but not in its place. Called once; nothing is appended afterwards.
    Result<Bytes> sync();
    // Takes its place, durably. After sync().
    Status move_to(const std::filesystem::path& path);

  private:
    explicit BlobDraft(OpenFile file) : file_(std::move(file)) {}

    OpenFile file_;
    Sha256 hash_;
    std::uint64_t bytes_ = 0;
    std::uint64_t synced_ = 0;
    bool moved_ = false;
};

}  // namespace fieldpost::device
