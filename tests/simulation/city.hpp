// The city on a device's disk: rows and cursors as snapshot::Writer keeps them, with WAL and
// synchronous=NORMAL. A commit is whole or not at all; a power cut may take the last commits, never one from
// the middle.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "sync/engine/device_engine.hpp"
#include "tests/simulation/stage.hpp"
#include "tests/simulation/stores.hpp"

namespace fieldpost::simulation {

class City {
  public:
    City(Stage& stage, std::string device, CrashDisk& disk)
        : stage_(stage), device_(std::move(device)), disk_(disk) {}

    bool mounted() const { return now_.snapshot_generation != 0; }
    engine::MountedCity view() const;
    const HeldCity& held() const { return now_; }
    // What it shows of the record: of each layer the newest.
    std::vector<records::LayerRow> layers(std::uint64_t record) const;

    Result<engine::FeedPoint> apply(const engine::ApplySegment& apply);
    Status change_feeds(const engine::ChangeFeeds& change);

    // The draft of a snapshot: a file beside it. The blocks that it lacks.
    std::vector<std::uint32_t> prepare(const protocol::Manifest& manifest);
    Status write_block(std::uint32_t block, const Bytes& content);
    bool has_block(std::uint64_t generation, std::uint32_t block) const;
    // Synced before it is mounted. False: it is not what the manifest says, or cannot be used.
    Result<bool> finish(const protocol::Manifest& manifest);

    // Its disk loses a row. False: it had none.
    bool lose_row();
    // Feeds that ever lost one.
    const std::set<records::FeedId>& lost_rows() const { return lost_rows_; }

    void power_cut();
    void wipe();
    HeldCity image() const { return now_; }
    void restore(HeldCity image);

  private:
    struct Draft {
        std::uint64_t generation = 0;
        std::map<std::uint32_t, Bytes> blocks;
    };
    // A commit that a power cut may take back.
    Status commit(HeldCity next);
    std::uint64_t checksum(const records::FeedId& feed, const Rows& rows) const;
    bool planted(Planted fault) { return stage_.planted == fault && stage_.dice.chance(0.3); }

    Stage& stage_;
    const std::string device_;
    CrashDisk& disk_;
    HeldCity now_;
    std::vector<HeldCity>
        earlier_;  // since the last sync, the synced one first; the present one is not in it
    Draft draft_;
    std::set<records::FeedId> lost_rows_;
    std::map<records::FeedId, std::uint64_t> unnoticed_;  // of checksums, when that is planted
};

}  // namespace fieldpost::simulation
