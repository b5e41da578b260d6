// The request target (RFC 9112, 3.2) and percent-encoding (RFC 3986, 2.1), over Boost.URL.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/support/http_message.hpp"

namespace fieldpost::support {

struct Target {
    std::string path;  // not decoded; begins with "/", or is "*"
    NameValues query;  // decoded, "+" is a space
};

// Reads "/path?query", "http://host/path?query" (the host is dropped: the Host header decides) or "*".
// invalid_argument when it is none, or when the query decodes to something that is_plain_text refuses.
Result<Target> parse_target(std::string_view target);

// nullopt when a "%" is not followed by two hexadecimal digits.
std::optional<std::string> percent_decode(std::string_view text);

// For a path segment or a query value: everything but unreserved characters (RFC 3986, 2.3) as %XX.
std::string percent_encode(std::string_view text);

// Valid UTF-8 (RFC 3629) without NUL.
bool is_plain_text(std::string_view text);

}  // namespace fieldpost::support
