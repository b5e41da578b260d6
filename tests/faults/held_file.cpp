#include "tests/faults/held_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "tests/faults/real.hpp"

namespace fieldpost::faults {

namespace {

constexpr off_t block = 4096;  // a file system gives room in these

off_t round_up(off_t value, off_t unit) {
    return (value + unit - 1) / unit * unit;
}

}  // namespace

HeldFile::~HeldFile() {
    if (fd_ >= 0) real().close(fd_);
}

// The first difference between what is seen and what is on disk.
int HeldFile::begin(int fd) {
    if (held_) return 0;
    if (fd_ < 0) {
        const std::string self = "/proc/self/fd/" + std::to_string(fd);
        fd_ = real().open(self.c_str(), O_RDWR | O_CLOEXEC);
        if (fd_ < 0) return -1;
    }
    struct stat info {};
    if (real().fstat(fd_, &info) != 0) return -1;
    size_ = disk_ = valid_ = info.st_size;
    reserved_ = round_up(disk_, block);
    held_ = true;
    return 0;
}

void HeldFile::settle() {
    held_ = !sectors_.empty() || size_ != disk_ || valid_ != disk_;
}

int HeldFile::reserve(off_t end) {
    if (end <= reserved_) return 0;
    const off_t wanted = round_up(end, block);
    if (real().fallocate(fd_, FALLOC_FL_KEEP_SIZE, reserved_, wanted - reserved_) != 0 &&
        (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)) {
        return -1;
    }
    reserved_ = wanted;
    return 0;
}

// A sector as it is on disk, or zero where there is none.
void HeldFile::base(off_t at, std::array<char, sector>& out) const {
    out.fill('\0');
    std::size_t done = 0;
    while (at + static_cast<off_t>(done) < valid_ && done < out.size()) {
        const auto wanted = std::min(out.size() - done, static_cast<std::size_t>(valid_ - at) - done);
        const ssize_t got = real().pread(fd_, out.data() + done, wanted, at + static_cast<off_t>(done));
        if (got <= 0) return;
        done += static_cast<std::size_t>(got);
    }
}

ssize_t HeldFile::write(int fd, const char* bytes, std::size_t count, off_t at) {
    if (count == 0) return 0;
    if (begin(fd) != 0) return -1;
    const off_t end = at + static_cast<off_t>(count);
    if (reserve(end) != 0) {
        settle();
        return -1;
    }
    for (off_t where = at; where < end;) {
        const off_t start = where / sector * sector;
        const off_t upto = std::min(end, start + sector);
        auto [held, fresh] = sectors_.try_emplace(start);
        if (fresh && (where != start || upto != start + sector)) base(start, held->second);
        std::memcpy(held->second.data() + (where - start), bytes + (where - at),
                    static_cast<std::size_t>(upto - where));
        where = upto;
    }
    size_ = std::max(size_, end);
    return static_cast<ssize_t>(count);
}

ssize_t HeldFile::read(int fd, char* bytes, std::size_t count, off_t at) const {
    if (!held_) return real().pread(fd, bytes, count, at);
    if (at >= size_) return 0;
    count = std::min(count, static_cast<std::size_t>(size_ - at));
    const off_t end = at + static_cast<off_t>(count);
    std::memset(bytes, 0, count);
    for (off_t where = at; where < std::min(end, valid_);) {
        const ssize_t got = real().pread(fd_, bytes + (where - at),
                                         static_cast<std::size_t>(std::min(end, valid_) - where), where);
        if (got < 0) return -1;
        if (got == 0) break;
        where += got;
    }
    for (auto held = sectors_.lower_bound(at / sector * sector); held != sectors_.end() && held->first < end;
         ++held) {
        const off_t from = std::max(at, held->first);
        const off_t upto = std::min(end, held->first + sector);
        std::memcpy(bytes + (from - at), held->second.data() + (from - held->first),
                    static_cast<std::size_t>(upto - from));
    }
    return static_cast<ssize_t>(count);
}

int HeldFile::truncate(int fd, off_t size) {
    if (size < 0) {
        errno = EINVAL;
        return -1;
    }
    if (begin(fd) != 0) return -1;
    size_ = size;
    valid_ = std::min(valid_, size);
    sectors_.erase(sectors_.lower_bound(round_up(size, sector)), sectors_.end());
    if (auto last = sectors_.find(size / sector * sector); last != sectors_.end()) {
        std::fill(last->second.begin() + (size - last->first), last->second.end(), '\0');
    }
    settle();
    return 0;
}

// The disk's file loses what was cut off before anything new takes its place.
int HeldFile::cut() {
    if (valid_ == disk_) return 0;
    if (real().ftruncate(fd_, valid_) != 0) return -1;
    disk_ = valid_;
    reserved_ = round_up(disk_, block);
    return 0;
}

int HeldFile::put(off_t at, const char* bytes, std::size_t count) {
    count = std::min(count, static_cast<std::size_t>(size_ - at));
    for (std::size_t done = 0; done < count;) {
        const ssize_t wrote = real().pwrite(fd_, bytes + done, count - done, at + static_cast<off_t>(done));
        if (wrote < 0) {
            if (errno == EINTR) continue;
            return -1;
        }
        done += static_cast<std::size_t>(wrote);
    }
    disk_ = valid_ = std::max(disk_, at + static_cast<off_t>(count));
    return 0;
}

int HeldFile::sync() {
    if (!held_) return 0;
    if (cut() != 0) return -1;
    for (auto first = sectors_.begin(); first != sectors_.end();) {
        std::vector<char> run;
        auto last = first;
        while (last != sectors_.end() && last->first == first->first + static_cast<off_t>(run.size())) {
            run.insert(run.end(), last->second.begin(), last->second.end());
            ++last;
        }
        if (put(first->first, run.data(), run.size()) != 0) return -1;
        first = last;
    }
    if (size_ != disk_ && real().ftruncate(fd_, size_) != 0) return -1;
    sectors_.clear();
    disk_ = valid_ = size_;
    held_ = false;
    return 0;
}

void HeldFile::tear(std::mt19937_64& random) {
    if (!held_ || cut() != 0) return;
    const std::uint64_t share = random() % 8;  // of eight sectors this many get through
    for (auto held = sectors_.begin(); held != sectors_.end();) {
        if (random() % 8 < share) {
            if (put(held->first, held->second.data(), held->second.size()) != 0) return;
            held = sectors_.erase(held);
        } else {
            ++held;
        }
    }
    settle();
}

}  // namespace fieldpost::faults
