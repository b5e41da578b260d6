// Which presses of the SOS button are news. The supervisor counts them over the device's restarts, as long as
// it has power itself; so the device keeps how far it has reported them. Pure; the file is PowerWatch's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "hal/supervisor/state.hpp"
#include "sync/base/result.hpp"

namespace fieldpost::device {

struct Reported {
    std::uint32_t run = 0;  // the supervisor's, of the same moment
    std::uint32_t presses = 0;
    std::uint32_t starts = 0;  // of the supervisor; 0: not known, as in files of older versions

    bool operator==(const Reported&) const = default;
};

// All that the supervisor counts by now, as reported.
Reported all_of(const hal::SupervisorState& state);

std::string text_of(const Reported& reported);
// corrupt when it is no such text.
Result<Reported> parse_reported(std::string_view text);

// How many presses were reported, as far as the supervisor counts now. Nothing is known of earlier ones
// (`before` is nullopt): then only the press that started this run is news. A supervisor which lost its power
// since counts from 0: it tells another number of starts; of one that tells none, a lower count or a lower
// run shows it.
std::uint32_t reported_presses(const std::optional<Reported>& before, const hal::SupervisorState& state);

}  // namespace fieldpost::device
