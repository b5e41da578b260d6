// What a board's owner may set: thresholds and times of the rules. supervisor.proto says what each means.
#pragma once

#include <cstdint>

namespace fieldpost::firmware {

// Times in milliseconds, voltages in millivolts; the same names as in the message. Defaults are for a 12 V
// vehicle. A new one goes to the end: Kept reads what other versions of the firmware have stored.
struct Settings {
    std::uint32_t ignition_on_ms = 100;
    std::uint32_t ignition_off_ms = 2'000;
    std::uint32_t low_mv = 11'600;
    std::uint32_t low_ms = 30'000;
    std::uint32_t resume_mv = 12'200;
    std::uint32_t crank_mv = 8'500;
    std::uint32_t crank_ms = 10'000;
    std::uint32_t high_mv = 16'500;
    std::uint32_t high_ms = 2'000;
    std::uint32_t hold_up_ms = 120'000;
    std::uint32_t off_ms = 3'000;
    std::uint32_t boot_ms = 300'000;
    std::uint32_t host_watchdog_ms = 60'000;
    std::uint32_t boot_tries = 5;
    std::uint32_t healthy_ms = 600'000;
    std::uint32_t wake_ms = 900'000;
    std::uint32_t sos_ms = 1'800'000;
    std::uint32_t trial_ms = 900'000;

    bool operator==(const Settings&) const = default;
};

// True if each value is in its range, and crank_mv < low_mv < resume_mv < high_mv.
bool in_range(const Settings& settings);

}  // namespace fieldpost::firmware
