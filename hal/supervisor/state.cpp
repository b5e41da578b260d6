#include "hal/supervisor/state.hpp"

#include <array>

namespace fieldpost::hal {
namespace {

template <std::size_t N, class Value>
std::string_view name_of(const std::array<std::string_view, N>& names, Value value) {
    const auto index = static_cast<std::size_t>(value);
    return index < N ? names[index] : "unknown";
}

}  // namespace

std::string_view to_string(PowerState state) {
    static constexpr std::array<std::string_view, 4> names{"off", "starting", "on", "hold_up"};
    return name_of(names, state);
}

std::string_view to_string(SupplyLevel level) {
    static constexpr std::array<std::string_view, 4> names{"good", "cranking", "low", "high"};
    return name_of(names, level);
}

std::string_view to_string(StartReason reason) {
    static constexpr std::array<std::string_view, 5> names{"unknown", "ignition", "timer", "sos", "again"};
    return name_of(names, reason);
}

std::string_view to_string(CutReason reason) {
    static constexpr std::array<std::string_view, 5> names{"unknown", "done", "hold_up_over", "host_watchdog",
                                                           "boot_failed"};
    return name_of(names, reason);
}

std::string_view to_string(HoldUpCause cause) {
    static constexpr std::array<std::string_view, 5> names{"none", "ignition_off", "supply_low",
                                                           "supply_high", "run_over"};
    return name_of(names, cause);
}

}  // namespace fieldpost::hal
