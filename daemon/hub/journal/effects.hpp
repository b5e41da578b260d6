// What an operation does at the hub. The decisions are here, pure; what they need to know and to change is
// behind EffectStore: the hub's database, or a simulator's memory.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/hub/store/records.hpp"
#include "sync/engine/field_records.hpp"
#include "sync/engine/hub_store.hpp"

namespace fieldpost::hub {

struct StandingRecord {
    records::Kind kind = records::KIND_UNSET;
    std::uint64_t version = 0;
    RecordId property = 0;
    std::unique_ptr<google::protobuf::Message> message;
};

// A visit or observation, under the field source.
struct OwnRecord {
    records::Kind kind = records::KIND_UNSET;
    std::string key;
    const google::protobuf::Message* message = nullptr;  // not owned
    RecordId property = 0;                               // 0: none; it then goes to every area
    std::int64_t as_of = 0;                              // unix seconds
};

// All calls of one operation happen inside one transaction, which is undone when it fails.
class EffectStore {
  public:
    virtual ~EffectStore() = default;
    // nullopt when it was never stored or is removed.
    virtual Result<std::optional<StandingRecord>> record(RecordId record) = 0;
    // The version of the record then.
    virtual Result<std::uint64_t> put(const OwnRecord& record) = 0;
    // As Records::field() and Records::change_fields(); the version of the record then.
    virtual Result<StandingField> field(RecordId record, engine::FieldNumber field) = 0;
    virtual Result<std::uint64_t> change_fields(RecordId record, std::span<const NewValue> values,
                                                const Author& by) = 0;
    virtual Status keep_conflict(const Conflict& conflict) = 0;
    // As ConflictRows::supersede().
    virtual Status supersede_conflict(RecordId record, engine::FieldNumber field,
                                      const std::string& operation) = 0;

    virtual Result<std::vector<engine::KnownCorrection>> time_corrections(const std::string& device,
                                                                          const Bytes& boot) = 0;
    virtual Status keep_time_correction(const std::string& device, const Bytes& boot,
                                        const std::string& operation,
                                        const engine::KnownCorrection& correction) = 0;
    // Calls `each` with what the device recorded in that boot and was accepted, as far as its time may yet
    // become better known, in the order in which it came. It may change records. The first error ends it.
    virtual Status each_recorded_in(const std::string& device, const Bytes& boot,
                                    const std::function<Status(const protocol::Operation&)>& each) = 0;

    // The newest position_reported, status_reported or health_reported of a lane of the device, by field
    // number in Operation.effect.
    virtual Result<std::optional<protocol::Operation>> newest_report(const std::string& device, int effect,
                                                                     protocol::Lane lane) = 0;
    // A health record that tells of a start is kept as the newest of those, too.
    virtual Status keep_report(const std::string& device, int effect, protocol::Lane lane,
                               const protocol::Operation& operation) = 0;
};

// Of one boot of a device; more are quarantined. Each goes through all that the boot recorded.
inline constexpr std::size_t max_time_corrections = 16;

struct Effect {
    engine::OperationResult result;
    // With PARKED: the observation that is not here yet.
    std::string waits_for_observation;
};

// Whether the stamp of such an operation is that of something recorded, and worth correcting.
bool is_stamped_record(const protocol::Operation& operation);

// Whether an accepted one is an observation that a correction may wait for.
bool makes_observation(const protocol::Operation& operation);

// Whether the operation makes one change at most, refused before anything is written: there is nothing to
// take back when it fails.
bool changes_once(const protocol::Operation& operation);

// Whether an operation takes effect as it comes, which is the order of its lane, or behind others of its lane
// that came after it.
enum class Turn { in_order, after_waiting };

// Makes the operation's changes. invalid_argument, not_found, conflict: the operation is to be quarantined
// for that reason, and nothing it did may stay; any other error is the store's.
Result<Effect> take_effect(EffectStore& store, const engine::RegisteredDevice& device, protocol::Lane lane,
                           const protocol::Operation& operation, Turn turn);

}  // namespace fieldpost::hub
