#include "daemon/device/link/link_pauses.hpp"

#include <sstream>

namespace fieldpost::device {

namespace {

constexpr std::string_view title = "fieldpost link pauses 1";

}  // namespace

std::string text_of(const LinkPauses& pauses) {
    std::ostringstream out;
    out << title << '\n';
    for (const auto& [kind, paused] : pauses) out << to_string(kind) << (paused ? " paused\n" : " goes\n");
    return out.str();
}

Result<LinkPauses> parse_link_pauses(std::string_view text) {
    std::istringstream lines{std::string(text)};
    std::string line;
    if (!std::getline(lines, line) || line != title) {
        return fail(ErrorCode::corrupt, "it does not say which links are paused");
    }
    LinkPauses out;
    while (std::getline(lines, line)) {
        const auto blank = line.find(' ');
        const auto kind = engine::parse_link_kind(line.substr(0, blank));
        const std::string word = blank == std::string::npos ? std::string() : line.substr(blank + 1);
        if (!kind || (word != "paused" && word != "goes"))
            return fail(ErrorCode::corrupt, "a line of it cannot be read: " + line);
        out[*kind] = word == "paused";
    }
    return out;
}

}  // namespace fieldpost::device
