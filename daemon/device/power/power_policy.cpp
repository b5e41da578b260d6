#include "daemon/device/power/power_policy.hpp"

#include <algorithm>

namespace fieldpost::device {

PowerPolicy::Step PowerPolicy::step(const std::optional<hal::SupervisorState>& state, const PowerWork& work,
                                    std::int64_t now_us) {
    const bool asked = state && state->power == hal::PowerState::hold_up && state->deadline_us;
    const bool silent = !state && hold_up_ && now_us < hold_up_->deadline_us;
    if (!asked && !silent) {
        hold_up_.reset();
        return Step::run;
    }
    if (!hold_up_) hold_up_ = HoldUp{now_us, 0, work.waiting, now_us};
    if (asked) hold_up_->deadline_us = *state->deadline_us;
    if (work.waiting < hold_up_->waiting) {
        hold_up_->waiting = work.waiting;
        hold_up_->progress_us = now_us;
    }
    const std::int64_t granted_us = hold_up_->deadline_us - hold_up_->began_us;
    const std::int64_t margin_us =
        std::clamp(granted_us / 4, PowerRules::least_margin_us, PowerRules::most_margin_us);
    if (now_us >= hold_up_->deadline_us - margin_us) return Step::stop;
    if (silent || work.installs) return Step::stay;

    const bool for_people = state->hold_up_cause == hal::HoldUpCause::ignition_off &&
                            now_us < hold_up_->began_us + rules_.stay_us;
    const bool for_sending =
        work.hub_answers && work.waiting > 0 && now_us < hold_up_->progress_us + PowerRules::stalled_us;
    return for_people || for_sending ? Step::stay : Step::stop;
}

bool PowerPolicy::spares(const std::optional<hal::SupervisorState>& state) {
    return state && (state->power == hal::PowerState::hold_up || state->supply == hal::SupplyLevel::low);
}

}  // namespace fieldpost::device
