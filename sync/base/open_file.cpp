#include "sync/base/open_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sync/base/file_error.hpp"

namespace fieldpost {

static_assert(sizeof(off_t) == 8);  // a city or a journal may be longer than 2 GB

Result<OpenFile> OpenFile::open(const std::filesystem::path& path, int flags, unsigned mode) {
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC, static_cast<mode_t>(mode));
    if (fd < 0) return file_error(path, "open");
    return OpenFile(path, fd);
}

Result<OpenFile> OpenFile::create(const std::filesystem::path& path, unsigned mode) {
    return open(path, O_RDWR | O_CREAT | O_EXCL, mode);
}

Result<OpenFile> OpenFile::open_or_create(const std::filesystem::path& path, unsigned mode) {
    return open(path, O_RDWR | O_CREAT, mode);
}

Result<OpenFile> OpenFile::open_to_read(const std::filesystem::path& path) {
    return open(path, O_RDONLY, 0);
}

OpenFile& OpenFile::operator=(OpenFile&& other) noexcept {
    if (this != &other) {
        if (fd_ >= 0) ::close(fd_);
        path_ = std::move(other.path_);
        fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
}

OpenFile::~OpenFile() {
    if (fd_ >= 0) ::close(fd_);
}

Result<std::uint64_t> OpenFile::size() const {
    struct stat found {};
    if (::fstat(fd_, &found) != 0) return file_error(path_, "ask the size of");
    return static_cast<std::uint64_t>(found.st_size);
}

Status OpenFile::write_at(std::uint64_t offset, BytesView content) {
    while (!content.empty()) {
        const ssize_t written = ::pwrite(fd_, content.data(), content.size(), static_cast<off_t>(offset));
        if (written < 0) {
            if (errno == EINTR) continue;
            return file_error(path_, "write");
        }
        content.remove_prefix(static_cast<std::size_t>(written));
        offset += static_cast<std::uint64_t>(written);
    }
    return ok();
}

Result<Bytes> OpenFile::read_at(std::uint64_t offset, std::size_t bytes) const {
    Bytes content(bytes, '\0');
    std::size_t have = 0;
    while (have < bytes) {
        const ssize_t got =
            ::pread(fd_, content.data() + have, bytes - have, static_cast<off_t>(offset + have));
        if (got < 0) {
            if (errno == EINTR) continue;
            return file_error(path_, "read");
        }
        if (got == 0) return fail(ErrorCode::corrupt, path_.string() + " is shorter than it was");
        have += static_cast<std::size_t>(got);
    }
    return content;
}

Status OpenFile::truncate(std::uint64_t size) {
    if (::ftruncate(fd_, static_cast<off_t>(size)) != 0) return file_error(path_, "shorten");
    return ok();
}

Status OpenFile::sync() {
    if (::fsync(fd_) != 0) return file_error(path_, "sync");
    return ok();
}

void OpenFile::expect_sequential_reads() const {
    ::posix_fadvise(fd_, 0, 0, POSIX_FADV_SEQUENTIAL);
}

}  // namespace fieldpost
