// What [link] of the configuration says of each kind of link. Keys: docs/fieldpostd.toml.md.
#pragma once

#include "sync/base/config.hpp"
#include "sync/engine/link_policy.hpp"

namespace fieldpost::device {

// Defaults for what it does not say. What is wrong is told by the configuration's finish().
engine::LinkPolicy::Rules read_link_rules(const ConfigTable& link);

}  // namespace fieldpost::device
