// How the disk that keeps the records is doing: space, wear, and whether it still takes writes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hal/part.hpp"
#include "hal/settings.hpp"
#include "sync/base/result.hpp"

namespace fieldpost::hal {

// What a disk says of its spare blocks: eMMC's PRE_EOL_INFO, in its words.
enum class Spare { normal, warning, urgent };

// "normal", "warning", "urgent": as the API and metrics write it.
std::string_view to_string(Spare spare);

// A value that the disk does not offer is absent, never zero.
struct StorageReading {
    std::string device;               // the disk, such as "mmcblk0"; empty when it has no name (tmpfs)
    std::uint64_t total_bytes = 0;    // of the file system
    std::uint64_t free_bytes = 0;     // for a program that is not root
    bool read_only = false;           // mounted so, or turned so by the kernel after an error
    std::optional<int> wear_percent;  // of its rated life that is used up: 0 new, above 100 beyond its rating
    std::optional<Spare> spare;
    std::optional<std::uint64_t> errors;  // that the file system has met since it was made

    bool operator==(const StorageReading&) const = default;
};

using StorageHandler = std::function<void(const StorageReading&)>;

// The file system under one folder.
//
// Threads: start(), stop() and the destructor belong to one owner thread. status() may be called from any
// thread. The handler runs on the driver's own thread (or within start()), one call at a time; it must not
// block for long, must not throw and must not call start() or stop().
//
// Failures: a folder that is not there, or a disk that cannot be asked, is never an error of start(); it is
// told by status(), and the driver keeps trying. A disk that is read-only, worn out or low on spare blocks is
// "broken" with the reason, and its readings are told all the same: what it still holds can be read. status()
// has already changed when the handler is called for that change.
class Storage : public Part {
  public:
    // Begins to tell: one reading at once, then one whenever it is another than the one before (free space:
    // by a hundredth of the total). conflict if already started; unavailable if the system gives no thread. A
    // stopped driver may be started again, and tells anew.
    virtual Status start(StorageHandler on_reading) = 0;

    // The handler is not called any more after it has returned. Harmless when not started. Waits for a disk
    // that is being asked: a dying one may take seconds. The destructor stops too.
    virtual void stop() = 0;
};

// How a disk with that reading is doing.
PartStatus judge(const StorageReading& reading);

// True when `next` says something that `told` did not.
bool is_news(const StorageReading& told, const StorageReading& next);

struct StorageConfig {
    std::string driver = "empty";  // one of storage_driver_names()
    SettingMap settings;           // the driver's own; its header lists them
};

// The driver that the configuration names. invalid_argument for an unknown driver or a wrong setting; the
// sentence says how to mend it.
Result<std::unique_ptr<Storage>> make_storage(const StorageConfig& config);

std::vector<std::string> storage_driver_names();

}  // namespace fieldpost::hal
