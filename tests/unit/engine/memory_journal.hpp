// A journal without a disk. JournalDisk is what a power cut leaves and a copy of it is a backup of the file;
// MemoryJournal is a program's view of it, which lags behind until the program is told of a commit.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sync/engine/hub_store.hpp"
#include "sync/engine/uplink.hpp"

namespace fieldpost::engine::testing {

struct JournalDisk {
    struct Entry {
        Bytes operation;
        Bytes hash;
        std::optional<protocol::Origin> origin;
        std::optional<OperationResult> result;  // what the hub said became of it
    };
    struct Lane {
        std::vector<Entry> entries;  // entry of seq n at n - 1
        std::uint64_t noted = 0;     // through here the hub said what became of them
        std::uint64_t trimmed = 0;   // through here entries are no more to be read
    };
    using Lanes = std::array<Lane, 4>;

    JournalDisk(std::string name, std::uint64_t first_epoch) : device(std::move(name)), epoch(first_epoch) {}

    Lane& state(protocol::Lane name) { return epochs[epoch][static_cast<std::size_t>(name)]; }
    std::vector<Entry>& lane(protocol::Lane name) { return state(name).entries; }
    void append(protocol::Lane name, Bytes operation);
    void note(const protocol::Ack& ack);
    // Makes room: entries through `seq` go, as far as they are noted and before the last that is.
    void trim(protocol::Lane name, std::uint64_t seq);
    // Moves what the hub does not hold of epoch `from` and of earlier ones (OpenEpoch) to `next`; nothing
    // when another epoch is open by now. What is parked stays where it is.
    void open_epoch(std::uint64_t from, std::uint64_t next,
                    const std::map<protocol::Lane, std::uint64_t>& held,
                    const std::vector<protocol::LanePosition>& earlier = {});
    // Every operation of the lane in the order of recording, over all epochs; also what was trimmed.
    std::vector<const Entry*> all(protocol::Lane name) const;

    std::string device;
    std::uint64_t epoch;
    std::uint64_t notes = 0;
    InCity in_city;
    std::vector<std::uint64_t> order;  // of earlier epochs
    std::map<std::uint64_t, Lanes> epochs;
};

class MemoryJournal final : public JournalView {
  public:
    explicit MemoryJournal(JournalDisk& disk) : disk_(disk) { refresh(); }

    // A commit was reported: what the disk holds now is seen from here on.
    void refresh();

    std::uint64_t epoch() const override { return epoch_; }
    std::uint64_t last_seq(protocol::Lane lane) const override {
        return last_[static_cast<std::size_t>(lane)];
    }
    std::uint64_t last_by_people() const override { return by_people.value_or(last_seq(protocol::URGENT)); }
    std::uint64_t noted(protocol::Lane lane) const override { return noted_[static_cast<std::size_t>(lane)]; }
    std::uint64_t notes() const override { return disk_.notes; }
    const InCity& in_city() const override { return disk_.in_city; }
    std::optional<Bytes> hash_at(protocol::Lane lane, std::uint64_t seq) override;
    std::uint64_t first_held(protocol::Lane lane) override;
    std::vector<std::uint64_t> parked(protocol::Lane lane, std::uint64_t after, std::size_t most) override;
    std::vector<protocol::LanePosition> earlier(std::size_t most) override;
    Result<std::vector<JournalEntry>> read(protocol::Lane lane, std::uint64_t after, std::size_t max_entries,
                                           std::size_t max_bytes) override;

    bool unreadable = false;                 // the disk does not answer
    std::optional<std::uint64_t> by_people;  // last_by_people(); else all is

  private:
    JournalDisk::Lane& open_lane(protocol::Lane lane);

    JournalDisk& disk_;
    std::uint64_t epoch_ = 0;
    std::array<std::uint64_t, 4> last_{};
    std::array<std::uint64_t, 4> noted_{};
};

}  // namespace fieldpost::engine::testing
