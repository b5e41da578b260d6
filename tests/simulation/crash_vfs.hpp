// SQLite on simulated disks: a VFS that serves every path below the root of a machine from that machine's
// CrashDisk. WAL works, with any number of connections of one thread. Clock and randomness come from the
// simulation, so a run repeats byte for byte.
#pragma once

#include <sqlite3.h>

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "tests/simulation/crash_disk.hpp"

namespace fieldpost::simulation {

// While it lives it is SQLite's default VFS; one at a time, and every connection must be closed before it
// goes. A path of no machine cannot be opened.
class CrashVfs {
  public:
    // Milliseconds since 1970 for the machine with this root: what its programs take for the time.
    using Clock = std::function<std::int64_t(const std::string& root)>;

    CrashVfs(std::uint64_t seed, Clock clock);
    ~CrashVfs();
    CrashVfs(const CrashVfs&) = delete;
    CrashVfs& operator=(const CrashVfs&) = delete;

    // Files whose path begins with `root` + "/" are on `disk`, which must outlive its use here.
    void add_machine(const std::string& root, CrashDisk& disk);

    class Shared;  // what the connections to one file share: locks and shared memory

  private:
    struct Machine {
        std::string root;
        CrashDisk* disk = nullptr;
        std::map<std::string, std::weak_ptr<Shared>> open;
    };
    struct Calls;  // the functions that SQLite calls

    Machine* machine_of(const std::string& path);

    sqlite3_vfs vfs_{};
    Dice dice_;
    Clock clock_;
    std::string
        last_root_;  // of the machine whose program works now: SQLite does not say whose clock it asks
    std::map<std::string, Machine> machines_;
};

}  // namespace fieldpost::simulation
