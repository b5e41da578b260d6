#include "firmware/logic/settings.hpp"

namespace fieldpost::firmware {
namespace {

struct Range {
    std::uint32_t Settings::*field;
    std::uint32_t lowest;
    std::uint32_t highest;
};

// The bounds keep power from staying on, and a computer from being cut, for a slip of the pen: every time
// ends.
constexpr Range ranges[] = {
    {&Settings::ignition_on_ms, 20, 5'000},
    {&Settings::ignition_off_ms, 100, 60'000},
    {&Settings::low_mv, 6'000, 30'000},
    {&Settings::low_ms, 100, 600'000},
    {&Settings::resume_mv, 6'000, 32'000},
    {&Settings::crank_mv, 4'000, 24'000},
    {&Settings::crank_ms, 100, 60'000},
    {&Settings::high_mv, 10'000, 36'000},
    {&Settings::high_ms, 10, 60'000},
    {&Settings::hold_up_ms, 1'000, 600'000},
    {&Settings::off_ms, 500, 60'000},
    {&Settings::boot_ms, 1'000, 1'800'000},
    {&Settings::host_watchdog_ms, 1'000, 600'000},
    {&Settings::boot_tries, 1, 20},
    {&Settings::healthy_ms, 1'000, 3'600'000},
    {&Settings::wake_ms, 10'000, 3'600'000},
    {&Settings::sos_ms, 10'000, 14'400'000},
    {&Settings::trial_ms, 10'000, 3'600'000},
};
static_assert(sizeof(ranges) / sizeof(ranges[0]) == sizeof(Settings) / sizeof(std::uint32_t));

}  // namespace

bool in_range(const Settings& settings) {
    for (const Range& range : ranges) {
        const std::uint32_t value = settings.*range.field;
        if (value < range.lowest || value > range.highest) return false;
    }
    return settings.crank_mv < settings.low_mv && settings.low_mv < settings.resume_mv &&
           settings.resume_mv < settings.high_mv;
}

}  // namespace fieldpost::firmware
