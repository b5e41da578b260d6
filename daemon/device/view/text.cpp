#include "daemon/device/view/text.hpp"

#include <algorithm>

namespace fieldpost::device {

namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_letter(char c) {
    return (lower(c) >= 'a' && lower(c) <= 'z') || (static_cast<unsigned char>(c) & 0x80U) != 0;
}

}  // namespace

bool same_word(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, lower, lower);
}

bool mentions(std::string_view text, std::span<const std::string_view> words) {
    std::string folded(text);
    std::ranges::transform(folded, folded.begin(), lower);
    for (const std::string_view word : words) {
        for (auto at = folded.find(word); at != std::string::npos; at = folded.find(word, at + 1)) {
            if (at > 0 && is_letter(folded[at - 1])) continue;
            std::size_t end = at + word.size();
            if (end < folded.size() && folded[end] == 's') ++end;  // several of them
            if (end == folded.size() || !is_letter(folded[end])) return true;
        }
    }
    return false;
}

bool mentions(std::string_view text, std::initializer_list<std::string_view> words) {
    return mentions(text, std::span(words.begin(), words.size()));
}

bool is_void(std::string_view status) {
    return mentions(status, {"void", "denied", "withdrawn", "cancelled", "canceled", "rejected"});
}

std::string plain_words(std::string_view code) {
    const bool shouted = code.find('_') != std::string_view::npos &&
                         std::ranges::none_of(code, [](char c) { return c >= 'a' && c <= 'z'; });
    std::string out(code);
    std::ranges::replace(out, '_', ' ');
    if (!shouted) return out;
    if (out.starts_with("TYPE ")) return "Type" + out.substr(4);
    std::transform(out.begin() + 1, out.end(), out.begin() + 1, lower);
    return out;
}

std::string joined(std::initializer_list<std::string_view> parts, std::string_view separator) {
    std::string out;
    for (const std::string_view part : parts) {
        if (part.empty()) continue;
        if (!out.empty()) out += separator;
        out += part;
    }
    return out;
}

}  // namespace fieldpost::device
