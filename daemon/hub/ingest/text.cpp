#include "daemon/hub/ingest/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

namespace fieldpost::hub {

namespace {

bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

// Length of the sound UTF-8 sequence at the front; 0 when it is none.
std::size_t sequence_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0) != 0x80) return 0;
    }
    const unsigned char second = byte(1);
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
        (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) {
        return 0;
    }
    return length;
}

}  // namespace

std::string_view trim(std::string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

std::string squash(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (!is_space(c)) {
            out.push_back(c);
        } else if (!out.empty() && out.back() != ' ') {
            out.push_back(' ');
        }
    }
    if (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
}

std::string upper_ascii(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return out;
}

std::optional<std::size_t> find_invalid_utf8(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        // Nearly all bytes are ASCII: eight at a time.
        std::uint64_t eight = 0;
        if (text.size() - at >= sizeof eight) {
            std::memcpy(&eight, text.data() + at, sizeof eight);
            if ((eight & 0x8080'8080'8080'8080ULL) == 0) {
                at += sizeof eight;
                continue;
            }
        }
        const std::size_t length = sequence_length(text.substr(at));
        if (length == 0) return at;
        at += length;
    }
    return std::nullopt;
}

std::string printable_utf8(std::string_view text) {
    std::string out;
    while (const auto bad = find_invalid_utf8(text)) {
        out.append(text.substr(0, *bad)).append("\xef\xbf\xbd");
        text.remove_prefix(*bad + 1);
    }
    return out.append(text);
}

std::optional<double> parse_number(std::string_view text) {
    text = trim(text);
    bool negative = false;
    if (text.size() > 2 && text.front() == '(' && text.back() == ')') {
        negative = true;
        text = text.substr(1, text.size() - 2);
    }
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
        negative = negative != (text.front() == '-');
        text.remove_prefix(1);
    }
    if (!text.empty() && text.front() == '$') text = trim(text.substr(1));
    if (text.empty() || (text.front() != '.' && (text.front() < '0' || text.front() > '9')))
        return std::nullopt;
    std::array<char, 64> digits{};
    std::size_t length = 0;
    for (const char c : text) {
        if (c == ',') continue;
        if (length == digits.size()) return std::nullopt;
        digits[length++] = c;
    }
    double value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + length, value);
    if (error != std::errc() || end != digits.data() + length || !std::isfinite(value)) return std::nullopt;
    return negative ? -value : value;
}

std::optional<bool> parse_flag(std::string_view text) {
    const std::string word = upper_ascii(trim(text));
    static constexpr std::array<std::string_view, 6> yes{"Y", "YES", "TRUE", "T", "1", "X"};
    static constexpr std::array<std::string_view, 5> no{"N", "NO", "FALSE", "F", "0"};
    if (std::ranges::find(yes, word) != yes.end()) return true;
    if (std::ranges::find(no, word) != no.end()) return false;
    return std::nullopt;
}

}  // namespace fieldpost::hub
