#include "hal/storage/storage.hpp"

#include <array>

#include "hal/storage/empty.hpp"
#include "hal/storage/linux.hpp"
#include "hal/storage/sim.hpp"

namespace fieldpost::hal {
namespace {

struct Driver {
    std::string_view name;
    Result<std::unique_ptr<Storage>> (*make)(const SettingMap&);
};

// A new driver is one file pair and one line here.
constexpr std::array drivers{
    Driver{"empty", make_empty_storage},
    Driver{"linux", make_linux_storage},
    Driver{"sim", make_sim_storage},
};

constexpr int rated_percent = 100;
constexpr std::uint64_t news_per_total = 100;

}  // namespace

std::string_view to_string(Spare spare) {
    switch (spare) {
        case Spare::normal:
            return "normal";
        case Spare::warning:
            return "warning";
        case Spare::urgent:
            return "urgent";
    }
    return "urgent";
}

PartStatus judge(const StorageReading& reading) {
    const std::string disk = reading.device.empty() ? "The disk" : "The disk " + reading.device;
    if (reading.read_only)
        return {PartState::broken, disk + " takes no writes: the kernel has mounted it read-only."};
    if (reading.spare == Spare::urgent)
        return {PartState::broken, disk + " has hardly any spare blocks left: replace it."};
    if (reading.wear_percent.value_or(0) > rated_percent)
        return {PartState::broken, disk + " is beyond its rated life: replace it soon."};
    return {PartState::ok, disk + " takes writes."};
}

bool is_news(const StorageReading& told, const StorageReading& next) {
    StorageReading same_space = next;
    same_space.free_bytes = told.free_bytes;
    if (same_space != told) return true;
    const std::uint64_t moved = next.free_bytes > told.free_bytes ? next.free_bytes - told.free_bytes
                                                                  : told.free_bytes - next.free_bytes;
    return moved > 0 && moved >= next.total_bytes / news_per_total;
}

Result<std::unique_ptr<Storage>> make_storage(const StorageConfig& config) {
    for (const Driver& driver : drivers) {
        if (driver.name == config.driver) return driver.make(config.settings);
    }
    std::string sentence = "there is no storage driver '" + config.driver + "'; choose one of";
    const char* separator = " ";
    for (const Driver& driver : drivers) {
        sentence += separator + std::string(driver.name);
        separator = ", ";
    }
    return fail(ErrorCode::invalid_argument, sentence);
}

std::vector<std::string> storage_driver_names() {
    std::vector<std::string> names;
    names.reserve(drivers.size());
    for (const Driver& driver : drivers) names.emplace_back(driver.name);
    return names;
}

}  // namespace fieldpost::hal
