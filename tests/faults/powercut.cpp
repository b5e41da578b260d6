// An LD_PRELOAD library: below FIELDPOST_POWERCUT_DIR the process has a disk that keeps only what was synced,
// so that SIGKILL is a power cut. README.md says what is modelled and what is not.
//
// Each call of the C library that reaches a file, by the name that programs are linked with: plain, and with
// 64 behind it, which is the same where file offsets have 64 bits.
#include <sys/sysmacros.h>

#include <cerrno>
#include <cstdarg>
#include <cstring>
#include <vector>

#include "tests/faults/disk.hpp"
#include "tests/faults/real.hpp"

static_assert(sizeof(off_t) == 8);

namespace {

using fieldpost::faults::Disk;
using fieldpost::faults::real;

Disk& disk() {
    return Disk::of_process();
}

__attribute__((constructor)) void begin() {
    disk();
}
// In a child that was forked and not started anew, what the parent holds is the parent's to write.
const pid_t owner = ::getpid();
__attribute__((destructor)) void end() {
    if (::getpid() == owner) disk().leave();
}

int open_file(int folder, const char* path, int flags, mode_t mode) {
    const bool makes_name = (flags & O_CREAT) != 0 && (flags & O_TMPFILE) != O_TMPFILE;
    std::optional<std::string> name;
    if (makes_name || (flags & O_TRUNC) != 0) name = disk().below(folder, path);
    if (!name) {
        const int fd = real().openat(folder, path, flags, mode);
        disk().opened(fd);
        return fd;
    }
    const int kept = flags & ~O_TRUNC;  // the cut is held like any other write
    int fd = -1;
    bool fresh = false;
    if (makes_name) {
        fd = real().openat(folder, path, kept | O_EXCL, mode);
        fresh = fd >= 0;
        if (fd < 0 && (errno != EEXIST || (flags & O_EXCL) != 0)) return -1;
    }
    if (fd < 0) fd = real().openat(folder, path, kept, mode);
    if (fd < 0) return -1;
    disk().opened(fd);
    if (fresh) disk().made(*name, fd);
    if ((flags & O_TRUNC) != 0 && !fresh) {
        const int cut = disk().models(fd) ? disk().truncate(fd, 0) : real().ftruncate(fd, 0);
        if (cut != 0) {
            const int error = errno;
            disk().closed(fd);
            real().close(fd);
            errno = error;
            return -1;
        }
    }
    return fd;
}

mode_t mode_of(int flags, std::va_list arguments) {
    const bool given = (flags & (O_CREAT | O_TMPFILE)) != 0;
    return given ? static_cast<mode_t>(va_arg(arguments, unsigned)) : 0;
}

std::FILE* open_stream(const char* path, const char* mode) {
    if (!disk().below(AT_FDCWD, path)) return real().fopen(path, mode);
    const bool both = std::strchr(mode, '+') != nullptr;
    int flags = *mode == 'r' ? 0 : *mode == 'w' ? O_CREAT | O_TRUNC : O_CREAT | O_APPEND;
    flags |= both ? O_RDWR : *mode == 'r' ? O_RDONLY : O_WRONLY;
    if (std::strchr(mode, 'e') != nullptr) flags |= O_CLOEXEC;
    if (std::strchr(mode, 'x') != nullptr) flags |= O_EXCL;
    const int fd = open_file(AT_FDCWD, path, flags, 0666);
    return fd < 0 ? nullptr : real().fdopen(fd, mode);
}

// Piece by piece; short when a piece was.
template <class One>
ssize_t vectored(const iovec* pieces, int count, One one) {
    ssize_t total = 0;
    for (int i = 0; i < count; ++i) {
        const ssize_t done = one(pieces[i].iov_base, pieces[i].iov_len, total);
        if (done < 0) return total > 0 ? total : -1;
        total += done;
        if (static_cast<std::size_t>(done) < pieces[i].iov_len) break;
    }
    return total;
}

ssize_t read_at(int fd, void* bytes, std::size_t count, off_t offset) {
    return disk().models(fd) ? disk().pread(fd, bytes, count, offset)
                             : real().pread(fd, bytes, count, offset);
}

ssize_t write_at(int fd, const void* bytes, std::size_t count, off_t offset) {
    return disk().models(fd) ? disk().pwrite(fd, bytes, count, offset)
                             : real().pwrite(fd, bytes, count, offset);
}

ssize_t read_pieces_at(int fd, const iovec* pieces, int count, off_t offset) {
    if (!disk().models(fd)) return real().preadv(fd, pieces, count, offset);
    return vectored(pieces, count, [&](void* bytes, std::size_t size, ssize_t done) {
        return disk().pread(fd, bytes, size, offset + done);
    });
}

ssize_t write_pieces_at(int fd, const iovec* pieces, int count, off_t offset) {
    if (!disk().models(fd)) return real().pwritev(fd, pieces, count, offset);
    return vectored(pieces, count, [&](const void* bytes, std::size_t size, ssize_t done) {
        return disk().pwrite(fd, bytes, size, offset + done);
    });
}

off_t seek(int fd, off_t offset, int whence) {
    if (whence == SEEK_END && disk().models(fd)) return disk().seek_end(fd, offset);
    return real().lseek(fd, offset, whence);
}

int cut_file(int fd, off_t size) {
    return disk().models(fd) ? disk().truncate(fd, size) : real().ftruncate(fd, size);
}

int cut_path(const char* path, off_t size) {
    if (!disk().below(AT_FDCWD, path)) return real().truncate(path, size);
    const int fd = open_file(AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
    if (fd < 0) return -1;
    const int cut = cut_file(fd, size);
    disk().closed(fd);
    real().close(fd);
    return cut;
}

int make_room(int fd, int how, off_t offset, off_t size) {
    if (!disk().models(fd)) return real().fallocate(fd, how, offset, size);
    if (how == 0) return disk().grow(fd, offset + size);
    errno = EOPNOTSUPP;
    return -1;
}

template <class Stat>
int corrected(int result, Stat* info) {
    if (result == 0 && S_ISREG(info->st_mode)) disk().correct(info->st_ino, info->st_dev, info->st_size);
    return result;
}

// Calls that take 64-bit structures have the same ones under other names.
struct stat* plain(struct stat64* info) {
    static_assert(sizeof(struct stat) == sizeof(struct stat64));
    return reinterpret_cast<struct stat*>(info);
}

void* map(void* address, std::size_t size, int protection, int flags, int fd, off_t offset) {
    // What is held cannot be seen in a mapping; SQLite then reads instead.
    if ((flags & MAP_ANONYMOUS) == 0 && disk().models(fd)) {
        errno = ENODEV;
        return MAP_FAILED;
    }
    return real().mmap(address, size, protection, flags, fd, offset);
}

int sync_file(int fd, int (*really)(int)) {
    if (disk().models(fd)) return disk().sync(fd);
    if (disk().sync_folder(fd)) return 0;
    return really(fd);
}

int move(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) {
    const auto old_name = disk().below(from_folder, from);
    const auto new_name = disk().below(to_folder, to);
    if (!old_name || !new_name || flags != 0)
        return real().renameat2(from_folder, from, to_folder, to, flags);
    return disk().rename(*old_name, *new_name, flags);
}

int take_away(int folder, const char* path, int flags) {
    const auto name = (flags & AT_REMOVEDIR) != 0 ? std::nullopt : disk().below(folder, path);
    return name ? disk().unlink(*name) : real().unlinkat(folder, path, flags);
}

int add_name(int from_folder, const char* from, int to_folder, const char* to, int flags) {
    const int result = real().linkat(from_folder, from, to_folder, to, flags);
    if (result == 0) {
        if (const auto name = disk().below(to_folder, to)) disk().linked(*name);
    }
    return result;
}

}  // namespace

extern "C" {

#define FIELDPOST_OPEN(name)                           \
    int name(const char* path, int flags, ...) {       \
        std::va_list arguments;                        \
        va_start(arguments, flags);                    \
        const mode_t mode = mode_of(flags, arguments); \
        va_end(arguments);                             \
        return open_file(AT_FDCWD, path, flags, mode); \
    }
FIELDPOST_OPEN(open)
FIELDPOST_OPEN(open64)
#undef FIELDPOST_OPEN
#define FIELDPOST_OPENAT(name)                               \
    int name(int folder, const char* path, int flags, ...) { \
        std::va_list arguments;                              \
        va_start(arguments, flags);                          \
        const mode_t mode = mode_of(flags, arguments);       \
        va_end(arguments);                                   \
        return open_file(folder, path, flags, mode);         \
    }
FIELDPOST_OPENAT(openat)
FIELDPOST_OPENAT(openat64)
#undef FIELDPOST_OPENAT
int creat(const char* path, mode_t mode) {
    return open_file(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}
int creat64(const char* path, mode_t mode) {
    return creat(path, mode);
}
// What a fortified program calls; without a mode, as O_CREAT is refused there.
int __open_2(const char* path, int flags) {
    return open_file(AT_FDCWD, path, flags, 0);
}
int __open64_2(const char* path, int flags) {
    return open_file(AT_FDCWD, path, flags, 0);
}
int __openat_2(int folder, const char* path, int flags) {
    return open_file(folder, path, flags, 0);
}
int __openat64_2(int folder, const char* path, int flags) {
    return open_file(folder, path, flags, 0);
}
std::FILE* fopen(const char* path, const char* mode) {
    return open_stream(path, mode);
}
std::FILE* fopen64(const char* path, const char* mode) {
    return open_stream(path, mode);
}

int close(int fd) {
    disk().closed(fd);
    return real().close(fd);
}
int fclose(std::FILE* stream) {
    disk().closed(::fileno(stream));
    return real().fclose(stream);
}
int close_range(unsigned first, unsigned last, int flags) noexcept {
    if ((static_cast<unsigned>(flags) & CLOSE_RANGE_CLOEXEC) == 0) {
        for (unsigned fd = first; fd <= last && fd < 4096; ++fd) disk().closed(static_cast<int>(fd));
    }
    return real().close_range(first, last, flags);
}
int dup(int fd) noexcept {
    const int other = real().dup(fd);
    if (other >= 0) disk().opened_same(other, fd);
    return other;
}
int dup2(int fd, int other) noexcept {
    const int result = real().dup2(fd, other);
    if (result >= 0 && fd != other) disk().opened_same(other, fd);
    return result;
}
int dup3(int fd, int other, int flags) noexcept {
    const int result = real().dup3(fd, other, flags);
    if (result >= 0) disk().opened_same(other, fd);
    return result;
}
#define FIELDPOST_FCNTL(name)                                                 \
    int name(int fd, int command, ...) {                                      \
        std::va_list arguments;                                               \
        va_start(arguments, command);                                         \
        void* const argument = va_arg(arguments, void*);                      \
        va_end(arguments);                                                    \
        const int result = real().fcntl(fd, command, argument);               \
        const bool copies = command == F_DUPFD || command == F_DUPFD_CLOEXEC; \
        if (result >= 0 && copies) disk().opened_same(result, fd);            \
        return result;                                                        \
    }
FIELDPOST_FCNTL(fcntl)
FIELDPOST_FCNTL(fcntl64)
#undef FIELDPOST_FCNTL

ssize_t read(int fd, void* bytes, std::size_t count) {
    return disk().models(fd) ? disk().read(fd, bytes, count) : real().read(fd, bytes, count);
}
ssize_t pread(int fd, void* bytes, std::size_t count, off_t offset) {
    return read_at(fd, bytes, count, offset);
}
ssize_t pread64(int fd, void* bytes, std::size_t count, off64_t offset) {
    return read_at(fd, bytes, count, offset);
}
ssize_t __read_chk(int fd, void* bytes, std::size_t count, std::size_t) {
    return read(fd, bytes, count);
}
ssize_t __pread_chk(int fd, void* bytes, std::size_t count, off_t offset, std::size_t) {
    return read_at(fd, bytes, count, offset);
}
ssize_t __pread64_chk(int fd, void* bytes, std::size_t count, off_t offset, std::size_t) {
    return read_at(fd, bytes, count, offset);
}
ssize_t readv(int fd, const iovec* pieces, int count) {
    if (!disk().models(fd)) return real().readv(fd, pieces, count);
    return vectored(pieces, count,
                    [&](void* bytes, std::size_t size, ssize_t) { return disk().read(fd, bytes, size); });
}
ssize_t preadv(int fd, const iovec* pieces, int count, off_t offset) {
    return read_pieces_at(fd, pieces, count, offset);
}
ssize_t preadv64(int fd, const iovec* pieces, int count, off64_t offset) {
    return read_pieces_at(fd, pieces, count, offset);
}
ssize_t write(int fd, const void* bytes, std::size_t count) {
    return disk().models(fd) ? disk().write(fd, bytes, count) : real().write(fd, bytes, count);
}
ssize_t pwrite(int fd, const void* bytes, std::size_t count, off_t offset) {
    return write_at(fd, bytes, count, offset);
}
ssize_t pwrite64(int fd, const void* bytes, std::size_t count, off64_t offset) {
    return write_at(fd, bytes, count, offset);
}
ssize_t writev(int fd, const iovec* pieces, int count) {
    if (!disk().models(fd)) return real().writev(fd, pieces, count);
    return vectored(pieces, count, [&](const void* bytes, std::size_t size, ssize_t) {
        return disk().write(fd, bytes, size);
    });
}
ssize_t pwritev(int fd, const iovec* pieces, int count, off_t offset) {
    return write_pieces_at(fd, pieces, count, offset);
}
ssize_t pwritev64(int fd, const iovec* pieces, int count, off64_t offset) {
    return write_pieces_at(fd, pieces, count, offset);
}
// Copies inside the kernel would not see what is held: programs then copy by reading and writing.
ssize_t sendfile(int to, int from, off_t* offset, std::size_t count) noexcept {
    if (!disk().models(to) && !disk().models(from)) return real().sendfile(to, from, offset, count);
    errno = EINVAL;
    return -1;
}
ssize_t sendfile64(int to, int from, off64_t* offset, std::size_t count) noexcept {
    return sendfile(to, from, offset, count);
}
ssize_t copy_file_range(int from, off64_t* from_offset, int to, off64_t* to_offset, std::size_t count,
                        unsigned flags) {
    if (!disk().models(to) && !disk().models(from)) {
        return real().copy_file_range(from, from_offset, to, to_offset, count, flags);
    }
    errno = EXDEV;
    return -1;
}

off_t lseek(int fd, off_t offset, int whence) noexcept {
    return seek(fd, offset, whence);
}
off64_t lseek64(int fd, off64_t offset, int whence) noexcept {
    return seek(fd, offset, whence);
}
int truncate(const char* path, off_t size) noexcept {
    return cut_path(path, size);
}
int truncate64(const char* path, off64_t size) noexcept {
    return cut_path(path, size);
}
int ftruncate(int fd, off_t size) noexcept {
    return cut_file(fd, size);
}
int ftruncate64(int fd, off64_t size) noexcept {
    return cut_file(fd, size);
}
int fallocate(int fd, int how, off_t offset, off_t size) {
    return make_room(fd, how, offset, size);
}
int fallocate64(int fd, int how, off64_t offset, off64_t size) {
    return make_room(fd, how, offset, size);
}
int posix_fallocate(int fd, off_t offset, off_t size) {
    if (!disk().models(fd)) return real().posix_fallocate(fd, offset, size);
    return disk().grow(fd, offset + size) == 0 ? 0 : errno;
}
int posix_fallocate64(int fd, off64_t offset, off64_t size) {
    return posix_fallocate(fd, offset, size);
}

int stat(const char* path, struct stat* info) noexcept {
    return corrected(real().stat(path, info), info);
}
int stat64(const char* path, struct stat64* info) noexcept {
    return corrected(real().stat(path, plain(info)), info);
}
int lstat(const char* path, struct stat* info) noexcept {
    return corrected(real().lstat(path, info), info);
}
int lstat64(const char* path, struct stat64* info) noexcept {
    return corrected(real().lstat(path, plain(info)), info);
}
int fstat(int fd, struct stat* info) noexcept {
    return corrected(real().fstat(fd, info), info);
}
int fstat64(int fd, struct stat64* info) noexcept {
    return corrected(real().fstat(fd, plain(info)), info);
}
int fstatat(int folder, const char* path, struct stat* info, int flags) noexcept {
    return corrected(real().fstatat(folder, path, info, flags), info);
}
int fstatat64(int folder, const char* path, struct stat64* info, int flags) noexcept {
    return corrected(real().fstatat(folder, path, plain(info), flags), info);
}
int statx(int folder, const char* path, int flags, unsigned mask, struct statx* info) noexcept {
    const int result = real().statx(folder, path, flags, mask, info);
    if (result == 0 && S_ISREG(info->stx_mode)) {
        disk().correct(info->stx_ino, gnu_dev_makedev(info->stx_dev_major, info->stx_dev_minor),
                       info->stx_size);
    }
    return result;
}

int fsync(int fd) {
    return sync_file(fd, real().fsync);
}
int fdatasync(int fd) {
    return sync_file(fd, real().fdatasync);
}
// The whole file: what it may keep, a disk may keep.
int sync_file_range(int fd, off64_t offset, off64_t size, unsigned flags) {
    return disk().models(fd) ? disk().sync(fd) : real().sync_file_range(fd, offset, size, flags);
}
int syncfs(int fd) noexcept {
    disk().sync_all();
    return real().syncfs(fd);
}
void sync() noexcept {
    disk().sync_all();
    real().sync();
}

void* mmap(void* address, std::size_t size, int protection, int flags, int fd, off_t offset) noexcept {
    return map(address, size, protection, flags, fd, offset);
}
void* mmap64(void* address, std::size_t size, int protection, int flags, int fd, off64_t offset) noexcept {
    return map(address, size, protection, flags, fd, offset);
}

int rename(const char* from, const char* to) noexcept {
    return move(AT_FDCWD, from, AT_FDCWD, to, 0);
}
int renameat(int from_folder, const char* from, int to_folder, const char* to) noexcept {
    return move(from_folder, from, to_folder, to, 0);
}
int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) noexcept {
    return move(from_folder, from, to_folder, to, flags);
}
int unlink(const char* path) noexcept {
    return take_away(AT_FDCWD, path, 0);
}
int unlinkat(int folder, const char* path, int flags) noexcept {
    return take_away(folder, path, flags);
}
int remove(const char* path) noexcept {
    struct stat info {};
    if (real().lstat(path, &info) == 0 && S_ISDIR(info.st_mode)) return real().remove(path);
    return take_away(AT_FDCWD, path, 0);
}
int link(const char* from, const char* to) noexcept {
    return add_name(AT_FDCWD, from, AT_FDCWD, to, 0);
}
int linkat(int from_folder, const char* from, int to_folder, const char* to, int flags) noexcept {
    return add_name(from_folder, from, to_folder, to, flags);
}

}  // extern "C"
