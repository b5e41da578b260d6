// Which kinds of link a person paused, or let go against what the configuration says. Pure; what it says is
// kept in a file by LinkWatch.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "sync/base/result.hpp"
#include "sync/engine/link_policy.hpp"

namespace fieldpost::device {

// Kinds that are not in it are as the configuration says.
using LinkPauses = std::map<engine::LinkKind, bool>;

// One line a kind: "lte paused" or "lte goes".
std::string text_of(const LinkPauses& pauses);
// corrupt when it is not such a text.
Result<LinkPauses> parse_link_pauses(std::string_view text);

}  // namespace fieldpost::device
