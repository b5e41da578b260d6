#include "tests/faults/disk.hpp"

#include <limits.h>

#include <cerrno>
#include <cstdlib>

#include "tests/faults/real.hpp"

namespace fieldpost::faults {

namespace {

// With tearing on, about one write in so many lets something through to the disk, and fewer a folder's names.
constexpr unsigned tear_every = 12;
constexpr unsigned names_every = 50;

std::string setting(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

// The folder must exist: of a name that is about to be made only the last part may be new.
std::string real_folder(const std::string& path) {
    char resolved[PATH_MAX];
    return ::realpath(path.c_str(), resolved) == nullptr ? std::string() : std::string(resolved);
}

std::string path_of(int fd) {
    char path[PATH_MAX];
    const ssize_t got = ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), path, sizeof path);
    return got <= 0 ? std::string() : std::string(path, static_cast<std::size_t>(got));
}

// SQLite maps its -shm file and rebuilds it after a crash: nothing in it need survive.
bool passes_through(const std::string& path) {
    return path.ends_with("-shm") || path.find("/.powercut") != std::string::npos;
}

}  // namespace

Disk& Disk::of_process() {
    static Disk* const disk = new Disk;  // never destroyed: other libraries close files at exit
    return *disk;
}

Disk::Disk() {
    const std::string folder = setting("FIELDPOST_POWERCUT_DIR");
    if (!folder.empty()) root_ = real_folder(folder);
    if (root_.empty()) return;
    lie_ = setting("FIELDPOST_POWERCUT_LIE");
    if (const std::string seed = setting("FIELDPOST_POWERCUT_TEAR"); !seed.empty()) {
        tearing_.emplace(std::strtoull(seed.c_str(), nullptr, 10));
    }
    names_.open(root_);
}

bool Disk::lies(const std::string& path) const {
    return !lie_.empty() && (lie_ == "1" || path.substr(path.find_last_of('/') + 1).starts_with(lie_));
}

std::optional<std::string> Disk::below(int folder, const char* path) {
    if (root_.empty() || path == nullptr || *path == '\0') return std::nullopt;
    std::string whole = path;
    if (whole.front() != '/') whole = (folder == AT_FDCWD ? real_folder(".") : path_of(folder)) + "/" + whole;
    const auto slash = whole.find_last_of('/');
    const std::string name = whole.substr(slash + 1);
    if (name.empty() || name == "." || name == "..") return std::nullopt;
    const std::string parent = real_folder(slash == 0 ? "/" : whole.substr(0, slash));
    if (parent != root_ && !parent.starts_with(root_ + "/")) return std::nullopt;
    whole = parent + "/" + name;
    if (passes_through(whole) || whole.find_first_of("\t\n") != std::string::npos) return std::nullopt;
    return whole;
}

void Disk::opened(int fd) {
    if (root_.empty() || fd < 0 || static_cast<std::size_t>(fd) >= max_descriptors) return;
    closed(fd);  // by a call that nobody stands in front of
    struct stat info {};
    if (real().fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) return;
    const std::string path = path_of(fd);
    if (!path.starts_with(root_ + "/") || passes_through(path)) return;
    const std::lock_guard lock(mutex_);
    const std::pair key(info.st_dev, info.st_ino);
    auto& file = files_[key];
    if (!file) {
        file = std::make_unique<File>();
        file->key = key;
        file->lies = lies(path);
    }
    ++file->descriptors;
    descriptors_[static_cast<std::size_t>(fd)].store(file.get(), std::memory_order_release);
}

void Disk::opened_same(int fd, int other) {
    closed(fd);
    const std::lock_guard lock(mutex_);
    File* const file = at(other);
    if (file == nullptr || fd < 0 || static_cast<std::size_t>(fd) >= max_descriptors) return;
    ++file->descriptors;
    descriptors_[static_cast<std::size_t>(fd)].store(file, std::memory_order_release);
}

void Disk::closed(int fd) {
    if (!models(fd)) return;
    const std::lock_guard lock(mutex_);
    File* const file = at(fd);
    if (file == nullptr) return;
    descriptors_[static_cast<std::size_t>(fd)].store(nullptr, std::memory_order_release);
    --file->descriptors;
    release(file);
}

// Forgets a file that nobody has open and nothing waits for.
void Disk::release(File* file) {
    if (file->descriptors == 0 && (file->nameless || !file->bytes.holds())) files_.erase(file->key);
}

void Disk::taken_away(const struct stat& info) {
    const auto found = files_.find({info.st_dev, info.st_ino});
    if (found == files_.end() || info.st_nlink > 1) return;
    found->second->nameless = true;
    release(found->second.get());
}

void Disk::maybe_tear(File& file) {
    if (!tearing_) return;
    if ((*tearing_)() % tear_every == 0 && !file.lies) file.bytes.tear(*tearing_);
    if ((*tearing_)() % names_every == 0 && lie_ != "1") names_.all_synced();
}

off_t Disk::size_of(int fd, const File& file) const {
    if (file.bytes.holds()) return file.bytes.size();
    struct stat info {};
    return real().fstat(fd, &info) == 0 ? info.st_size : -1;
}

ssize_t Disk::pread(int fd, void* bytes, std::size_t count, off_t offset) {
    const std::lock_guard lock(mutex_);
    return at(fd)->bytes.read(fd, static_cast<char*>(bytes), count, offset);
}

ssize_t Disk::pwrite(int fd, const void* bytes, std::size_t count, off_t offset) {
    const std::lock_guard lock(mutex_);
    File& file = *at(fd);
    const ssize_t wrote = file.bytes.write(fd, static_cast<const char*>(bytes), count, offset);
    if (wrote > 0) maybe_tear(file);
    return wrote;
}

// The kernel keeps the position, which may lie behind its own end of the file.
ssize_t Disk::read(int fd, void* bytes, std::size_t count) {
    const std::lock_guard lock(mutex_);
    const off_t position = real().lseek(fd, 0, SEEK_CUR);
    const ssize_t got = at(fd)->bytes.read(fd, static_cast<char*>(bytes), count, position);
    if (got > 0) real().lseek(fd, position + got, SEEK_SET);
    return got;
}

ssize_t Disk::write(int fd, const void* bytes, std::size_t count) {
    const std::lock_guard lock(mutex_);
    File& file = *at(fd);
    const bool at_end = (real().fcntl(fd, F_GETFL) & O_APPEND) != 0;
    const off_t position = at_end ? size_of(fd, file) : real().lseek(fd, 0, SEEK_CUR);
    const ssize_t wrote = file.bytes.write(fd, static_cast<const char*>(bytes), count, position);
    if (wrote > 0) {
        real().lseek(fd, position + wrote, SEEK_SET);
        maybe_tear(file);
    }
    return wrote;
}

off_t Disk::seek_end(int fd, off_t offset) {
    const std::lock_guard lock(mutex_);
    return real().lseek(fd, size_of(fd, *at(fd)) + offset, SEEK_SET);
}

int Disk::truncate(int fd, off_t size) {
    const std::lock_guard lock(mutex_);
    return at(fd)->bytes.truncate(fd, size);
}

int Disk::grow(int fd, off_t size) {
    const std::lock_guard lock(mutex_);
    File& file = *at(fd);
    if (size <= size_of(fd, file)) return 0;
    const char zero = '\0';
    return file.bytes.write(fd, &zero, 1, size - 1) == 1 ? 0 : -1;
}

int Disk::sync(int fd) {
    const std::lock_guard lock(mutex_);
    File& file = *at(fd);
    return file.lies ? 0 : file.bytes.sync();
}

bool Disk::sync_folder(int fd) {
    struct stat info {};
    if (root_.empty() || real().fstat(fd, &info) != 0 || !S_ISDIR(info.st_mode)) return false;
    const std::string path = path_of(fd);
    if (path != root_ && !path.starts_with(root_ + "/")) return false;
    const std::lock_guard lock(mutex_);
    if (lie_ != "1") names_.synced(path);
    return true;
}

void Disk::sync_all() {
    const std::lock_guard lock(mutex_);
    for (auto& [key, file] : files_) {
        if (!file->lies) file->bytes.sync();
    }
    if (lie_ != "1") names_.all_synced();
}

void Disk::leave() {
    const std::lock_guard lock(mutex_);
    for (auto& [key, file] : files_) file->bytes.sync();
    names_.all_synced();
}

void Disk::made(const std::string& path, int fd) {
    struct stat info {};
    if (real().fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) return;
    const std::lock_guard lock(mutex_);
    names_.made(path, info.st_ino);
}

void Disk::linked(const std::string& path) {
    struct stat info {};
    if (real().lstat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return;
    const std::lock_guard lock(mutex_);
    names_.made(path, info.st_ino);
}

int Disk::rename(const std::string& from, const std::string& to, unsigned flags) {
    const std::lock_guard lock(mutex_);
    struct stat moved {};
    struct stat replaced {};
    const bool file = real().lstat(from.c_str(), &moved) == 0 && S_ISREG(moved.st_mode);
    const bool over = file && real().lstat(to.c_str(), &replaced) == 0 && S_ISREG(replaced.st_mode) &&
                      replaced.st_ino != moved.st_ino;
    const std::string saved = over ? names_.save(to) : std::string();
    if (real().renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), flags) != 0) {
        const int error = errno;
        names_.forget(saved);
        errno = error;
        return -1;
    }
    if (file && (!over || !saved.empty())) names_.renamed(from, to, moved.st_ino, saved);
    if (over) taken_away(replaced);
    return 0;
}

int Disk::unlink(const std::string& path) {
    const std::lock_guard lock(mutex_);
    struct stat info {};
    const bool file = real().lstat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
    const std::string saved = file ? names_.save(path) : std::string();
    if (real().unlink(path.c_str()) != 0) {
        const int error = errno;
        names_.forget(saved);
        errno = error;
        return -1;
    }
    if (!saved.empty()) names_.unlinked(path, info.st_ino, saved);
    if (file) taken_away(info);
    return 0;
}

}  // namespace fieldpost::faults
