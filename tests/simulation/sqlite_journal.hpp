// The production journal (daemon/device/journal) on a simulated disk.
#pragma once

#include <optional>

#include "tests/simulation/stores.hpp"

namespace fieldpost::simulation {

class SqliteJournalStore final : public JournalStore {
  public:
    // `folder` is the root of the machine at the VFS, and a folder that is really there: the journal syncs
    // it.
    SqliteJournalStore(std::string device, std::string folder, CrashDisk& disk, Dice& dice)
        : device_(std::move(device)), folder_(std::move(folder)), disk_(disk), dice_(dice) {}

    Result<std::unique_ptr<Journal>> open() override;
    void keep_copy() override { copy_ = disk_.image(); }
    bool restore_copy() override;
    void wipe() override { disk_.replace({}); }

  private:
    const std::string device_;
    const std::string folder_;
    CrashDisk& disk_;
    Dice& dice_;
    std::optional<CrashDisk::Image> copy_;
};

}  // namespace fieldpost::simulation
