// What devices recorded: kept byte for byte, applied once, and made into records that the whole fleet
// receives. Everything works inside the caller's transaction.
#pragma once

#include <boost/json/fwd.hpp>
#include <memory>
#include <vector>

#include "daemon/hub/journal/effect_store.hpp"
#include "daemon/hub/journal/parking.hpp"
#include "daemon/hub/registry/registry.hpp"
#include "daemon/hub/store/store.hpp"
#include "sync/engine/hub_store.hpp"

namespace fieldpost::hub {

// The source under which crews' records stand.
using engine::field_source;

class Operations {
  public:
    explicit Operations(Store& store);
    ~Operations();

    // Makes the field source known; once before the first apply.
    Status prepare();

    Result<protocol::LanePosition> lane_position(std::string_view device, std::uint64_t epoch,
                                                 protocol::Lane lane);
    Status set_lane_position(std::string_view device, const protocol::LanePosition& position);
    Result<engine::OperationResult> apply(const engine::RegisteredDevice& device,
                                          const engine::OperationPlace& place, BytesView body);
    // Keeps the operation unread, as QUARANTINED for that reason; one that is known already stays as it is.
    Result<engine::OperationResult> quarantine(const engine::RegisteredDevice& device,
                                               const engine::OperationPlace& place, BytesView body,
                                               const std::string& reason);
    Result<std::vector<engine::OperationResult>> results(std::string_view device, std::uint64_t epoch,
                                                         protocol::Lane lane, std::uint64_t first,
                                                         std::uint64_t last);

    Result<std::vector<engine::SettledPlace>> take_settled() { return parking_.take_settled(); }

    // For people and tests: what was received, newest first, as JSON objects.
    Result<boost::json::array> list(std::size_t limit);
    Result<std::uint64_t> count();
    // Where the device was last, what its crew said last and how its box was doing last, with why it started
    // last: {"position", "status", "health"}, each null without a report.
    Result<boost::json::object> reports(const std::string& device);

  private:
    struct Statements;
    Result<boost::json::value> health(const std::string& device);
    // Where the operation was first written.
    struct Identity {
        std::uint64_t epoch = 0;
        protocol::Lane lane = protocol::WORK;
        std::uint64_t seq = 0;
        Bytes hash;
    };
    struct Known {
        engine::OperationResult result;
        std::int64_t number = 0;  // its row
        bool in_place = false;    // it arrived there
    };
    struct Decision {
        engine::OperationResult result;
        std::optional<Cause> waits_for;  // with PARKED
    };
    // `unread`: why it is quarantined without being read; nullptr: it is read and decided.
    Result<engine::OperationResult> take(const engine::RegisteredDevice& device,
                                         const engine::OperationPlace& place, BytesView body,
                                         const std::string* unread);
    Result<std::optional<Known>> find_known(const std::string& device, const Identity& identity);
    Status note_again(const std::string& device, const engine::OperationPlace& place, std::int64_t number);
    // `operation` is null when the body cannot be read. The row number.
    Result<std::int64_t> insert(const std::string& device, const Identity& identity, bool in_place,
                                const protocol::Operation* operation, const engine::OperationResult& result,
                                BytesView body);
    Result<Decision> decide(const engine::RegisteredDevice& device, const Identity& identity,
                            const protocol::Operation& operation, Turn turn);
    Result<Turn> turn_of(const std::string& device, const Identity& identity);
    Result<Decision> effect_of(const engine::RegisteredDevice& device, protocol::Lane lane,
                               const protocol::Operation& operation, Turn turn);
    // Within a savepoint: when it fails, nothing that it did stays.
    Result<Effect> take_or_undo(const engine::RegisteredDevice& device, protocol::Lane lane,
                                const protocol::Operation& operation, Turn turn);
    Result<engine::RegisteredDevice> recorder(const std::string& device);
    Status settle(std::vector<Cause> causes, protocol::Outcome outcome,
                  const engine::RegisteredDevice& device);

    Store& store_;
    SqliteEffectStore effects_;
    Parking parking_;
    Registry registry_;
    std::unique_ptr<Statements> statements_;
    // A savepoint copies every page that is changed in it, so operations that change_once() take none. Until
    // one of them failed half done.
    bool undoes_all_ = false;
};

}  // namespace fieldpost::hub
