// The journal's way up: reads what the hub lacks, sends signed batches within a window, follows
// acknowledgements, finds the common point after any interruption. PROTOCOL: journal rules 1 to 5.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "sync/engine/device_actions.hpp"
#include "sync/protocol/codec.hpp"

namespace fieldpost::engine {

inline constexpr std::array<protocol::Lane, 3> lanes_by_priority = {protocol::URGENT, protocol::WORK,
                                                                    protocol::TELEMETRY};

struct JournalEntry {
    std::uint64_t seq = 0;
    Bytes operation;
    std::optional<protocol::Origin> origin;
};

// What the engine sees of the journal. Calls are made on the thread that runs the engine.
class JournalView {
  public:
    virtual ~JournalView() = default;
    virtual std::uint64_t epoch() const = 0;
    // Last durable entry of the lane in this epoch; 0 when it has none.
    virtual std::uint64_t last_seq(protocol::Lane lane) const = 0;
    // Of the urgent lane, the last durable entry that is not a position which the device reports by itself;
    // where that is not told apart, last_seq(). 0: there is none behind noted().
    virtual std::uint64_t last_by_people() const { return last_seq(protocol::URGENT); }
    // Through here the journal knows what became of each operation at the hub.
    virtual std::uint64_t noted(protocol::Lane lane) const = 0;
    // Number of the last note of what became of operations, counted over all lanes and epochs; 0: none.
    virtual std::uint64_t notes() const = 0;
    // As the last NoteInCity said.
    virtual const InCity& in_city() const = 0;
    // Chain hash after entry `seq` (0: the epoch's start); empty when it was trimmed, nullopt when it cannot
    // be read.
    virtual std::optional<Bytes> hash_at(protocol::Lane lane, std::uint64_t seq) = 0;
    // From this entry on the journal holds the whole lane; 0: it cannot be read now.
    virtual std::uint64_t first_held(protocol::Lane lane) = 0;
    // Entries behind `after` and through noted() of which is known only that they wait at the hub, oldest
    // first.
    virtual std::vector<std::uint64_t> parked(protocol::Lane lane, std::uint64_t after, std::size_t most) = 0;
    // Lanes of earlier epochs that the hub held something of or that were trimmed, newest epoch first: epoch,
    // lane, first as first_held(), seq and noted: through here the hub held it when the epoch was left.
    virtual std::vector<protocol::LanePosition> earlier(std::size_t most) = 0;
    // Entries after `seq`, in order, until a bound is reached; at least one when there is one.
    virtual Result<std::vector<JournalEntry>> read(protocol::Lane lane, std::uint64_t after,
                                                   std::size_t max_entries, std::size_t max_bytes) = 0;
};

// What the device's clock shows now, and what that is worth.
using WallClock = std::function<protocol::TimeStamp()>;

struct UplinkLimits {
    std::size_t batch_entries = 200;
    std::size_t batch_bytes = 192U << 10U;   // of operations, before they are packed
    std::size_t urgent_window = 64U << 10U;  // sent and not yet acknowledged, and one operation
    Millis ack_timeout = 10'000;
};

class Uplink {
  public:
    // `credit` is shared with everything else that goes up.
    Uplink(std::string device, JournalView& journal, protocol::Signer& signer, Credit& credit,
           UplinkLimits limits = {});

    // Batches say from here on when they were sent.
    void stamp_by(WallClock clock) { wall_clock_ = std::move(clock); }

    // Where the journal stands, for the hello.
    void describe(protocol::Hello& hello);
    // The hub answered the hello: continue from what it has. Call pump() for each lane then.
    void resume(const protocol::HelloReply& reply, Actions& actions);
    // The hub's answer shows that it has less than it acknowledged: it was restored. Say hello and resume().
    bool went_back(const protocol::HelloReply& reply) const;
    // What the hub's backups hold, as its answer says.
    void note_safe(const protocol::HelloReply& reply, Actions& actions);
    void pause();
    void ack(Millis now, const protocol::Ack& ack, Actions& actions);
    // Sends of one lane what fits: the urgent one at once, the others within the credit.
    void pump(Millis now, protocol::Lane lane, Actions& actions);
    // The hub could not read a batch: what is not acknowledged is sent again, without a dictionary.
    void resend_plain();
    // The hub can read this dictionary; 0: none.
    void use_dictionary(std::uint32_t dictionary) { dictionary_ = dictionary; }
    // Everything of the lane is on its way.
    bool all_sent(protocol::Lane lane) const { return at(lane).sent >= journal_.last_seq(lane); }
    // The same of what people recorded in the urgent lane.
    bool sent_by_people() const { return at(protocol::URGENT).sent >= journal_.last_by_people(); }
    // True when acknowledgements stopped coming or one was lost: say hello again.
    bool stalled(Millis now) const;

    // Through here the hub has said "applied" in this run.
    std::uint64_t acknowledged(protocol::Lane lane) const { return at(lane).acked; }
    bool running() const { return running_; }

  private:
    struct LaneState {
        std::uint64_t acked = 0;  // the hub has applied through here
        std::uint64_t noted = 0;  // and has told what became of each through here
        std::uint64_t sent = 0;
    };
    struct Outstanding {
        protocol::Lane lane;
        std::uint64_t last;
        std::size_t bytes;
        Millis sent_at;
        Millis patience_from;
    };

    LaneState& at(protocol::Lane lane) { return lanes_[static_cast<std::size_t>(lane)]; }
    const LaneState& at(protocol::Lane lane) const { return lanes_[static_cast<std::size_t>(lane)]; }
    enum class Comparison { same, differs, unreadable };
    // Our chain against the hub's at the hub's position.
    Comparison compare(const protocol::LanePosition& hub);
    // Through here the hub is known to hold the lane, when it says to stand at `hub`.
    std::uint64_t held(const protocol::LanePosition& hub);
    bool send_batch(Millis now, protocol::Lane lane, Actions& actions);
    void note_safe(const protocol::LanePosition& hub, Actions& actions);
    std::vector<std::uint64_t> ask_of_parked(protocol::Lane lane);
    void lost(const Outstanding& batch);
    void take_back();
    protocol::Effort effort() const;
    std::size_t batch_bytes(protocol::Lane lane) const;
    void fork(OpenEpoch open, Actions& actions);

    std::string device_;
    JournalView& journal_;
    protocol::Signer& signer_;
    Credit& credit_;
    UplinkLimits limits_;
    WallClock wall_clock_;  // may be empty
    std::array<LaneState, 4> lanes_{};
    // By epoch and lane: what the journal was told in this contact.
    std::map<std::pair<std::uint64_t, protocol::Lane>, std::uint64_t> safe_;
    // By epoch and lane: the last parked entry that a hello asked of.
    std::map<std::pair<std::uint64_t, protocol::Lane>, std::uint64_t> asked_;
    std::deque<Outstanding> outstanding_;
    std::size_t urgent_bytes_ = 0;  // outstanding
    std::uint32_t dictionary_ = 0;
    double packing_ = 0.5;  // of the last batches: bytes sent for each byte of operations
    bool running_ = false;
    bool missed_results_ = false;  // an acknowledgement was lost: the hello brings its results again
};

}  // namespace fieldpost::engine
