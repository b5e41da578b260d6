// The bytes of one file that its programs see and the disk does not have yet.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <map>
#include <random>

namespace fieldpost::faults {

// Stands for one inode while it is open, or while it holds unsynced bytes. Its owner serialises all calls.
// Where the C library would set errno, these do too, and return -1.
class HeldFile {
  public:
    static constexpr off_t sector = 512;  // what a disk writes whole

    HeldFile() = default;
    ~HeldFile();
    HeldFile(const HeldFile&) = delete;
    HeldFile& operator=(const HeldFile&) = delete;

    // True when the file as seen differs from the file on disk.
    bool holds() const { return held_; }
    // Of the file as seen; only while it holds.
    off_t size() const { return size_; }

    // `fd` is any descriptor of the file, of any mode. Writing takes the room on the disk at once, so that a
    // full disk is told to the writer and not to whoever syncs.
    ssize_t write(int fd, const char* bytes, std::size_t count, off_t at);
    ssize_t read(int fd, char* bytes, std::size_t count, off_t at) const;
    int truncate(int fd, off_t size);

    // Everything held reaches the file. Not fsync itself: what a killed process wrote, the kernel keeps.
    int sync();
    // A random part of what is held reaches the file, in no order: what a disk may do at any moment between
    // syncs.
    void tear(std::mt19937_64& random);

  private:
    using Sectors = std::map<off_t, std::array<char, sector>>;  // by offset

    int begin(int fd);
    int reserve(off_t end);
    int cut();
    int put(off_t at, const char* bytes, std::size_t count);
    void base(off_t at, std::array<char, sector>& out) const;
    void settle();

    // Ours, for reading and writing whatever the program's may do. Closing any descriptor of a file drops the
    // process's POSIX locks on it, so it is kept for as long as the program may have one.
    int fd_ = -1;
    bool held_ = false;
    off_t size_ = 0;   // as seen
    off_t disk_ = 0;   // on disk
    off_t valid_ = 0;  // from here on the disk's bytes were cut off and are zero as seen
    off_t reserved_ = 0;
    Sectors sectors_;
};

}  // namespace fieldpost::faults
