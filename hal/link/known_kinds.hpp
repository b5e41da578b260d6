// What the configuration knows better than the system: of what kind an interface is, and whether it costs.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "hal/link/uplink.hpp"
#include "hal/settings.hpp"
#include "sync/base/result.hpp"

namespace fieldpost::hal {

// Read from the settings `kinds` ("eth1=satellite wlan0=wifi_depot", names of interfaces with a kind each)
// and `metered`, `unmetered` and `ignore` (names of interfaces), each with blanks between.
struct KnownKinds {
    std::map<std::string, LinkKind, std::less<>> kinds;
    std::map<std::string, bool, std::less<>> metered;
    std::set<std::string, std::less<>> ignored;

    // invalid_argument for a word that is no such pair, or a name that is called metered and unmetered.
    static Result<KnownKinds> read(std::string_view owner, Settings& settings);

    LinkKind kind(const std::string& name, LinkKind seen) const;
    // `told`: what the system says of it, if it does; else as the kind usually is.
    bool is_metered(const std::string& name, LinkKind kind, std::optional<bool> told = std::nullopt) const;
};

}  // namespace fieldpost::hal
