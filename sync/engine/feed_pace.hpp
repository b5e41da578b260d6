// How feeds come down the link of this connection. Over a fast one the broker pushes them as they are made.
// What it pushes nobody can hold back, so over a slow or far one only heads come by themselves, and the rest
// is fetched in ranges, one at a time, each so small that an acknowledgement waits behind it for a quarter of
// a second at most. Pure; engine's thread. PROTOCOL: links, rule 19.
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

    bool is_fast() const { return fast_; }
    // What a range may have, uncompressed, 2 KiB to 256 KiB.
    std::uint32_t range_bytes() const { return range_bytes_; }

  private:
    static constexpr Millis unknown = std::numeric_limits<Millis>::max();
    void note(Millis now, Millis took);
    // Of all answers and ranges of the last minutes. Not of all: a link may grow longer, or the hub busy.
    Millis shortest() const;

    bool known_ = false;
    bool fast_ = false;
    Millis shortest_ = unknown;         // since `since_`
    Millis shortest_before_ = unknown;  // in the time before
    Millis since_ = 0;
    std::uint32_t range_bytes_ = 8U << 10U;
};

}  // namespace fieldpost::engine
