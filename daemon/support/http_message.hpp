// What a route handler sees of HTTP: plain values, no library types but JSON.
#pragma once

#include <boost/json/value.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sync/base/result.hpp"

namespace fieldpost::support {

class BodySink;  // upload.hpp

// Names and values in the order they came; a name may come twice.
using NameValues = std::vector<std::pair<std::string, std::string>>;

struct Request {
    std::string method;  // as sent: "GET"; a HEAD is handed to GET handlers as "HEAD"
    std::string path;    // as sent, not decoded, without the query: "/api/v1/properties/0c4vmj2k9x8ar"
    NameValues query;    // decoded, "+" is a space; valid UTF-8 without NUL
    NameValues headers;  // names in lower case
    NameValues params;   // what the route's {names} matched, decoded; filled by Router
    std::string route;   // the pattern that matched, for metrics; empty when none did
    std::string body;    // at most HttpLimits::body bytes
    std::shared_ptr<BodySink> sink;  // of an upload: has taken the body
    bool from_socket = false;        // came over the Unix socket, not TCP

    // The first value of that name; nullopt when absent (an empty value is not absent).
    std::optional<std::string_view> query_value(std::string_view name) const;
    std::optional<std::string_view> header(std::string_view lower_case_name) const;
    // Empty when the route has no such name.
    std::string_view param(std::string_view name) const;

    // A number from the query. nullopt when absent; invalid_argument, with a sentence for the client, when it
    // is not a number in [lowest, highest].
    Result<std::optional<std::int64_t>> query_integer(std::string_view name, std::int64_t lowest,
                                                      std::int64_t highest) const;
    Result<std::optional<double>> query_number(std::string_view name, double lowest, double highest) const;

    // The body as a JSON object. invalid_argument, with a sentence for the client, when it is not one.
    Result<boost::json::object> json_body() const;
};

struct Response {
    int status = 200;
    std::string content_type;
    std::string body;
    NameValues headers;  // besides content-type, content-length and connection, which the server writes
    // Not empty: the body is what this file holds when the answer begins, sent in pieces.
    std::filesystem::path file{};
};

Response json_response(int status, const boost::json::value& body);

// RFC 9457. `title` is the same for every occurrence of the problem, `detail` says what to do this time. The
// type is "about:blank" without a `type`, else "urn:fieldpost:problem:" + type.
Response problem(int status, std::string_view title, std::string_view detail, std::string_view type = {});
// The status that belongs to the error's code: 400, 404, 409, 403, 503, 507 or 500. The message is the
// detail; for corrupt, io and internal it is only logged, since it may name what is nobody's business
// outside.
Response problem(const Error& error);

// "Not Found" for 404; the registry of RFC 9110.
std::string_view reason_phrase(int status);

}  // namespace fieldpost::support
