// What is refused before a handler sees it: requests that a page of another site made a browser send.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/support/http_message.hpp"

namespace fieldpost::support {

// The answer to give instead of handling the request; nullopt when it may be handled. For TCP only: no
// browser reaches a Unix socket.
//  - Host must be localhost, 127.0.0.1, [::1] or one of `names`, with any port: otherwise a hostile name that
//  resolves
//    to this computer (DNS rebinding) would let its page read our answers. 421.
//  - A request that may change something (all but GET, HEAD, OPTIONS) and says where it comes from (Origin,
//  or
//    Sec-Fetch-Site) must come from a page of ours. 403.
std::optional<Response> refuse_foreign(const Request& request, const std::vector<std::string>& names);

}  // namespace fieldpost::support
