#include "hal/clock/clock.hpp"

namespace fieldpost::hal {

std::string_view to_string(TimeQuality quality) {
    switch (quality) {
        case TimeQuality::none:
            return "none";
        case TimeQuality::build_floor:
            return "build_floor";
        case TimeQuality::rtc:
            return "rtc";
        case TimeQuality::ntp:
            return "ntp";
        case TimeQuality::gnss:
            return "gnss";
    }
    return "none";
}

}  // namespace fieldpost::hal
