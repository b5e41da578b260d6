// Reads the whole history of a world as it is made: what people were told, what journals and the hub
// committed, what every device ever held. Says what is wrong; decides nothing.
//
// Safety is checked at every step, and again over the hub's whole table at the end. It does not trust the
// programs: what they did is told by the stores beneath them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "sync/engine/hub_store.hpp"
#include "tests/simulation/stores.hpp"
#include "tests/simulation/trace.hpp"

namespace fieldpost::simulation {

using engine::Millis;

struct Problem {
    Millis at = 0;
    Subject about;
    std::string text;
};

class Checker {
  public:
    Checker(const Millis& now, Trace& trace) : now_(now), trace_(trace) {}

    // ---- what a crew asked for and was told
    // `needs`: id of the operation that has to come before, if there is one.
    void asked(const std::string& device, protocol::Lane lane, const protocol::Operation& operation,
               std::int64_t true_us, const std::string& needs);
    // The journal's commit returned. Repeated: it had the operation already.
    void recorded(const std::string& device, const std::string& id, bool repeated);
    void told_saved(const std::string& device, const std::string& id);
    // The program starts: these are the operations on its disk.
    void journal_opened(const std::string& device, const std::vector<KnownOperation>& there);
    // The journal let go of operations that stood there, to make room; these are there now.
    void made_room(const std::string& device, const std::map<std::string, KnownOperation>& gone,
                   const std::vector<KnownOperation>& there);
    // It has another disk, with these.
    void journal_replaced(const std::string& device, const std::vector<KnownOperation>& now_there);

    // ---- what the hub's store did, told from beneath the engine
    struct Round {
        std::vector<std::pair<std::string, protocol::LanePosition>> positions;  // device, moved to
        std::vector<std::pair<std::string, Bytes>> operations;                  // device, as it was written
    };
    void hub_committed(const Round& round);
    // Rolled back; or the power went at the commit, and only the next start tells.
    void hub_round_uncertain(const Round& round);
    void hub_acknowledged(const std::string& device, const protocol::Ack& ack);
    // After a start: what was committed must be there.
    void hub_started(const std::vector<StoredOperation>& there, engine::HubStore& store);
    // It will be restored from a backup, and has these.
    void hub_goes_back(const std::vector<StoredOperation>& before);
    // The hub has another disk.
    void hub_replaced(const std::vector<StoredOperation>& now_there, engine::HubStore& store);
    bool hub_went_back() const { return went_back_; }
    // A change as the store has it.
    void hub_has(std::uint64_t generation, const records::FeedId& feed, const protocol::FeedEntry& entry);
    void hub_has_rows(std::uint64_t generation, const records::FeedId& feed, const Rows& rows);
    // The hub's newest backup holds these.
    void backup_kept(const std::vector<StoredOperation>& operations);
    // A person said so, for good, also over a restore; what the hub did before is done.
    void revoked(const std::string& device) { revoked_.insert(device); }
    bool is_revoked(const std::string& device) const { return revoked_.contains(device); }
    // An import changes a record, if its transaction is committed.
    void source_says(const CityChange& change);
    // Sources deliver, if the transaction is committed: then this is what feeds hold of it and of all before.
    void source_delivers(std::int64_t at, std::uint64_t generation,
                         const std::map<records::FeedId, engine::FeedPoint>& heads);
    void profile_cleared(const std::string& device, const std::string& profile);

    // ---- what a device holds
    void segment_applied(const std::string& device, const protocol::FeedSegment& segment,
                         std::uint64_t cursor_before);
    // The city says so of its sources from here on.
    void deliveries_noted(const std::string& device, const engine::Deliveries& delivered,
                          const HeldCity& city);
    // The hub said what the device should hold; what it said with a higher generation stands.
    void desired_heard(const std::string& device, const protocol::DesiredState& desired);
    void feed_gained(const std::string& device, const records::FeedId& feed);
    void feeds_dropped(const std::string& device, const std::vector<records::FeedId>& dropped,
                       const HeldCity& city);
    // After a commit; `rows`: each of them, too.
    void city_holds(const std::string& device, const HeldCity& city, bool rows);
    void counts_as_acknowledged(const std::string& device, std::uint64_t epoch, protocol::Lane lane,
                                std::uint64_t seq);

    // ---- the end, when everything has converged
    void check_hub(const std::vector<StoredOperation>& operations);
    // What is lost lies in a gap with a name.
    void check_gaps(const std::vector<StoredOperation>& operations, const std::vector<hub::Gap>& gaps);
    // What operations are worth is seen in the records and in the inbox.
    void check_effects(const std::vector<StoredOperation>& operations,
                       const std::vector<hub::Conflict>& conflicts,
                       const std::map<records::FeedId, FeedContent>& content);
    // Where devices are and what their crews say is what each lane brought last.
    void check_reports(const std::vector<StoredOperation>& operations,
                       const std::vector<StoredReport>& reports);
    void check_attachments(const std::vector<StoredOperation>& operations, const std::string& device,
                           const std::function<const Bytes*(const Bytes&)>& at_device,
                           const std::map<Bytes, Bytes>& at_hub);
    void check_journal(const std::string& device, const std::vector<KnownOperation>& journal,
                       const std::vector<StoredOperation>& at_hub);
    void check_city(const std::string& device, const HeldCity& city,
                    const std::vector<records::FeedId>& cleared,
                    const std::map<records::FeedId, FeedContent>& hub);

    void problem(Subject about, std::string text);
    const std::vector<Problem>& problems() const { return problems_; }
    std::uint64_t saved() const { return saved_; }

  private:
    struct KnownPlace {
        std::uint64_t epoch = 0;
        std::uint64_t seq = 0;
    };
    struct Told {
        protocol::Outcome outcome = protocol::ACCEPTED;
        std::uint64_t version = 0;
        std::string reason;
        bool operator==(const Told&) const = default;
    };
    struct Asked {
        protocol::Lane lane = protocol::WORK;
        std::map<std::size_t, std::int64_t> bodies;  // hashes, and when: a repeated request has another time
        std::string needs;
        std::uint64_t order = 0;  // of recording
        std::uint64_t tried = 0;  // the place it has if the last commit of it happened
        std::uint64_t place =
            0;               // in the order in which the hub is to have it; 0: never committed that we know
        bool saved = false;  // a person was told so
        bool only_at_hub = false;  // no journal holds it any more
        bool excused = false;      // it went with a disk, and nobody else had it
        bool anew = false;  // an old copy of the disk lacked it, so it was done again: the hub may have both
        bool made_room = false;  // in its journal, as a backup of the hub holds it
        bool voided = false;     // telemetry that was thinned: another operation stands for it
        bool is_void = false;    // stands for others, and has no place of its own in the order of recording
        // Where it stood when it made room though no backup of the hub holds it.
        std::optional<KnownPlace> dropped;
        // What the hub told of it before a restore lost that: applied anew, another outcome is possible, and
        // the device may keep the first.
        std::vector<Told> lost_outcomes;
    };
    using OperationKey = std::pair<std::string, std::string>;     // device, id
    using LaneKey = std::tuple<std::string, std::uint64_t, int>;  // device, epoch, lane
    using FeedKey = std::tuple<std::uint64_t, std::string>;       // generation, feed
    struct Change {
        std::uint64_t record = 0;
        std::uint64_t version = 0;
        bool remove = false;
        std::size_t body = 0;
    };

    using Field = std::pair<std::uint64_t, engine::FieldNumber>;  // of a record
    using Messages = std::map<std::uint64_t, std::unique_ptr<google::protobuf::Message>>;
    void check_waiting(const std::vector<StoredOperation>& operations);
    // Of each device and boot: until when what was stamped in it has a time that is known.
    using KnownTimes = std::map<std::pair<std::string, Bytes>, std::int64_t>;
    static KnownTimes known_times(const std::vector<StoredOperation>& operations);
    // When an operation was made, unix seconds, where the hub can know it.
    std::optional<std::int64_t> true_time(const StoredOperation& stored, const protocol::Operation& operation,
                                          const KnownTimes& known) const;
    void check_observations(const std::vector<StoredOperation>& operations, const Messages& records);
    void check_visits(const std::vector<StoredOperation>& operations, const Messages& records);
    void check_edits(const std::vector<StoredOperation>& operations,
                     const std::vector<hub::Conflict>& conflicts, const Messages& records);
    static Messages whole_records(const std::map<records::FeedId, FeedContent>& content);

    void let_go(const std::string& device, const KnownOperation& gone);
    bool may_say(const std::string& device, const KnownOperation& known, const StoredOperation& at_hub) const;
    void arrived(const OperationKey& key, BytesView body);
    // In the order of recording, what the hub does not have comes behind what it has.
    void place_behind(std::vector<Asked*> those);

    const Millis& now_;
    Trace& trace_;
    std::map<OperationKey, Asked> operations_;
    std::uint64_t places_ = 0;
    std::uint64_t saved_ = 0;
    std::set<OperationKey> at_hub_;
    std::set<OperationKey> once_at_hub_;  // also before a restore
    std::set<OperationKey> backed_up_;    // by the newest backup
    // A restore of the hub took them, and no journal holds them any more: where they stood.
    std::map<OperationKey, KnownPlace> lost_;
    std::map<LaneKey, std::set<std::uint64_t>> told_;             // what became of these, ever
    std::map<OperationKey, Told> before_restore_;                 // of what was told
    std::map<LaneKey, protocol::LanePosition> positions_;         // committed
    std::map<LaneKey, std::uint64_t> furthest_;                   // ever committed, by a hub of whatever disk
    std::map<FeedKey, std::map<std::uint64_t, Change>> changes_;  // by n
    std::map<FeedKey, std::map<std::uint64_t, std::map<std::uint64_t, std::size_t>>>
        rows_;                                                  // record, version
    std::map<std::string, std::set<records::FeedId>> cleared_;  // ever
    std::map<std::string, std::set<records::FeedId>> given_;    // by the profile that it was given last
    std::map<std::string, std::set<std::string>> named_;        // sources, by any profile that it ever had
    bool went_back_ = false;                                    // the hub did, to a backup
    std::map<std::string, protocol::DesiredState> desired_;     // newest that was heard
    struct Delivery {
        std::uint64_t generation = 0;
        std::map<records::FeedId, std::uint64_t> heads;
    };
    std::map<std::int64_t, Delivery> deliveries_;  // by their time, which no two have
    std::set<std::string> revoked_;
    std::map<Field, std::set<Bytes>> said_;  // by sources, ever
    std::set<std::uint64_t> removed_;        // records that a source ever took away
    std::vector<Problem> problems_;
};

}  // namespace fieldpost::simulation
