#include "sync/base/file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "sync/base/file_error.hpp"

namespace fieldpost {

namespace {

class Fd {
  public:
    explicit Fd(int fd) : fd_(fd) {}
    ~Fd() {
        if (fd_ >= 0) ::close(fd_);
    }
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    int get() const { return fd_; }
    bool valid() const { return fd_ >= 0; }

  private:
    int fd_;
};

std::filesystem::path folder_of(const std::filesystem::path& path) {
    return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

Status write_all(int fd, BytesView content, const std::filesystem::path& path) {
    while (!content.empty()) {
        const ssize_t written = ::write(fd, content.data(), content.size());
        if (written < 0) {
            if (errno == EINTR) continue;
            return file_error(path, "write");
        }
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    return ok();
}

Status fsync_path(const std::filesystem::path& path, int flags) {
    const Fd fd(::open(path.c_str(), flags | O_CLOEXEC));
    if (!fd.valid()) return file_error(path, "open");
    if (::fsync(fd.get()) != 0) return file_error(path, "sync");
    return ok();
}

}  // namespace

Result<Bytes> read_file(const std::filesystem::path& path, std::uint64_t limit) {
    const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd.valid()) return file_error(path, "open");
    Bytes content;
    char buffer[65536];
    for (;;) {
        const ssize_t got = ::read(fd.get(), buffer, sizeof buffer);
        if (got < 0) {
            if (errno == EINTR) continue;
            return file_error(path, "read");
        }
        if (got == 0) return content;
        if (content.size() + static_cast<std::size_t>(got) > limit) {
            return fail(ErrorCode::full,
                        path.string() + " is larger than " + std::to_string(limit) + " bytes");
        }
        content.append(buffer, static_cast<std::size_t>(got));
    }
}

Status write_file_atomic(const std::filesystem::path& path, BytesView content, unsigned mode) {
    std::filesystem::path draft = path;
    draft += ".draft";
    ::unlink(draft.c_str());  // one that a crash left would keep its own permissions
    {
        const Fd fd(
            ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, static_cast<mode_t>(mode)));
        if (!fd.valid()) return file_error(draft, "create");
        if (auto written = write_all(fd.get(), content, draft); !written) {
            ::unlink(draft.c_str());
            return written;
        }
        if (::fsync(fd.get()) != 0) {
            const Error error = file_error(draft, "sync");
            ::unlink(draft.c_str());
            return error;
        }
    }
    auto placed = rename_durably(draft, path);
    if (!placed) ::unlink(draft.c_str());
    return placed;
}

Status fsync_file(const std::filesystem::path& path) {
    return fsync_path(path, O_RDONLY);
}

Status fsync_folder(const std::filesystem::path& folder) {
    return fsync_path(folder, O_RDONLY | O_DIRECTORY);
}

Status make_folder(const std::filesystem::path& folder) {
    std::error_code error;
    std::vector<std::filesystem::path> changed = {folder, folder_of(folder)};
    while (!std::filesystem::exists(changed.back(), error) && changed.back() != folder_of(changed.back())) {
        changed.push_back(folder_of(changed.back()));
    }
    std::filesystem::create_directories(folder, error);
    if (error) return fail(ErrorCode::io, "cannot create folder " + folder.string() + ": " + error.message());
    for (const auto& each : changed) {
        if (auto synced = fsync_folder(each); !synced) return synced;
    }
    return ok();
}

Result<std::vector<std::filesystem::path>> list_folder(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> out;
    std::error_code error;
    std::filesystem::directory_iterator entry(folder, error);
    for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
        out.push_back(entry->path());
    }
    if (!error) return out;
    const bool is_missing = error == std::errc::no_such_file_or_directory;
    return fail(is_missing ? ErrorCode::not_found : ErrorCode::io,
                "cannot list " + folder.string() + ": " + error.message());
}

Result<FolderLock> FolderLock::take(const std::filesystem::path& folder) {
    const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return file_error(folder, "open");
    FolderLock lock(fd);
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return lock;
    if (errno == EWOULDBLOCK) {
        return fail(ErrorCode::conflict, "another program works in " + folder.string());
    }
    return file_error(folder, "lock");
}

FolderLock::~FolderLock() {
    if (fd_ >= 0) ::close(fd_);
}

Status rename_durably(const std::filesystem::path& from, const std::filesystem::path& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) return file_error(to, "rename into place");
    if (folder_of(from) != folder_of(to)) {
        if (auto synced = fsync_folder(folder_of(from)); !synced) return synced;
    }
    return fsync_folder(folder_of(to));
}

Result<std::filesystem::path> set_aside(const std::filesystem::path& path) {
    std::filesystem::path target;
    for (int n = 1;; ++n) {
        target = path;
        target += ".damaged-" + std::to_string(n);
        std::error_code ignored;
        if (!std::filesystem::exists(target, ignored)) break;
    }
    for (const char* suffix : {"-wal", "-shm"}) {
        std::filesystem::path side = path;
        side += suffix;
        std::filesystem::path side_target = target;
        side_target += suffix;
        if (::rename(side.c_str(), side_target.c_str()) != 0 && errno != ENOENT) {
            return file_error(side, "set aside");
        }
    }
    if (auto renamed = rename_durably(path, target); !renamed) return renamed.error();
    return target;
}

std::uint64_t free_bytes(const std::filesystem::path& path) {
    struct statvfs space {};
    if (::statvfs(path.c_str(), &space) != 0) return 0;
    return static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize;
}

}  // namespace fieldpost
