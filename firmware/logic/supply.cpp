#include "firmware/logic/supply.hpp"

namespace fieldpost::firmware {

namespace {
constexpr std::uint32_t recovery_ms = 1'000;
constexpr std::uint32_t dip_over_ms = 500;
}  // namespace

std::uint64_t Supply::Span::length(bool now_holds, std::uint64_t now_ms) {
    if (now_holds && !holds) since_ms = now_ms;
    holds = now_holds;
    return holds ? now_ms - since_ms : 0;
}

SupplyState Supply::judge(std::uint32_t millivolts, std::uint64_t now_ms, const Settings& settings) {
    const std::uint64_t low = below_low_.length(millivolts < settings.low_mv, now_ms);
    const bool below_crank = millivolts < settings.crank_mv;
    const bool dip_over = above_crank_.length(!below_crank, now_ms) >= dip_over_ms;
    const std::uint64_t dip = dip_.length(below_crank || (dip_.holds && !dip_over), now_ms);
    const std::uint64_t high = above_high_.length(millivolts > settings.high_mv, now_ms);
    const std::uint64_t normal = normal_.length(millivolts <= settings.high_mv, now_ms);
    const std::uint64_t recovered =
        recovered_.length(millivolts >= settings.resume_mv && millivolts <= settings.high_mv, now_ms);
    if (high >= settings.high_ms && above_high_.holds) return SupplyState::high;
    if (low >= settings.low_ms && below_low_.holds && !below_crank) return SupplyState::low;
    if (dip >= settings.crank_ms && below_crank) return SupplyState::low;
    if (state_ == SupplyState::low && recovered < recovery_ms) return state_;
    // Nothing is known of the battery after too much: it is judged anew.
    if (state_ == SupplyState::high && normal < recovery_ms) return state_;
    return dip_.holds ? SupplyState::cranking : SupplyState::good;
}

bool Supply::read(std::uint32_t millivolts, std::uint64_t now_ms, const Settings& settings) {
    const SupplyState before = state_;
    state_ = judge(millivolts, now_ms, settings);
    return state_ != before;
}

}  // namespace fieldpost::firmware
