// What the simulated programs keep on their disks, behind one interface each: over memory (a model, fast) or
// over SQLite (the production stores on a CrashDisk). Every call is done when it returns.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "daemon/hub/journal/gaps.hpp"
#include "daemon/hub/store/catalog.hpp"
#include "daemon/hub/store/conflict_rows.hpp"
#include "sync/engine/hub_store.hpp"
#include "sync/engine/uplink.hpp"
#include "tests/simulation/crash_disk.hpp"

namespace fieldpost::simulation {

// ---------------------------------------------------------------- journals

// One operation as the journal has it.
struct KnownOperation {
    protocol::Lane lane = protocol::WORK;
    std::uint64_t epoch = 0;
    std::uint64_t seq = 0;
    Bytes body;
    bool pending = true;  // nothing is known yet of what became of it
    protocol::Outcome outcome = protocol::ACCEPTED;
    std::uint64_t version = 0;
    std::string reason;
    std::uint64_t noted_in = 0;
};

// So much telemetry that the hub has not acknowledged is thinned when a journal makes room. Small, so that it
// happens.
constexpr std::uint64_t least_to_void = 6;

// The journal as a running program has it. What the engine sees lags behind what is committed until
// refresh(), as a program's loop hears of its writer's commits later.
class Journal : public engine::JournalView {
  public:
    struct Place {
        std::uint64_t epoch = 0;
        std::uint64_t seq = 0;
        bool repeated = false;  // it had the operation already
    };
    virtual Result<Place> append(protocol::Lane lane, const protocol::Operation& operation) = 0;
    // Where the operation of this id stands now; nullopt when it is not there. Whoever names it as what has
    // to come before says this.
    virtual Result<std::optional<protocol::After>> place_of(const std::string& id) = 0;
    virtual Status note(const protocol::Ack& ack) = 0;
    virtual Status note_in_city(const engine::InCity& known) = 0;
    virtual Status note_safe(const protocol::LanePosition& position) = 0;
    // Some: what a backup of the hub holds goes first, then telemetry that the hub has, then telemetry that
    // it does not have: one operation, made `now`, stands for that. True: this happened, and the lane stands
    // under other numbers.
    virtual Result<bool> make_room(const protocol::TimeStamp& now) = 0;
    // Nothing when another epoch than `from` is open by now.
    virtual Status open_epoch(std::uint64_t from, const engine::OpenEpoch& wanted) = 0;
    virtual void refresh() = 0;
    // For the checker: everything, whatever its epoch.
    virtual Result<std::vector<KnownOperation>> all() = 0;
};

// What a device has of its journal, over the lives of its program.
class JournalStore {
  public:
    virtual ~JournalStore() = default;
    virtual Result<std::unique_ptr<Journal>> open() = 0;
    virtual void keep_copy() = 0;
    // False without a copy.
    virtual bool restore_copy() = 0;
    virtual void wipe() = 0;
};

// ---------------------------------------------------------------- cities

// Rows as a device or a snapshot holds them.
struct Row {
    std::uint64_t version = 0;
    records::Kind kind = records::KIND_UNSET;
    std::string source;
    std::shared_ptr<const Bytes> body;
    bool operator==(const Row& other) const {
        return version == other.version && kind == other.kind && source == other.source &&
               *body == *other.body;
    }
};
using Rows = std::map<std::uint64_t, Row>;  // by record

struct FeedContent {
    std::uint64_t cursor = 0;  // of a hub: its head
    Rows rows;
    bool operator==(const FeedContent&) const = default;
};
// Counted from the rows each time: what the production stores keep as they go.
std::uint64_t checksum_of(const records::FeedId& feed, const Rows& rows);

struct HeldCity {
    std::uint64_t snapshot_generation = 0;  // 0: none
    std::map<records::FeedId, std::uint64_t> hub_generations;
    std::map<records::FeedId, FeedContent> feeds;
    engine::Deliveries delivered;
    bool operator==(const HeldCity&) const = default;
};

// ---------------------------------------------------------------- the hub

// A change of a source record, as an import makes it.
struct CityChange {
    records::Kind kind = records::PERMIT;
    std::string key;
    std::vector<std::string> areas;
    std::shared_ptr<const google::protobuf::Message> message;  // none: the record goes
    records::LabelOverrides labels;
};

struct StoredOperation {
    struct Place {
        std::uint64_t epoch = 0;
        std::uint64_t seq = 0;
    };
    std::string device;
    std::vector<Place> places;  // where it first stood, and where it arrived
    protocol::Lane lane = protocol::WORK;
    Bytes body;
    protocol::Outcome outcome = protocol::ACCEPTED;
    std::uint64_t version = 0;
    std::string reason;
};

struct StoredReport {
    std::string device;
    int effect = 0;  // field number in Operation.effect
    protocol::Lane lane = protocol::WORK;
    protocol::Operation operation;
};

// The store as a running hub has it. begin() … commit() around the engine's calls of one round; an Error of
// commit() says that the round did not happen, unless the power went at that moment.
class HubProgramStore {
  public:
    virtual ~HubProgramStore() = default;
    virtual Status begin(bool may_roll_back) = 0;
    virtual Status commit() = 0;
    virtual void rollback() = 0;
    virtual engine::HubStore& store() = 0;
    // Inside a transaction.
    virtual Status change(const CityChange& change) = 0;
    // The data set of this number in sample_datasets was read to its end then.
    virtual Status deliver(std::size_t dataset, std::int64_t at) = 0;
    virtual Status register_device(const std::string& id, BytesView public_key,
                                   const std::string& profile) = 0;
    virtual Status revoke(const std::string& id) = 0;
    // What it holds of the lanes is in a completed backup.
    virtual Status note_safe() = 0;
    // A person's choice (ours, theirs, value: `text`), in a transaction of its own. One that is not open any
    // more stays as it is.
    virtual Status decide(std::int64_t conflict, const std::string& choice, const std::string& text) = 0;
    virtual Result<std::vector<hub::Conflict>> conflicts() = 0;
    virtual Result<std::vector<hub::Gap>> gaps() = 0;
    // Where each device was last and what its crew said last, of each lane.
    virtual Result<std::vector<StoredReport>> reports() = 0;
    // Everything, in the order in which it came.
    virtual Result<std::vector<StoredOperation>> operations() = 0;
    virtual Result<std::map<records::FeedId, FeedContent>> content() = 0;
};

class HubStorage {
  public:
    virtual ~HubStorage() = default;
    // The first open makes the store and its city.
    virtual Result<std::unique_ptr<HubProgramStore>> open() = 0;
    virtual void keep_backup() = 0;
    virtual bool restore_backup() = 0;
};

// The city that all worlds have: two areas and four profiles that clear different parts of it.
const hub::City& sample_city();
// What its sources deliver. All records are of the first one.
struct SampleDataset {
    std::string source;
    std::string name;
    records::Kind kind = records::PERMIT;
    // Profiles. None: its mapping restricts each field, which the hub knows once it has delivered first.
    std::set<std::string> cleared_by;
    bool holds_records = true;
};
extern const std::vector<SampleDataset> sample_datasets;
extern const std::string sample_source;
// What people call one, who has it, and how often it is to deliver.
engine::Delivery described(const std::string& source);
// What a device of the profile is told, when the data sets of these numbers were last read to their end then.
using DatasetTimes = std::map<std::size_t, std::int64_t>;
engine::Deliveries told_to(const std::string& profile, const DatasetTimes& delivered);
std::vector<records::FeedId> feeds_of_profile(const std::string& profile);
// The fields of a kind that crews edit here; all are texts.
std::vector<engine::FieldNumber> edited_fields(records::Kind kind);
// The value of such a field that says this.
Bytes text_value(records::Kind kind, engine::FieldNumber field, const std::string& text);

}  // namespace fieldpost::simulation
