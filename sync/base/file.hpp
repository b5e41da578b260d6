// Files that matter: written whole or not at all, and on disk when the call returns.
#pragma once

#include <filesystem>
#include <utility>
#include <vector>

#include "sync/base/bytes.hpp"
#include "sync/base/result.hpp"

namespace fieldpost {

// Reads a whole file. not_found, io, or full when it is larger than `limit` bytes.
Result<Bytes> read_file(const std::filesystem::path& path, std::uint64_t limit = 256U << 20U);

// Writes beside the target, fsyncs, renames over it, fsyncs the folder. Either the old or the new content is
// there after a power cut. `mode` is the permission of a new file.
Status write_file_atomic(const std::filesystem::path& path, BytesView content, unsigned mode = 0644);

Status fsync_file(const std::filesystem::path& path);
Status fsync_folder(const std::filesystem::path& folder);

// mkdir -p, then all that was made is fsynced, and the folder that the first of it lies in. One that is there
// already is fsynced with its parent: whoever made it may not have come that far.
Status make_folder(const std::filesystem::path& folder);

// What lies in the folder, in no order. not_found when there is none, io when it cannot be read to its end:
// a loop over std::filesystem::directory_iterator throws then.
Result<std::vector<std::filesystem::path>> list_folder(const std::filesystem::path& folder);

// While it lives no other process can take the same. The system lets go when the process ends, however.
class FolderLock {
  public:
    // conflict when another holds it.
    static Result<FolderLock> take(const std::filesystem::path& folder);
    FolderLock(FolderLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    FolderLock& operator=(FolderLock&&) = delete;
    ~FolderLock();

  private:
    explicit FolderLock(int fd) : fd_(fd) {}
    int fd_;
};

// Renames and fsyncs the folder(s).
Status rename_durably(const std::filesystem::path& from, const std::filesystem::path& to);

// Moves a damaged file (with its -wal and -shm beside it) to NAME.damaged-<n> and returns that path: never
// deleted.
Result<std::filesystem::path> set_aside(const std::filesystem::path& path);

// Bytes free for us on the file system of `path`; 0 when it cannot be asked.
std::uint64_t free_bytes(const std::filesystem::path& path);

}  // namespace fieldpost
