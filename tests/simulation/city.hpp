// The city on a device's disk: rows and cursors as snapshot::Writer keeps them, with WAL and
// synchronous=NORMAL. A commit is whole or not at all; a power cut may take the last commits, never one from
// the middle.
//
// With a file beneath it (SqliteCity) each change is made there by the production code too, and what the file
// then holds must be what the model has; after a power cut, what the model once had.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "sync/engine/device_engine.hpp"
#include "tests/simulation/sqlite_city.hpp"
#include "tests/simulation/stage.hpp"
#include "tests/simulation/stores.hpp"

namespace fieldpost::simulation {

class City {
  public:
    // `file` may be none.
    City(Stage& stage, std::string device, CrashDisk& disk, std::unique_ptr<SqliteCity> file)
        : stage_(stage), device_(std::move(device)), disk_(disk), file_(std::move(file)) {}

    // The program starts, and ends.
    Status open();
    void close();
    // It is on the machine's disk, and goes with that.
    bool has_file() const { return file_ != nullptr; }

    bool mounted() const { return now_.snapshot_generation != 0; }
    engine::MountedCity view() const;
    const HeldCity& held() const { return now_; }
    // What it shows of the record: of each layer the newest.
    std::vector<records::LayerRow> layers(std::uint64_t record) const;

    Result<engine::FeedPoint> apply(const engine::ApplySegment& apply);
    Status note_deliveries(const engine::NoteDeliveries& note);
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
    // A commit that a power cut may take back. `change` makes it in the file.
    using Change = std::function<Status(SqliteCity&)>;
    Status commit(HeldCity next, const Change& change);
    Status change_file(const HeldCity& next, const Change& change);
    void problem(const std::string& text);
    Error unreadable(const Error& error);
    std::uint64_t checksum(const records::FeedId& feed, const Rows& rows) const;
    bool planted(Planted fault) { return stage_.planted == fault && stage_.dice.chance(0.3); }

    Stage& stage_;
    const std::string device_;
    CrashDisk& disk_;
    std::unique_ptr<SqliteCity> file_;
    HeldCity now_;
    // Since the last sync, the synced one first; the present one is not in it. With a file: since it was
    // mounted or the power went.
    std::vector<HeldCity> earlier_;
    std::optional<HeldCity> under_way_;  // what the power cut went through
    bool power_was_cut_ = false;         // since the file was open
    Draft draft_;
    std::set<records::FeedId> lost_rows_;
    std::map<records::FeedId, std::uint64_t> unnoticed_;  // of checksums, when that is planted
};

}  // namespace fieldpost::simulation
