#include "daemon/support/http_guard.hpp"

#include <algorithm>
#include <cctype>

namespace fieldpost::support {
namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

// "name:port", "[v6]:port" or either without a port -> the name.
std::string_view without_port(std::string_view host) {
    if (host.starts_with('[')) {
        const std::size_t end = host.find(']');
        if (end == std::string_view::npos) return {};
        const std::string_view rest = host.substr(end + 1);
        return rest.empty() || rest.starts_with(':') ? host.substr(0, end + 1) : std::string_view();
    }
    return host.substr(0, host.find(':'));
}

bool is_our_name(std::string_view host, const std::vector<std::string>& names) {
    const std::string name = lower(without_port(host));
    if (name == "localhost" || name == "127.0.0.1" || name == "[::1]") return true;
    return std::ranges::any_of(names, [&](const std::string& ours) { return lower(ours) == name; });
}

bool is_same_origin(const Request& request, std::string_view host) {
    if (const auto site = request.header("sec-fetch-site");
        site && *site != "same-origin" && *site != "none") {
        return false;
    }
    const auto origin = request.header("origin");
    if (!origin) return true;
    const std::string text = lower(*origin);
    return text == "http://" + lower(host) || text == "https://" + lower(host);
}

}  // namespace

std::optional<Response> refuse_foreign(const Request& request, const std::vector<std::string>& names) {
    const std::string_view host = request.header("host").value_or("");
    if (!is_our_name(host, names)) {
        return problem(421, reason_phrase(421),
                       "this server does not answer under that host name; use localhost or 127.0.0.1");
    }
    const bool is_safe = request.method == "GET" || request.method == "HEAD" || request.method == "OPTIONS";
    if (!is_safe && !is_same_origin(request, host)) {
        return problem(403, reason_phrase(403), "a page of another site may not send this request");
    }
    return std::nullopt;
}

}  // namespace fieldpost::support
