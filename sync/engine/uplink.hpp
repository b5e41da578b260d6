// The journal's way up: reads what the hub lacks, sends signed batches within a window, follows
// acknowledgements, finds the common point after any interruption. PROTOCOL: journal rules 1 to 5.
#pragma once

#include <array>
#include <deque>
#include <optional>

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
    // Through here the journal knows what became of each operation at the hub.
    virtual std::uint64_t noted(protocol::Lane lane) const = 0;
    // Chain hash after entry `seq` (0: the epoch's start); nullopt when the journal does not hold it.
    virtual std::optional<Bytes> hash_at(protocol::Lane lane, std::uint64_t seq) = 0;
    // Entries after `seq`, in order, until a bound is reached; at least one when there is one.
    virtual Result<std::vector<JournalEntry>> read(protocol::Lane lane, std::uint64_t after,
                                                   std::size_t max_entries, std::size_t max_bytes) = 0;
};

struct UplinkLimits {
    std::size_t batch_entries = 200;
    std::size_t batch_bytes = 64U << 10U;
    std::size_t window_bytes = 512U << 10U;  // sent and not yet acknowledged
    Millis ack_timeout = 10'000;
};

class Uplink {
  public:
    Uplink(std::string device, JournalView& journal, protocol::Signer& signer, UplinkLimits limits = {});

    // Where the journal stands, for the hello.
    void describe(protocol::Hello& hello);
    // The hub answered the hello: continue from what it has.
    void resume(Millis now, const protocol::HelloReply& reply, Actions& actions);
    void pause();
    void ack(Millis now, const protocol::Ack& ack, Actions& actions);
    // Sends what fits the window. Call when the journal has grown.
    void pump(Millis now, Actions& actions);
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
    };

    LaneState& at(protocol::Lane lane) { return lanes_[static_cast<std::size_t>(lane)]; }
    const LaneState& at(protocol::Lane lane) const { return lanes_[static_cast<std::size_t>(lane)]; }
    enum class Comparison { same, differs, unreadable };
    // Our chain against the hub's at the hub's position.
    Comparison compare(const protocol::LanePosition& hub);
    // Through here the hub is known to hold the lane, when it says to stand at `hub`.
    std::uint64_t held(const protocol::LanePosition& hub);
    bool send_batch(Millis now, protocol::Lane lane, Actions& actions);
    void fork(OpenEpoch open, Actions& actions);

    std::string device_;
    JournalView& journal_;
    protocol::Signer& signer_;
    UplinkLimits limits_;
    std::array<LaneState, 4> lanes_{};
    std::deque<Outstanding> outstanding_;
    std::size_t outstanding_bytes_ = 0;
    bool running_ = false;
    bool missed_results_ = false;  // an acknowledgement was lost: the hello brings its results again
};

}  // namespace fieldpost::engine
