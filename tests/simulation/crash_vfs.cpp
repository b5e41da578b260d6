#include "tests/simulation/crash_vfs.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <utility>
#include <vector>

namespace fieldpost::simulation {

// The lock states of lockingv3 and the WAL's shared memory, for connections of one thread.
class CrashVfs::Shared {
  public:
    using Owner = const void*;

    int lock(Owner owner, int& level, int wanted) {
        if (level >= wanted) return SQLITE_OK;
        if (level == SQLITE_LOCK_NONE) {
            if (pending_ != nullptr || exclusive_ != nullptr) return SQLITE_BUSY;
            ++shared_;
            level = SQLITE_LOCK_SHARED;
        }
        if (wanted == SQLITE_LOCK_SHARED) return SQLITE_OK;
        if (reserved_ != nullptr && reserved_ != owner) return SQLITE_BUSY;
        if (wanted == SQLITE_LOCK_RESERVED) {
            reserved_ = owner;
            level = SQLITE_LOCK_RESERVED;
            return SQLITE_OK;
        }
        if (pending_ != nullptr && pending_ != owner) return SQLITE_BUSY;
        pending_ = owner;
        level = SQLITE_LOCK_PENDING;
        if (shared_ > 1) return SQLITE_BUSY;
        exclusive_ = owner;
        level = SQLITE_LOCK_EXCLUSIVE;
        return SQLITE_OK;
    }
    void unlock(Owner owner, int& level, int wanted) {
        if (level <= wanted) return;
        for (Owner* held : {&reserved_, &pending_, &exclusive_}) {
            if (*held == owner) *held = nullptr;
        }
        if (wanted == SQLITE_LOCK_NONE && level >= SQLITE_LOCK_SHARED) --shared_;
        level = wanted;
    }
    bool reserved() const { return reserved_ != nullptr || pending_ != nullptr || exclusive_ != nullptr; }

    volatile void* map(std::size_t region, std::size_t bytes, bool extend) {
        if (region >= regions_.size()) {
            if (!extend) return nullptr;
            while (regions_.size() <= region) regions_.push_back(std::make_unique<char[]>(bytes));
        }
        return regions_[region].get();
    }
    void mapped() { ++mappers_; }
    void unmapped(Owner owner) {
        for (Slot& slot : slots_) {
            if (slot.exclusive == owner) slot.exclusive = nullptr;
            std::erase(slot.shared, owner);
        }
        if (--mappers_ == 0) regions_.clear();
    }
    int shm_lock(Owner owner, int offset, int count, int flags) {
        const auto slots = [&](auto&& each) {
            for (int i = offset; i < offset + count; ++i) each(slots_.at(static_cast<std::size_t>(i)));
        };
        bool busy = false;
        if ((flags & SQLITE_SHM_UNLOCK) != 0) {
            slots([&](Slot& slot) {
                if (slot.exclusive == owner) slot.exclusive = nullptr;
                std::erase(slot.shared, owner);
            });
            return SQLITE_OK;
        }
        const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
        slots([&](Slot& slot) {
            if (slot.exclusive != nullptr && slot.exclusive != owner) busy = true;
            if (exclusive && std::ranges::any_of(slot.shared, [&](Owner other) { return other != owner; }))
                busy = true;
        });
        if (busy) return SQLITE_BUSY;
        slots([&](Slot& slot) {
            if (exclusive) {
                slot.exclusive = owner;
            } else if (std::ranges::find(slot.shared, owner) == slot.shared.end()) {
                slot.shared.push_back(owner);
            }
        });
        return SQLITE_OK;
    }

  private:
    struct Slot {
        Owner exclusive = nullptr;
        std::vector<Owner> shared;
    };
    int shared_ = 0;
    Owner reserved_ = nullptr;
    Owner pending_ = nullptr;
    Owner exclusive_ = nullptr;
    std::vector<std::unique_ptr<char[]>> regions_;
    int mappers_ = 0;
    std::array<Slot, SQLITE_SHM_NLOCK> slots_;
};

namespace {

using Shared = CrashVfs::Shared;
using Outcome = CrashDisk::Outcome;

struct Open {
    CrashDisk* disk = nullptr;
    CrashDisk::FilePtr file;
    std::shared_ptr<Shared> shared;
    std::string remove_at_close;  // its name, when it goes with the handle
    int level = SQLITE_LOCK_NONE;
    bool mapped = false;
    bool sync_name = false;  // it was made here: its first sync is also its folder's, as unix's VFS does
};

// What SQLite allots for a file.
struct Handle {
    sqlite3_file base;
    Open* open;
};

Open& open_of(sqlite3_file* file) {
    return *reinterpret_cast<Handle*>(file)->open;
}

int code(Outcome outcome, int error) {
    switch (outcome) {
        case Outcome::done:
            return SQLITE_OK;
        case Outcome::full:
            return SQLITE_FULL;
        case Outcome::off:
        case Outcome::missing:
            return error;
    }
    return error;
}

int close_file(sqlite3_file* file) {
    auto* handle = reinterpret_cast<Handle*>(file);
    Open& open = *handle->open;
    if (open.shared) {
        open.shared->unlock(&open, open.level, SQLITE_LOCK_NONE);
        if (open.mapped) open.shared->unmapped(&open);
    }
    if (!open.remove_at_close.empty()) open.disk->remove(open.remove_at_close);
    delete handle->open;
    handle->open = nullptr;
    return SQLITE_OK;
}

int read_file(sqlite3_file* file, void* out, int count, sqlite3_int64 offset) {
    const Open& open = open_of(file);
    if (open.disk->off()) return SQLITE_IOERR_READ;
    const Bytes& content = open.file->content();
    const auto at = static_cast<std::size_t>(offset);
    const auto wanted = static_cast<std::size_t>(count);
    const std::size_t got = at >= content.size() ? 0 : std::min(wanted, content.size() - at);
    if (got > 0) std::memcpy(out, content.data() + at, got);
    if (got == wanted) return SQLITE_OK;
    std::memset(static_cast<char*>(out) + got, 0, wanted - got);
    return SQLITE_IOERR_SHORT_READ;
}

int write_file(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
    const Open& open = open_of(file);
    return code(open.disk->write(*open.file, static_cast<std::size_t>(offset),
                                 BytesView(static_cast<const char*>(bytes), static_cast<std::size_t>(count))),
                SQLITE_IOERR_WRITE);
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
    const Open& open = open_of(file);
    return code(open.disk->truncate(*open.file, static_cast<std::size_t>(size)), SQLITE_IOERR_TRUNCATE);
}

int sync_file(sqlite3_file* file, int) {
    Open& open = open_of(file);
    const int synced = code(open.disk->sync(*open.file), SQLITE_IOERR_FSYNC);
    if (synced != SQLITE_OK || !open.sync_name) return synced;
    open.sync_name = false;
    return code(open.disk->sync_names(), SQLITE_IOERR_DIR_FSYNC);
}

int size_of_file(sqlite3_file* file, sqlite3_int64* size) {
    const Open& open = open_of(file);
    if (open.disk->off()) return SQLITE_IOERR_FSTAT;
    *size = static_cast<sqlite3_int64>(open.file->content().size());
    return SQLITE_OK;
}

int lock_file(sqlite3_file* file, int level) {
    Open& open = open_of(file);
    if (open.disk->off()) return SQLITE_IOERR_LOCK;
    return open.shared ? open.shared->lock(&open, open.level, level) : SQLITE_OK;
}

int unlock_file(sqlite3_file* file, int level) {
    Open& open = open_of(file);
    if (open.shared) open.shared->unlock(&open, open.level, level);
    return SQLITE_OK;
}

int check_reserved(sqlite3_file* file, int* reserved) {
    const Open& open = open_of(file);
    *reserved = open.shared && open.shared->reserved() ? 1 : 0;
    return SQLITE_OK;
}

int control(sqlite3_file*, int, void*) {
    return SQLITE_NOTFOUND;
}

int sector_size(sqlite3_file*) {
    return static_cast<int>(CrashDisk::sector_bytes);
}

int characteristics(sqlite3_file*) {
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;  // as unix's VFS says: a write harms nothing beside it
}

int map_shared(sqlite3_file* file, int region, int bytes, int extend, void volatile** out) {
    Open& open = open_of(file);
    *out = nullptr;
    if (open.disk->off() || !open.shared) return SQLITE_IOERR_SHMMAP;
    if (!open.mapped) {
        open.mapped = true;
        open.shared->mapped();
    }
    *out = open.shared->map(static_cast<std::size_t>(region), static_cast<std::size_t>(bytes), extend != 0);
    return SQLITE_OK;
}

int lock_shared(sqlite3_file* file, int offset, int count, int flags) {
    const Open& open = open_of(file);
    if (open.disk->off() && (flags & SQLITE_SHM_UNLOCK) == 0) return SQLITE_IOERR_SHMLOCK;
    return open.shared->shm_lock(&open, offset, count, flags);
}

void barrier(sqlite3_file*) {}

int unmap_shared(sqlite3_file* file, int) {
    Open& open = open_of(file);
    if (open.mapped) open.shared->unmapped(&open);
    open.mapped = false;
    return SQLITE_OK;
}

const sqlite3_io_methods file_calls = {2,         close_file,   read_file,       write_file,  truncate_file,
                                       sync_file, size_of_file, lock_file,       unlock_file, check_reserved,
                                       control,   sector_size,  characteristics, map_shared,  lock_shared,
                                       barrier,   unmap_shared, nullptr,         nullptr};

}  // namespace

struct CrashVfs::Calls {
    static CrashVfs& self(sqlite3_vfs* vfs) { return *static_cast<CrashVfs*>(vfs->pAppData); }

    static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
        file->pMethods = nullptr;
        CrashVfs& me = self(vfs);
        const std::string path = name == nullptr ? std::string() : std::string(name);
        Machine* machine = me.machine_of(name == nullptr ? me.last_root_ + "/" : path);
        if (machine == nullptr) return SQLITE_CANTOPEN;
        auto open = std::make_unique<Open>();
        open->disk = machine->disk;
        if (name == nullptr) {
            open->file = machine->disk->nameless();
        } else {
            if (machine->disk->off()) return SQLITE_IOERR;
            open->file = machine->disk->find(path);
            if (!open->file) {
                if ((flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
                if (machine->disk->create(path, open->file) != Outcome::done) return SQLITE_IOERR;
                constexpr int logs = SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL;
                open->sync_name = (flags & logs) != 0;
            }
            if ((flags & SQLITE_OPEN_DELETEONCLOSE) != 0) open->remove_at_close = path;
            if ((flags & SQLITE_OPEN_MAIN_DB) != 0) {
                auto& known = machine->open[path];
                open->shared = known.lock();
                if (!open->shared) known = open->shared = std::make_shared<Shared>();
            }
        }
        if (out_flags != nullptr) *out_flags = flags;
        auto* handle = reinterpret_cast<Handle*>(file);
        handle->open = open.release();
        handle->base.pMethods = &file_calls;
        return SQLITE_OK;
    }

    static int remove(sqlite3_vfs* vfs, const char* name, int sync_folder) {
        Machine* machine = self(vfs).machine_of(name);
        if (machine == nullptr) return SQLITE_IOERR_DELETE;
        const Outcome removed = machine->disk->remove(name);
        if (removed == Outcome::missing) return SQLITE_IOERR_DELETE_NOENT;
        if (removed != Outcome::done) return SQLITE_IOERR_DELETE;
        return sync_folder != 0 ? code(machine->disk->sync_names(), SQLITE_IOERR_DIR_FSYNC) : SQLITE_OK;
    }

    static int access(sqlite3_vfs* vfs, const char* name, int flags, int* result) {
        Machine* machine = self(vfs).machine_of(name);
        if (machine != nullptr && machine->disk->off()) return SQLITE_IOERR_ACCESS;
        const auto file = machine == nullptr ? nullptr : machine->disk->find(name);
        // As unix's VFS: an empty file does not exist for a hot journal.
        *result = file && (flags != SQLITE_ACCESS_EXISTS || !file->content().empty()) ? 1 : 0;
        return SQLITE_OK;
    }

    static int full_path(sqlite3_vfs*, const char* name, int size, char* out) {
        const std::size_t bytes = std::strlen(name) + 1;
        if (bytes > static_cast<std::size_t>(size)) return SQLITE_CANTOPEN;
        std::memcpy(out, name, bytes);
        return SQLITE_OK;
    }

    static int randomness(sqlite3_vfs* vfs, int count, char* out) {
        for (int i = 0; i < count; ++i) out[i] = static_cast<char>(self(vfs).dice_.below(256));
        return count;
    }

    static int sleep(sqlite3_vfs*, int microseconds) { return microseconds; }

    // SQLite counts from noon of 24 November 4714 B.C.
    static int now64(sqlite3_vfs* vfs, sqlite3_int64* milliseconds) {
        CrashVfs& me = self(vfs);
        *milliseconds = 210'866'760'000'000 + (me.clock_ ? me.clock_(me.last_root_) : 0);
        return SQLITE_OK;
    }
    static int now(sqlite3_vfs* vfs, double* days) {
        sqlite3_int64 milliseconds = 0;
        now64(vfs, &milliseconds);
        *days = static_cast<double>(milliseconds) / 86'400'000.0;
        return SQLITE_OK;
    }
    static int last_error(sqlite3_vfs*, int, char*) { return 0; }
};

CrashVfs::CrashVfs(std::uint64_t seed, Clock clock) : dice_(seed), clock_(std::move(clock)) {
    vfs_.iVersion = 2;
    vfs_.szOsFile = sizeof(Handle);
    vfs_.mxPathname = 512;
    vfs_.zName = "fieldpost-crash";
    vfs_.pAppData = this;
    vfs_.xOpen = Calls::open;
    vfs_.xDelete = Calls::remove;
    vfs_.xAccess = Calls::access;
    vfs_.xFullPathname = Calls::full_path;
    vfs_.xRandomness = Calls::randomness;
    vfs_.xSleep = Calls::sleep;
    vfs_.xCurrentTime = Calls::now;
    vfs_.xGetLastError = Calls::last_error;
    vfs_.xCurrentTimeInt64 = Calls::now64;
    sqlite3_vfs_register(&vfs_, 1);
    sqlite3_randomness(0, nullptr);  // begins anew, from ours
}

CrashVfs::~CrashVfs() {
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_randomness(0, nullptr);
}

void CrashVfs::add_machine(const std::string& root, CrashDisk& disk) {
    machines_[root] = Machine{root, &disk, {}};
}

CrashVfs::Machine* CrashVfs::machine_of(const std::string& path) {
    for (auto& [root, machine] : machines_) {
        if (path.size() > root.size() && path.starts_with(root) && path[root.size()] == '/') {
            last_root_ = root;
            return &machine;
        }
    }
    return nullptr;
}

}  // namespace fieldpost::simulation
