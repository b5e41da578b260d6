#include "hal/gnss/fix.hpp"

namespace fieldpost::hal {

std::string_view to_string(FixType type) {
    switch (type) {
        case FixType::none:
            return "none";
        case FixType::fix_2d:
            return "2d";
        case FixType::fix_3d:
            return "3d";
        case FixType::dgnss:
            return "dgnss";
        case FixType::rtk:
            return "rtk";
        case FixType::estimated:
            return "estimated";
    }
    return "none";
}

Fix at_time(const Fix& fix, std::int64_t now_us, std::int64_t limit_us) {
    if (fix.age_us(now_us) <= limit_us) return fix;
    Fix stale;
    stale.received_us = fix.received_us;
    return stale;
}

}  // namespace fieldpost::hal
