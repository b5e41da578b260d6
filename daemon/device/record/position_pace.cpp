#include "daemon/device/record/position_pace.hpp"

#include <algorithm>

#include "sync/snapshot/distance.hpp"

namespace fieldpost::device {

bool PositionPace::is_due(const hal::Fix& fix, bool urgent, std::int64_t now_us) const {
    using Limits = PositionLimits;
    if (fix.type == hal::FixType::none || !fix.position || fix.age_us(now_us) > hal::stale_after_us)
        return false;
    if (!last_) return true;
    const std::int64_t since = now_us - last_->at_us;
    if (since < Limits::least_us) return false;
    const double went = snapshot::distance_m({last_->position.latitude, last_->position.longitude},
                                             {fix.position->latitude, fix.position->longitude});
    // A fix that may be that far off says nothing of a way.
    const auto went_at_least = [&](double metres) {
        return went >= std::max(metres, fix.accuracy_m.value_or(0));
    };
    if (urgent) return since >= Limits::urgent_us || went_at_least(Limits::urgent_m);
    if (since >= Limits::standing_us || went_at_least(Limits::moving_m)) return true;
    const bool moves = fix.speed_mps.value_or(0) >= Limits::moving_mps || went_at_least(Limits::wander_m);
    return moves && since >= Limits::moving_us;
}

}  // namespace fieldpost::device
