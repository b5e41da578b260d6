// Which kinds of link a person paused, or let go against what the configuration says. Whoever spoke last
// counts: what a person said holds until the configuration says of that kind what it did not say then. Pure;
// what it says is kept in a file by LinkWatch.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "sync/base/result.hpp"
#include "sync/engine/link_policy.hpp"

namespace fieldpost::device {

struct LinkPause {
    bool paused = false;
    bool configured = false;  // whether the configuration paused it when the person spoke

    bool operator==(const LinkPause&) const = default;
};

// Kinds that are not in it are as the configuration says.
using LinkPauses = std::map<engine::LinkKind, LinkPause>;

// One line a kind: "lte paused configured goes".
std::string text_of(const LinkPauses& pauses);
// Also of version 1, which did not say what was configured: then it is what `rules` say now. corrupt when it
// is no such text.
Result<LinkPauses> parse_link_pauses(std::string_view text, const engine::LinkPolicy& rules);

}  // namespace fieldpost::device
