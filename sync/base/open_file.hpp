// A file that is written and read in pieces. For whole files: file.hpp.
#pragma once

#include <cstdint>
#include <filesystem>
#include <utility>

#include "sync/base/bytes.hpp"
#include "sync/base/result.hpp"

namespace fieldpost {

// One thread at a time. Errors: not_found, full (no space, quota), refused (permissions), else io.
class OpenFile {
  public:
    // conflict when there is one of that name.
    static Result<OpenFile> create(const std::filesystem::path& path, unsigned mode = 0644);
    // Made when it is missing.
    static Result<OpenFile> open_or_create(const std::filesystem::path& path, unsigned mode = 0644);
    static Result<OpenFile> open_to_read(const std::filesystem::path& path);
    OpenFile(OpenFile&& other) noexcept : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)) {}
    OpenFile& operator=(OpenFile&& other) noexcept;
    ~OpenFile();

    Result<std::uint64_t> size() const;
    // All of it, at this place. After an Error, any part of it may be there.
    Status write_at(std::uint64_t offset, BytesView content);
    // Exactly so many bytes; corrupt when the file ends before.
    Result<Bytes> read_at(std::uint64_t offset, std::size_t bytes) const;
    Status truncate(std::uint64_t size);
    // Content and size are on disk when it returns. After an Error, what was not on disk before may never be,
    // whatever a later call says: write it anew.
    Status sync();
    // It will be read from its beginning to its end: the system reads ahead.
    void expect_sequential_reads() const;

    const std::filesystem::path& path() const { return path_; }

  private:
    static Result<OpenFile> open(const std::filesystem::path& path, int flags, unsigned mode);
    OpenFile(std::filesystem::path path, int fd) : path_(std::move(path)), fd_(fd) {}

    std::filesystem::path path_;
    int fd_ = -1;
};

}  // namespace fieldpost
