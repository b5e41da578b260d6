// How many bytes of ours may be on their way and not yet confirmed by the other end: enough to fill the link,
// too few for an emergency to wait behind. Everything below us (Paho, the kernel, a modem) buffers without
// end, so this is the only queue that we can keep short. PROTOCOL: links, rule 19.
//
// The allowance is rate * (round trip + patience): what the link itself holds, and what it works off while
// a new message waits. Rate is the fastest that confirmations came lately, round trip the shortest seen
// lately.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

namespace fieldpost::engine {

// Milliseconds of a clock that never steps; only differences matter.
using Millis = std::int64_t;

struct CreditLimits {
    std::size_t least = 8U << 10U;   // bytes; also where it starts
    std::size_t most = 512U << 10U;  // bytes
    Millis patience = 400;           // how long a message may wait behind what was sent before it
};

class Credit {
  public:
    explicit Credit(CreditLimits limits = {}) : limits_(limits) {}

    // Forgets what is on its way; what was learnt of the link stays for its next minutes.
    void reset();
    // May this much more be sent? Something may always be sent when nothing is on its way.
    bool room(std::size_t bytes) const { return outstanding_ == 0 || outstanding_ + bytes <= allowance_; }
    void sent(Millis now, std::size_t bytes);
    // The other end has `bytes` that were sent at `sent_at`.
    void confirmed(Millis now, std::size_t bytes, Millis sent_at);
    // They will never be confirmed: sent again, or given up.
    void lost(std::size_t bytes);

    std::size_t allowance() const { return allowance_; }
    std::size_t outstanding() const { return outstanding_; }
    // Bytes that one message should have, so that the next one can overtake within a quarter of a second.
    std::size_t message_bytes() const;
    // Bytes a second; 0 while unknown.
    double rate() const;

  private:
    struct Sample {
        Millis at;
        double value;
    };
    static void keep(std::deque<Sample>& samples, Millis now, Millis memory, Sample sample,
                     bool keep_largest);
    void adapt();

    CreditLimits limits_;
    std::size_t allowance_ = limits_.least;
    std::size_t outstanding_ = 0;
    std::uint64_t confirmed_ = 0;  // in all
    struct Mark {
        Millis at;
        std::uint64_t confirmed;
    };
    std::deque<Mark> marks_;          // of the last moments, to measure the rate over a stretch of time
    std::deque<Sample> rates_;        // bytes per millisecond; falling: the first is the largest
    std::deque<Sample> round_trips_;  // milliseconds; rising: the first is the shortest
};

}  // namespace fieldpost::engine
