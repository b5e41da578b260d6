// The production hub store (daemon/hub: Store, Operations, Records, Feeds, Registry behind EngineStore) on a
// simulated disk.
#pragma once

#include <optional>

#include "tests/simulation/hub_attachment_files.hpp"
#include "tests/simulation/stores.hpp"

namespace fieldpost::simulation {

class SqliteHubStorage final : public HubStorage {
  public:
    // `folder` is the root of the machine at the VFS, and a folder that is really there.
    // The list of revoked devices is a file in it, which no backup takes back.
    // Without `attachments` it takes none.
    SqliteHubStorage(std::string folder, CrashDisk& disk, HubAttachmentFiles* attachments = nullptr,
                     Planted planted = Planted::none)
        : folder_(std::move(folder)), disk_(disk), attachments_(attachments), planted_(planted) {}

    Result<std::unique_ptr<HubProgramStore>> open() override;
    void keep_backup() override { backup_ = disk_.image(); }
    bool restore_backup() override;

  private:
    const std::string folder_;
    CrashDisk& disk_;
    HubAttachmentFiles* attachments_;
    const Planted planted_;
    std::optional<CrashDisk::Image> backup_;
};

}  // namespace fieldpost::simulation
