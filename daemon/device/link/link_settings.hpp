// What [link] of the configuration says: the driver, and the rules of each kind of link. Keys:
// docs/fieldpostd.toml.md.
#pragma once

#include "sync/base/config.hpp"
#include "hal/link/link.hpp"
#include "sync/engine/link_policy.hpp"

namespace fieldpost::device {

// The driver and its settings: all of [link] but the tables of kinds.
hal::LinkConfig read_link_driver(const ConfigTable& link);

// Defaults for what it does not say. What is wrong is told by the configuration's finish().
engine::LinkPolicy::Rules read_link_rules(const ConfigTable& link);

}  // namespace fieldpost::device
