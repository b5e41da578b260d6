// What the server writes, as bytes. For the .cpp files of this folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/support/http_message.hpp"

namespace fieldpost::support {

// Status line and headers with the empty line after them. There is no length for 204, 304 (RFC 9110, 8.6) and
// streams. A header that holds a line end, and so would add others, is left out and logged.
std::string header_of(const Response& response, bool keep_alive, std::optional<std::uint64_t> length);

// One server-sent event (WHATWG HTML 9.2.5): each line of `data` is a field, line ends in `event` are
// dropped.
std::string event_text(std::string_view event, std::string_view data);

}  // namespace fieldpost::support
