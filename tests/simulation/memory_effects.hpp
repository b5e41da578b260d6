// What operations do at the hub, over the model: the decisions are daemon/hub/journal/effects, what waits for
// another is kept by the rules of its parking.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include "daemon/hub/journal/effects.hpp"
#include "daemon/hub/journal/parking.hpp"
#include "tests/simulation/memory_records.hpp"
#include "tests/simulation/planted.hpp"

namespace fieldpost::simulation {

class MemoryOperations {
  public:
    using Place = std::tuple<std::string, std::uint64_t, int, std::uint64_t>;  // device, epoch, lane, seq
    struct Entry {
        Place first;
        Bytes hash;
        std::shared_ptr<const Bytes> body;
        std::shared_ptr<const protocol::Operation> operation;  // none: it cannot be read
        engine::OperationResult result;
    };
    using Boot = std::pair<std::string, Bytes>;  // device, boot
    struct State {
        MemoryRecords::State records;
        std::vector<Entry> log;                                // in the order in which they came
        std::map<std::pair<Place, Bytes>, std::size_t> known;  // by first place and hash
        std::map<Place, std::size_t> places;                   // where they arrived
        std::map<std::size_t, hub::Cause> parked;
        std::set<std::size_t> settled;
        std::map<Boot, std::map<std::string, engine::KnownCorrection>> corrections;  // by operation
        // Device, effect and lane.
        std::map<std::tuple<std::string, int, protocol::Lane>, protocol::Operation> reports;
    };

    MemoryOperations(State& state, Planted planted) : state_(state), planted_(planted) {}

    Result<engine::OperationResult> apply(const engine::RegisteredDevice& device,
                                          const engine::OperationPlace& place, BytesView body);
    std::vector<engine::SettledPlace> take_settled();
    std::vector<StoredOperation> all() const;

  private:
    class Effects;
    struct Decision {
        engine::OperationResult result;
        std::optional<hub::Cause> waits_for;
    };
    enum class Standing { missing, applied, parked, quarantined };
    Standing standing(const std::string& device, const protocol::After& after) const;
    Result<Decision> decide(const engine::RegisteredDevice& device, const Place& first,
                            const protocol::Operation& operation);
    Result<Decision> effect_of(const engine::RegisteredDevice& device, protocol::Lane lane,
                               const protocol::Operation& operation, hub::Turn turn);
    Status settle(std::vector<hub::Cause> causes, protocol::Outcome outcome,
                  const engine::RegisteredDevice& device);
    std::vector<Place> places_of(std::size_t number) const;

    State& state_;
    const Planted planted_;
};

}  // namespace fieldpost::simulation
