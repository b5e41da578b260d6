// UTC as a program may see it: it never runs back, unless what it told before was wrong.
#pragma once

#include "hal/clock/clock.hpp"

namespace fieldpost::hal {

// Sans-I/O; not thread-safe. Readings go through in the order in which they are told.
//
// A source that lies a little behind the last one (NTP steps the system's clock, satellites fall silent or
// are heard again, an offset is taken anew) does not turn time back: UTC goes on from where it was, at half
// its pace, until the source has caught up. Two things are told as they are, for then what was told before
// was wrong, and going on with it would be so too: what a better source says, when it lies more than
// `correction_us` behind, and any step of more than `step_us`. Whoever keeps stamps corrects them.
class EvenUtc {
  public:
    static constexpr std::int64_t step_us = 10'000'000;
    static constexpr std::int64_t correction_us = 1'000'000;

    TimeReading tell(TimeReading reading);

  private:
    bool told_ = false;
    TimeReading last_;
};

}  // namespace fieldpost::hal
