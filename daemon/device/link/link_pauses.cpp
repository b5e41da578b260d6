#include "daemon/device/link/link_pauses.hpp"

#include <sstream>

namespace fieldpost::device {

namespace {

constexpr std::string_view title = "fieldpost link pauses 2";
constexpr std::string_view title_1 = "fieldpost link pauses 1";  // "lte paused", without what the rules said

std::string_view word_of(bool paused) {
    return paused ? "paused" : "goes";
}

}  // namespace

std::string text_of(const LinkPauses& pauses) {
    std::ostringstream out;
    out << title << '\n';
    for (const auto& [kind, pause] : pauses) {
        out << to_string(kind) << ' ' << word_of(pause.paused) << " configured " << word_of(pause.configured)
            << '\n';
    }
    return out.str();
}

Result<LinkPauses> parse_link_pauses(std::string_view text, const engine::LinkPolicy& rules) {
    std::istringstream lines{std::string(text)};
    std::string line;
    if (!std::getline(lines, line) || (line != title && line != title_1)) {
        return fail(ErrorCode::corrupt, "it does not say which links are paused");
    }
    const bool tells_configured = line == title;
    LinkPauses out;
    while (std::getline(lines, line)) {
        std::istringstream in(line);
        std::string kind_name;
        std::string said;
        std::string between;
        std::string configured;
        std::string more;
        in >> kind_name >> said;
        const auto kind = engine::parse_link_kind(kind_name);
        if (tells_configured) {
            in >> between >> configured;
        } else {
            between = "configured";
            configured = kind ? word_of(rules.rules(*kind).paused) : "";
        }
        const auto is_word = [](const std::string& word) { return word == "paused" || word == "goes"; };
        if (!kind || !is_word(said) || between != "configured" || !is_word(configured) || in >> more)
            return fail(ErrorCode::corrupt, "a line of it cannot be read: " + line);
        out[*kind] = {said == "paused", configured == "paused"};
    }
    return out;
}

}  // namespace fieldpost::device
