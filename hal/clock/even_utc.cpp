#include "hal/clock/even_utc.hpp"

#include <algorithm>

namespace fieldpost::hal {

TimeReading EvenUtc::tell(TimeReading reading) {
    const std::int64_t behind = last_.utc_us - reading.utc_us;
    const bool better = reading.quality > last_.quality;
    if (told_ && !better && behind > 0 && behind <= step_us) {
        const std::int64_t waited = std::max<std::int64_t>(reading.boottime_us - last_.boottime_us, 0);
        reading.utc_us = last_.utc_us + waited / 2;
    }
    told_ = true;
    last_ = reading;
    return reading;
}

}  // namespace fieldpost::hal
