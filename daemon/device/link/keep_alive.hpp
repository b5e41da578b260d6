// How often a connection without traffic is shown to be alive, by the kind of link.
#pragma once

#include <chrono>
#include <optional>

#include "sync/engine/link_policy.hpp"

namespace fieldpost::device {

inline constexpr std::chrono::seconds keep_alive{20};
inline constexpr std::chrono::seconds keep_alive_by_satellite{240};  // each costs some 200 bytes

// nullopt while no link is known to be up: it stays as it is. A link that is gone for a moment would else
// cost the connection twice, which is made anew for another keep-alive.
constexpr std::optional<std::chrono::seconds> keep_alive_over(std::optional<engine::LinkKind> kind) {
    if (!kind) return std::nullopt;
    return kind == engine::LinkKind::satellite ? keep_alive_by_satellite : keep_alive;
}

}  // namespace fieldpost::device
