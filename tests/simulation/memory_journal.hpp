// A device's journal as a model in memory: the rules of daemon/device/journal without a file.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "tests/simulation/planted.hpp"
#include "tests/simulation/stores.hpp"

namespace fieldpost::simulation {

class MemoryJournalStore final : public JournalStore {
  public:
    // Both outlive it. `dice` names epochs.
    MemoryJournalStore(std::string device, CrashDisk& disk, Dice& dice, Planted planted);
    Result<std::unique_ptr<Journal>> open() override;
    void keep_copy() override;
    bool restore_copy() override;
    void wipe() override;

  private:
    friend class MemoryJournal;
    struct Entry {
        std::string id;
        Bytes body;
        Bytes hash;
        std::optional<protocol::Origin> origin;
        bool pending = true;
        bool moved = false;  // it waited at the hub, and a later epoch carries it
        bool gone = false;   // it made room
        engine::OperationResult result;
        std::uint64_t noted_in = 0;
    };
    using Lane = std::vector<Entry>;  // seq n at n - 1
    struct State {
        std::uint64_t epoch = 0;
        std::vector<std::uint64_t> order;  // of epochs; the open one is the last
        std::map<std::uint64_t, std::array<Lane, 4>> epochs;
        std::array<std::uint64_t, 4> noted{};                                // in the open epoch
        std::map<std::uint64_t, std::array<std::uint64_t, 4>> noted_before;  // in earlier ones
        std::map<std::uint64_t, std::array<std::uint64_t, 4>> safe;          // by epoch
        std::map<std::uint64_t, std::array<std::uint64_t, 4>> trimmed;       // by epoch
        std::uint64_t notes = 0;
        engine::InCity in_city;
        std::map<std::string, std::pair<int, Bytes>> ids;  // lane, content without time
    };
    Lane& lane(protocol::Lane name) { return state_.epochs[state_.epoch][static_cast<std::size_t>(name)]; }

    const std::string device_;
    CrashDisk& disk_;
    Dice& dice_;
    const Planted planted_;
    State state_;
    std::optional<State> copy_;
};

}  // namespace fieldpost::simulation
