// How feeds come down the link of this connection. Over a fast one the broker pushes them as they are made.
// What it pushes nobody can hold back, so over a slow or far one only heads come by themselves, and the rest
// is fetched in ranges, one at a time, each so small that an acknowledgement waits behind it for a quarter of
// a second at most. So are ranges over every link until one of them was measured. Pure; engine's thread.
// PROTOCOL: links, rule 19.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "sync/engine/credit.hpp"

namespace fieldpost::engine {

class FeedPace {
  public:
    // Another connection: nothing is known of its link.
    void reset() { *this = FeedPace(); }
    // The hub's answer to a hello came so long after it.
    void answered(Millis now, Millis took);
    // Batches are acknowledged after so long at least: Credit::round_trip().
    void acknowledged(Millis after);
    // A range came: `bytes` of at most range_bytes(), uncompressed, and between its request and its end
    // `others` of other ranges.
    void came(Millis now, Millis took, std::size_t bytes, std::size_t others = 0);
    // A range did not come in time, nor anything else: lost, or the link is slower than it was.
    void missed();

    bool is_fast() const { return fast_; }
    // What a range may have, uncompressed, 2 KiB to 256 KiB.
    std::uint32_t range_bytes() const { return range_bytes_; }
    // How many ranges may be on their way.
    std::ptrdiff_t at_once() const;
    // What the link takes for so many bytes, uncompressed, by what is known of it.
    Millis takes(std::size_t bytes) const;

  private:
    static constexpr double unmeasured = 8;  // bytes a millisecond: 64 kbit/s
    static constexpr Millis unknown = std::numeric_limits<Millis>::max();
    void note(Millis now, Millis took);
    // Of all answers and ranges of the last minutes. Not of all: a link may grow longer, or the hub busy.
    Millis shortest() const;

    bool known_ = false;
    bool fast_ = false;
    Millis shortest_ = unknown;         // since `since_`
    Millis shortest_before_ = unknown;  // in the time before
    Millis since_ = 0;
    bool measured_ = false;     // a range was: full, or as quick as over a fast link
    double rate_ = unmeasured;  // of the last full range, or what the link carries at least
    std::uint32_t range_bytes_ = 8U << 10U;
};

}  // namespace fieldpost::engine
