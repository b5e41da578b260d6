#include "hal/clock/even_utc.hpp"

#include <algorithm>

namespace fieldpost::hal {

TimeReading EvenUtc::tell(TimeReading reading) {
    const std::int64_t behind = last_.utc_us - reading.utc_us;
    const std::int64_t waited = std::max<std::int64_t>(reading.boottime_us - last_.boottime_us, 0);
    const std::int64_t at_half_pace = last_.utc_us + waited / 2;
    const bool better = reading.quality > last_.quality;
    if (told_ && behind <= (better ? correction_us : step_us))
        reading.utc_us = std::max(reading.utc_us, at_half_pace);
    told_ = true;
    last_ = reading;
    return reading;
}

}  // namespace fieldpost::hal
