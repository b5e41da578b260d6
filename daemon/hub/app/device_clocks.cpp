#include "daemon/hub/app/device_clocks.hpp"

#include <limits>

namespace fieldpost::hub {

namespace {

// Seconds up to two minutes, then minutes, hours or days.
std::string spoken(std::int64_t us) {
    const std::int64_t seconds = us / 1'000'000;
    if (seconds < 2 * 60) return std::to_string(seconds) + " s";
    if (seconds < 2 * 3600) return std::to_string(seconds / 60) + " min";
    if (seconds < 2 * 86'400) return std::to_string(seconds / 3600) + " h";
    return std::to_string(seconds / 86'400) + " days";
}

}  // namespace

std::optional<std::string> DeviceClocks::said(const engine::HubSentAt& sent, std::int64_t now_us) {
    // A device may say any number.
    std::int64_t ahead = 0;
    if (__builtin_sub_overflow(sent.utc_us, now_us, &ahead) ||
        ahead == std::numeric_limits<std::int64_t>::min())
        return std::nullopt;
    Clock& clock = clocks_[sent.device];
    clock.seen = {ahead, sent.quality};
    if (sent.quality != protocol::TIME_NTP && sent.quality != protocol::TIME_GNSS) return std::nullopt;
    const std::int64_t apart = ahead < 0 ? -ahead : ahead;
    if (apart <= too_far_us) return std::nullopt;
    // A hub's clock that was put back is no reason for silence.
    if (clock.told_at_us && now_us >= *clock.told_at_us && now_us - *clock.told_at_us < again_after_us)
        return std::nullopt;
    clock.told_at_us = now_us;
    return "its clock, set by " +
           std::string(sent.quality == protocol::TIME_GNSS ? "satellites" : "the network") + ", is " +
           spoken(apart) + (ahead > 0 ? " ahead of" : " behind") +
           " this hub's: one of the two is wrong, and with it the times of records";
}

std::optional<DeviceClocks::Seen> DeviceClocks::newest(const std::string& device) const {
    const auto known = clocks_.find(device);
    return known == clocks_.end() ? std::nullopt : std::optional(known->second.seen);
}

}  // namespace fieldpost::hub
