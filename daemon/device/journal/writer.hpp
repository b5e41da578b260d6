// The journal's writing half: one connection to journal.db, used by one thread at a time. Every call is done
// when it returns; Journal runs it on a thread of its own, the simulator step by step.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "daemon/device/journal/entries.hpp"
#include "daemon/device/journal/room.hpp"
#include "sync/engine/device_actions.hpp"

namespace fieldpost::device {

class JournalWriter {
  public:
    using Random = std::function<std::uint64_t()>;

    // One operation to be written, serialised once and for all.
    struct Append {
        protocol::Lane lane = protocol::WORK;
        protocol::Operation operation;
        Bytes body;
    };
    // invalid_argument for one that is too long, has no id, is of no lane, or holds text that is not UTF-8:
    // what is kept must be readable for ever, here and at the hub.
    static Result<Append> make_append(protocol::Lane lane, protocol::Operation operation);

    // Opens or creates journal.db. corrupt when it is damaged: it is left as it is, for a person. refused
    // when it is another device's. `random` names epochs: no two of a device may ever be the same.
    static Result<std::unique_ptr<JournalWriter>> open(const std::filesystem::path& path,
                                                       const std::string& device, Random random);
    ~JournalWriter();

    // All of them in one durable transaction; the results by position, conflict for one whose id is another
    // record's. An Error as a whole: none was written.
    Result<std::vector<Result<Recorded>>> append(std::span<const Append> appends);
    // A small durable transaction that records nothing: whether there is room.
    Status try_to_write();
    // Keeps what the hub said; what it parked stays pending, with its reason. Not synced: lost, it is asked
    // again.
    Status note(const protocol::Ack& ack);
    // What the city is known to hold; not synced either.
    Status note_in_city(const engine::InCity& known);
    // Through position.safe a completed backup of the hub holds that lane of that epoch.
    Status note_safe(const protocol::LanePosition& position);
    // One step of making room, of the first kind that finds something: trims what the hub holds safely or
    // long enough, drops acknowledged telemetry, lets one operation stand for the oldest telemetry that is
    // not acknowledged. Nothing of the other lanes that is not acknowledged is ever touched. The last kind
    // takes about a second for 100,000 entries of telemetry, the others no longer than a commit. room.cpp.
    Result<RoomMade> make_room(const RoomRule& rule);
    Result<JournalSize> size() { return size_of(*database_); }
    // Begins a new epoch with all that the hub does not hold, and all that is parked there: it is pending
    // again.
    Status open_epoch(const engine::OpenEpoch& wanted);

    std::uint64_t epoch() const { return epoch_; }
    const Lanes& lanes() const { return lanes_; }
    // Number of the last note(), and the last note_in_city().
    std::uint64_t notes() const { return notes_; }
    const engine::InCity& in_city() const { return in_city_; }

  private:
    struct Statements;
    JournalWriter(std::unique_ptr<Database> database, std::string device, Random random);
    Status load();
    Status load_epoch();
    void load_lanes();
    std::uint64_t find_last_by_people(std::uint64_t epoch, protocol::Lane lane, std::uint64_t after);
    void load_in_city();
    std::uint64_t counter(const std::string& key);  // 0 when it is not there
    void set_counter(const std::string& key, std::uint64_t count);
    Status write_unsynced(const std::function<void()>& write);

    // room.cpp; inside a transaction, throwing SQLite::Exception.
    std::uint64_t acknowledged_before(std::uint64_t epoch, protocol::Lane lane) const;
    std::uint64_t remove(std::uint64_t epoch, protocol::Lane lane, std::uint64_t before);
    std::vector<std::uint64_t> epochs();
    std::uint64_t recorded_before(std::uint64_t epoch, protocol::Lane lane, std::uint64_t before,
                                  UnixMicros time);
    std::uint64_t trim(const RoomRule& rule);
    std::uint64_t drop_acknowledged_telemetry();
    std::uint64_t void_telemetry(const RoomRule& rule, LaneState& lane);

    // True when the journal's chain has that hash there: false for what was written anew since.
    bool stands(const protocol::LanePosition& position);

    // Inside open_epoch()'s transaction.
    void begin_epoch(std::uint64_t epoch, const std::string& why);
    void carry(std::uint64_t from, protocol::Lane lane, std::uint64_t held, bool parked_too, std::uint64_t to,
               LaneState& state);
    void forget_beyond(std::uint64_t epoch, protocol::Lane lane, std::uint64_t held);

    std::unique_ptr<Database> database_;
    std::unique_ptr<Statements> statements_;  // of what is written again and again
    const std::string device_;
    const Random random_;
    std::uint64_t epoch_ = 0;
    Lanes lanes_;
    std::uint64_t notes_ = 0;
    engine::InCity in_city_;
};

}  // namespace fieldpost::device
