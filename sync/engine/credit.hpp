// How many bytes of ours may be on their way and not yet confirmed by the other end: enough to fill the link,
// too few for an emergency to wait behind. Everything below us (Paho, the kernel, a modem) buffers without
// end, so this is the only queue that we can keep short. PROTOCOL: links, rule 19.
//
// The allowance is rate * (round trip + patience): what the link itself holds, and what it works off while
// a new message waits. Rate is the fastest of the last moments, round trip the shortest; while the link is
// kept filled that cannot be seen, so now and then it is let run empty. Where the link loses packets nothing
// is confirmed until TCP has repaired the hole, and behind that the link would run empty. Who can see what
// really is on its way says so, and that counts; else as much more may go as keeps the link filled meanwhile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace fieldpost::engine {

// Milliseconds of a clock that never steps; only differences matter.
using Millis = std::int64_t;

struct CreditLimits {
    std::size_t start = 8U << 10U;   // bytes
    std::size_t least = 2U << 10U;   // bytes
    std::size_t most = 512U << 10U;  // bytes
    // How long a message may wait behind what was sent before it; half the round trip where that is more.
    Millis patience = 450;
    Millis patience_seeing = 300;  // the same, where the transport tells what is on its way
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
    // Bytes that the transport has not yet brought to the other end, of ours and of others, and its shortest
    // round trip, as far as it knows. While nothing may be sent it should be told some twenty times a second.
    void on_the_way(Millis now, std::size_t bytes, double round_trip);
    // They will never be confirmed: sent again, or given up.
    void lost(std::size_t bytes);

    std::size_t allowance() const { return allowance_; }
    std::size_t outstanding() const { return outstanding_; }
    // Bytes that one message should have, so that the next one can overtake within half a second; in
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
    bool fits(std::size_t bytes) const;
    std::size_t most_unconfirmed() const;

    CreditLimits limits_;
    std::size_t allowance_ = limits_.start;
    std::size_t outstanding_ = 0;
    struct Arrival {
        Millis at;
        std::int64_t bytes;
    };
    std::optional<std::size_t> on_the_way_;  // as last told, and what was sent since then
    Millis told_at_ = 0;
    std::int64_t arrived_ = 0;      // bytes that went from what is on the way, in all
    std::deque<Arrival> arrivals_;  // of the last moments, told without a gap
    double transport_trip_ = 0;     // milliseconds
    bool sees_arrivals_ = false;    // long enough for a rate, on this connection
    std::uint64_t confirmed_ = 0;   // in all
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
