// What the clocks of devices show beside the hub's. One thread.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "sync/engine/hub_actions.hpp"

namespace fieldpost::hub {

class DeviceClocks {
  public:
    // A device that knows the time by satellites or network is so far from the hub: one of the two is wrong.
    static constexpr std::int64_t too_far_us = 5 * 60 * 1'000'000LL;
    static constexpr std::int64_t again_after_us = 3600 * 1'000'000LL;  // for each device

    struct Seen {
        // The device's clock before the hub's, less the time that the message took. Microseconds.
        std::int64_t ahead_us = 0;
        protocol::TimeQuality quality = protocol::TIME_NONE;
    };

    // Remembers what a device said, `now_us` (unix microseconds) by the hub's clock; a sentence when someone
    // should look.
    std::optional<std::string> said(const engine::HubSentAt& sent, std::int64_t now_us);
    // nullopt when the device has said nothing since this program was started.
    std::optional<Seen> newest(const std::string& device) const;

  private:
    struct Clock {
        Seen seen;
        std::optional<std::int64_t> told_at_us;  // by the hub's clock
    };
    std::map<std::string, Clock> clocks_;  // of registered devices: nobody else is heard
};

}  // namespace fieldpost::hub
