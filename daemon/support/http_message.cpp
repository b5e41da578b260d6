#include "daemon/support/http_message.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <cmath>

namespace fieldpost::support {
namespace {

std::optional<std::string_view> first(const NameValues& values, std::string_view name) {
    const auto found =
        std::ranges::find(values, name, [](const auto& pair) { return std::string_view(pair.first); });
    if (found == values.end()) return std::nullopt;
    return found->second;
}

template <class Number>
Result<std::optional<Number>> read_number(const Request& request, std::string_view name, Number lowest,
                                          Number highest, std::string_view what) {
    const auto text = request.query_value(name);
    if (!text) return std::optional<Number>();
    Number value{};
    const char* end = text->data() + text->size();
    const auto [stop, error] = std::from_chars(text->data(), end, value);
    // "nan" is a number to from_chars and in no range.
    if (error != std::errc() || stop != end || !(value >= lowest && value <= highest)) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("{} must be {} from {} to {}", name, what, lowest, highest));
    }
    return std::optional<Number>(value);
}

}  // namespace

std::optional<std::string_view> Request::query_value(std::string_view name) const {
    return first(query, name);
}

std::optional<std::string_view> Request::header(std::string_view lower_case_name) const {
    return first(headers, lower_case_name);
}

std::string_view Request::param(std::string_view name) const {
    return first(params, name).value_or("");
}

Result<std::optional<std::int64_t>> Request::query_integer(std::string_view name, std::int64_t lowest,
                                                           std::int64_t highest) const {
    return read_number<std::int64_t>(*this, name, lowest, highest, "a whole number");
}

Result<std::optional<double>> Request::query_number(std::string_view name, double lowest,
                                                    double highest) const {
    return read_number<double>(*this, name, lowest, highest, "a number");
}

Result<boost::json::object> Request::json_body() const {
    boost::json::error_code error;
    boost::json::value value = boost::json::parse(boost::json::string_view(body.data(), body.size()), error);
    if (error) {
        return fail(ErrorCode::invalid_argument, fmt::format("the body is not JSON: {}", error.message()));
    }
    if (!value.is_object()) return fail(ErrorCode::invalid_argument, "the body must be a JSON object");
    return std::move(value.get_object());
}

Response json_response(int status, const boost::json::value& body) {
    Response response;
    response.status = status;
    response.content_type = "application/json";
    response.body = boost::json::serialize(body);
    return response;
}

Response problem(int status, std::string_view title, std::string_view detail, std::string_view type) {
    boost::json::object body;
    body["type"] = type.empty() ? "about:blank" : fmt::format("urn:fieldpost:problem:{}", type);
    body["title"] = boost::json::string_view(title.data(), title.size());
    body["status"] = status;
    body["detail"] = boost::json::string_view(detail.data(), detail.size());
    Response response = json_response(status, body);
    response.content_type = "application/problem+json";
    return response;
}

Response problem(const Error& error) {
    int status = 500;
    switch (error.code) {
        case ErrorCode::invalid_argument:
            status = 400;
            break;
        case ErrorCode::not_found:
            status = 404;
            break;
        case ErrorCode::conflict:
            status = 409;
            break;
        case ErrorCode::refused:
            status = 403;
            break;
        case ErrorCode::unavailable:
            status = 503;
            break;
        case ErrorCode::full:
            status = 507;
            break;
        case ErrorCode::corrupt:
        case ErrorCode::io:
        case ErrorCode::internal:
            break;
    }
    if (status == 500) {
        spdlog::error(fmt::format("a request failed: {}: {}", to_string(error.code), error.message));
        return problem(500, reason_phrase(500),
                       "something failed inside; the log of this program says what. Nothing was confirmed.");
    }
    return problem(status, reason_phrase(status), error.message);
}

std::string_view reason_phrase(int status) {
    switch (status) {
        case 100:
            return "Continue";
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 202:
            return "Accepted";
        case 204:
            return "No Content";
        case 301:
            return "Moved Permanently";
        case 302:
            return "Found";
        case 303:
            return "See Other";
        case 304:
            return "Not Modified";
        case 307:
            return "Temporary Redirect";
        case 308:
            return "Permanent Redirect";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 406:
            return "Not Acceptable";
        case 408:
            return "Request Timeout";
        case 409:
            return "Conflict";
        case 410:
            return "Gone";
        case 411:
            return "Length Required";
        case 412:
            return "Precondition Failed";
        case 413:
            return "Content Too Large";
        case 414:
            return "URI Too Long";
        case 415:
            return "Unsupported Media Type";
        case 417:
            return "Expectation Failed";
        case 421:
            return "Misdirected Request";
        case 422:
            return "Unprocessable Content";
        case 428:
            return "Precondition Required";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 502:
            return "Bad Gateway";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        case 505:
            return "HTTP Version Not Supported";
        case 507:
            return "Insufficient Storage";
        default:
            return "Unknown";
    }
}

}  // namespace fieldpost::support
