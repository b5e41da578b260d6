// A device's city file on its simulated disk, written by the production code (daemon/device/city over
// sync/snapshot). City (city.hpp) says what must be in it.
#pragma once

#include <memory>
#include <string>

#include "sync/engine/device_actions.hpp"
#include "sync/engine/feed_point.hpp"
#include "sync/snapshot/writer.hpp"
#include "tests/simulation/crash_disk.hpp"
#include "tests/simulation/stores.hpp"

namespace fieldpost::simulation {

// Where files are made that are not a device's: a machine of its own at the VFS.
struct Workshop {
    std::string folder;
    CrashDisk& disk;
};

class SqliteCity {
  public:
    // `folder` is the root of the machine at the VFS, and a folder that is really there. All outlive it.
    SqliteCity(std::string folder, CrashDisk& disk, Workshop& workshop)
        : folder_(std::move(folder)), disk_(disk), workshop_(workshop) {}

    // Mounts the newest file that is there; nothing without one.
    Status open();
    // The program is gone.
    void close() { writer_.reset(); }

    // In one transaction each, as they are on a device.
    Result<engine::FeedPoint> apply(const engine::ApplySegment& apply);
    Status note_deliveries(const engine::NoteDeliveries& note);
    Status change_feeds(const engine::ChangeFeeds& change);
    // A whole file with this in it, synced before it has its name, in place of what was mounted.
    Status mount(const HeldCity& city);
    Status lose_row(const records::FeedId& feed, std::uint64_t record, std::uint64_t version);

    // What the mounted file holds. corrupt when a checksum in it is not that of its rows.
    Result<HeldCity> read() const;

  private:
    std::string file(std::uint64_t generation) const;
    std::vector<std::uint64_t> generations() const;  // newest first
    Result<Bytes> make(const HeldCity& city);
    Status place(const std::string& name, const Bytes& content);
    Status open(std::uint64_t generation);

    const std::string folder_;
    CrashDisk& disk_;
    Workshop& workshop_;
    std::unique_ptr<snapshot::Writer> writer_;
    snapshot::Meta meta_;
};

}  // namespace fieldpost::simulation
