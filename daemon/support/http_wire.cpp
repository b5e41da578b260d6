#include "daemon/support/http_wire.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace fieldpost::support {
namespace {

void append_header(std::string& out, std::string_view name, std::string_view value) {
    if (name.find_first_of("\r\n:") != std::string_view::npos ||
        value.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) {
        spdlog::error(
            fmt::format("a header {} that would break the answer was left out", name.substr(0, 40)));
        return;
    }
    out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

std::string header_of(const Response& response, bool keep_alive, std::optional<std::uint64_t> length) {
    std::string out = fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason_phrase(response.status));
    if (!response.content_type.empty()) append_header(out, "Content-Type", response.content_type);
    for (const auto& [name, value] : response.headers) append_header(out, name, value);
    append_header(out, "X-Content-Type-Options", "nosniff");
    if (length) append_header(out, "Content-Length", fmt::format("{}", *length));
    append_header(out, "Connection", keep_alive ? "keep-alive" : "close");
    return out + "\r\n";
}

std::string event_text(std::string_view event, std::string_view data) {
    std::string out = "event: ";
    for (const char c : event) {
        if (c != '\r' && c != '\n') out += c;
    }
    std::size_t at = 0;
    while (at <= data.size()) {
        const std::size_t end = std::min(data.find_first_of("\r\n", at), data.size());
        out.append("\ndata: ").append(data.substr(at, end - at));
        at = end + (data.substr(end, 2) == "\r\n" ? 2 : 1);
    }
    return out + "\n\n";
}

}  // namespace fieldpost::support
