// The hub's store as a model in memory: the rules of daemon/hub/store and daemon/hub/journal without a file.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include "tests/simulation/memory_effects.hpp"
#include "tests/simulation/stores.hpp"

namespace fieldpost::simulation {

class MemoryHubStorage final : public HubStorage {
  public:
    MemoryHubStorage(CrashDisk& disk, Dice& dice, Planted planted);
    Result<std::unique_ptr<HubProgramStore>> open() override;
    void keep_backup() override { backup_ = state_; }
    bool restore_backup() override;

  private:
    friend class MemoryHub;
    using LaneKey = std::tuple<std::string, std::uint64_t, int>;  // device, epoch, lane
    struct State {
        std::uint64_t generation = 0;
        std::map<std::string, engine::RegisteredDevice> devices;
        std::map<LaneKey, protocol::LanePosition> positions;
        std::map<std::string, std::vector<std::uint64_t>> epochs;         // as they advanced
        std::map<std::pair<LaneKey, std::uint64_t>, std::uint64_t> gaps;  // last, by first
        MemoryOperations::State operations;
        DatasetTimes delivered;
    };

    CrashDisk& disk_;
    Dice& dice_;
    const Planted planted_;
    State state_;
    std::optional<State> backup_;
    // In no backup, as daemon/hub/store/revoked has them.
    std::set<std::string> revoked_;
};

}  // namespace fieldpost::simulation
