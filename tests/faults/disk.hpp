// The model of a disk that keeps only what was synced, for the files below one folder.
#pragma once

#include <sys/stat.h>

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include "tests/faults/held_file.hpp"
#include "tests/faults/name_log.hpp"

namespace fieldpost::faults {

// One for the process, as there is one table of descriptors: what stands in front of the C library has nobody
// who could hand it a reference. Any thread may call; a descriptor that is not modelled costs one atomic
// read.
class Disk {
  public:
    static Disk& of_process();

    Disk();

    // Whether a name of this path would be below the folder; the absolute path then.
    std::optional<std::string> below(int folder, const char* path);

    // A descriptor that was just opened; from then on reads and writes of it must be asked for here.
    void opened(int fd);
    void opened_same(int fd, int other);
    void closed(int fd);
    bool models(int fd) const { return at(fd) != nullptr; }

    // As the calls of the same names, for modelled descriptors.
    ssize_t pread(int fd, void* bytes, std::size_t count, off_t offset);
    ssize_t pwrite(int fd, const void* bytes, std::size_t count, off_t offset);
    ssize_t read(int fd, void* bytes, std::size_t count);
    ssize_t write(int fd, const void* bytes, std::size_t count);
    off_t seek_end(int fd, off_t offset);
    int truncate(int fd, off_t size);
    int grow(int fd, off_t size);  // fallocate
    int sync(int fd);

    // A folder's descriptor; false when it is none of ours.
    bool sync_folder(int fd);
    void sync_all();
    // The process ends by itself: no power cut, so all that it wrote is the kernel's, who writes it in time.
    void leave();
    // The size as seen, put into what the C library said of any file.
    template <class Stat>
    void correct(ino_t file, dev_t device, Stat& size);

    // Names: `path` as below() gave it. The calls themselves, with what undoes them written down.
    void made(const std::string& path, int fd);
    int rename(const std::string& from, const std::string& to, unsigned flags);
    int unlink(const std::string& path);
    void linked(const std::string& path);

  private:
    struct File {
        HeldFile bytes;
        std::pair<dev_t, ino_t> key;
        unsigned descriptors = 0;
        bool nameless = false;
        bool lies = false;
    };
    static constexpr std::size_t max_descriptors = 4096;

    File* at(int fd) const {
        const auto index = static_cast<std::size_t>(fd);
        return fd >= 0 && index < max_descriptors ? descriptors_[index].load(std::memory_order_acquire)
                                                  : nullptr;
    }
    bool lies(const std::string& path) const;
    void release(File* file);
    void taken_away(const struct stat& file);
    void maybe_tear(File& file);
    off_t size_of(int fd, const File& file) const;

    mutable std::mutex mutex_;
    std::string root_;  // "": nothing is modelled
    std::string lie_;
    std::optional<std::mt19937_64> tearing_;
    NameLog names_;
    std::map<std::pair<dev_t, ino_t>, std::unique_ptr<File>> files_;
    std::array<std::atomic<File*>, max_descriptors> descriptors_{};
};

template <class Size>
void Disk::correct(ino_t file, dev_t device, Size& size) {
    const std::lock_guard lock(mutex_);
    const auto found = files_.find({device, file});
    if (found != files_.end() && found->second->bytes.holds()) {
        size = static_cast<Size>(found->second->bytes.size());
    }
}

}  // namespace fieldpost::faults
