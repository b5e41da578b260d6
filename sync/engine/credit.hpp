// How many bytes of ours may be on their way and not yet confirmed by the other end: enough to fill the link,
// too few for an emergency to wait behind. Everything below us (Paho, the kernel, a modem) buffers without
// end, so this is the only queue that we can keep short. PROTOCOL: links, rule 19.
//
// The allowance is rate * (round trip + patience): what the link itself holds, and what it works off while
// a new message waits. Rate is the fastest that confirmations came lately, round trip the shortest; while
// the link is kept filled that cannot be seen, so now and then it is let run empty. Where the link loses
// packets nothing is confirmed until TCP has repaired it: as much more may go as keeps it filled meanwhile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

namespace fieldpost::engine {

// Milliseconds of a clock that never steps; only differences matter.
using Millis = std::int64_t;

struct CreditLimits {
    std::size_t start = 8U << 10U;   // bytes
    std::size_t least = 2U << 10U;   // bytes
    std::size_t most = 512U << 10U;  // bytes
    // How long a message may wait behind what was sent before it; half the round trip where that is more.
    Millis patience = 450;
};

class Credit {
  public:
    explicit Credit(CreditLimits limits = {}) : limits_(limits) {}

    // Another connection, perhaps over another link: nothing is known of it, and nothing on its way.
    void reset();
    // What one more message may have; 0: nothing may be sent now. Something may always be sent when nothing
    // is on its way.
    std::size_t room() const;
    void sent(Millis now, std::size_t bytes);
    // The other end has `bytes` that were sent at `sent_at`.
    void confirmed(Millis now, std::size_t bytes, Millis sent_at);
    // They will never be confirmed: sent again, or given up.
    void lost(std::size_t bytes);

    std::size_t allowance() const { return allowance_; }
    std::size_t outstanding() const { return outstanding_; }
    // Bytes that one message should have, so that the next one can overtake within a third of a second; in
    // few packets, as each costs a slow link its headers.
    std::size_t message_bytes() const;
    // Bytes a second; 0 while unknown.
    double rate() const;
    // The shortest, of a message without length; 0 while unknown.
    Millis round_trip() const { return static_cast<Millis>(round_trip_); }

  private:
    struct Sample {
        Millis at;
        double value;
    };
    void note_rate(Millis now, double rate);
    void note_stall(Millis now, std::size_t bytes, Millis since_last);
    void note_round_trip(Millis now, std::size_t bytes, Millis sent_at);
    void adapt();

    CreditLimits limits_;
    std::size_t allowance_ = limits_.start;
    std::size_t outstanding_ = 0;
    std::uint64_t confirmed_ = 0;  // in all
    struct Mark {
        Millis at;
        std::uint64_t confirmed;
    };
    Millis burst_at_ = 0;
    std::deque<Mark> marks_;  // of the last moments, to measure the rate over a stretch of time
    bool rate_is_measured_ = false;
    std::deque<Sample> rates_;   // bytes per millisecond; falling: the first is the largest
    std::deque<Sample> stalls_;  // milliseconds beyond what the rate explains
    double stalled_ = 0;         // their sum
    Millis confirmed_at_ = 0;    // or sent, when nothing was on its way
    double round_trip_ = 0;      // milliseconds
    Millis round_trip_at_ = 0;   // when that was seen
    Millis alone_at_ = -1;       // when the last message was sent with nothing on its way before it
    bool runs_empty_ = false;    // nothing more goes until all is confirmed
};

}  // namespace fieldpost::engine
