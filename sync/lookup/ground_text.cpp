#include "sync/lookup/ground_text.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "sync/records/address_words.hpp"

namespace fieldpost::lookup {

namespace {

constexpr std::size_t crossing_limit = 4;

using Views = std::vector<std::string_view>;

bool all_digits(std::string_view word) {
    return !word.empty() && std::ranges::all_of(word, [](char c) { return c >= '0' && c <= '9'; });
}

template <std::size_t size>
bool is_any(std::string_view word, const std::array<std::string_view, size>& any) {
    return std::ranges::find(any, word) != any.end();
}

std::string joined(std::span<const std::string_view> words) {
    std::string out;
    for (const std::string_view word : words) {
        out += out.empty() ? "" : " ";
        out += word;
    }
    return out;
}

// The text folded, with signs that stand between two streets as the word AND.
std::string with_signs_as_words(std::string_view text) {
    std::string plain;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        const auto digit = [&](std::size_t place) {
            return place < text.size() && text[place] >= '0' && text[place] <= '9';
        };
        const bool fraction = c == '/' && at > 0 && digit(at - 1) && digit(at + 1);
        if (c == '&' || c == '@' || c == '+' || (c == '/' && !fraction)) {
            plain += " AND ";
        } else {
            plain += c;
        }
    }
    return records::fold(plain);
}

}  // namespace

std::vector<CrossingText> read_crossing(std::string_view text) {
    constexpr std::array<std::string_view, 3> corner{"CORNER", "INTERSECTION", "CROSSING"};
    const std::string folded = with_signs_as_words(text);
    const Views all = records::split_words(folded);
    std::span<const std::string_view> words = all;
    bool named = false;
    if (!words.empty() && words.front() == "THE") words = words.subspan(1);
    if (words.size() > 1 && is_any(words.front(), corner)) {
        named = true;
        words = words.subspan(words[1] == "OF" ? 2 : 1);
    }
    std::vector<CrossingText> out;
    // "12 Main & Oak" is a door near a crossing, and "12 and 14 Main St" are two.
    if (words.empty() || (!named && all_digits(words.front()) && words.size() > 1 && words[1] != "AND"))
        return out;
    constexpr std::array<std::string_view, 3> between{"AND", "AT", "X"};
    for (std::size_t at = 1; at + 1 < words.size() && out.size() < crossing_limit; ++at) {
        if (is_any(words[at], between))
            out.push_back({joined(words.first(at)), joined(words.subspan(at + 1))});
    }
    return out;
}

std::optional<BlockText> read_block(std::string_view text) {
    const std::string folded = records::fold(text);
    const Views words = records::split_words(folded);
    constexpr std::array<std::string_view, 3> block{"BLOCK", "BLK", "BLOC"};
    for (std::size_t at = 0; at < words.size(); ++at) {
        const std::string_view word = words[at];
        std::uint32_t from = 0;
        std::size_t used = 1;
        const bool crossed = word.size() >= 3 && word.size() <= 6 && word.ends_with("XX") &&
                             all_digits(word.substr(0, word.size() - 2));
        if (crossed) {
            from = static_cast<std::uint32_t>(std::stoul(std::string(word.substr(0, word.size() - 2)))) * 100;
        } else if (all_digits(word) && word.size() <= 6 && at + 1 < words.size() &&
                   is_any(words[at + 1], block)) {
            from = static_cast<std::uint32_t>(std::stoul(std::string(word))) / 100 * 100;
            used = 2;
        } else {
            continue;
        }
        Views street(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(at));
        for (std::size_t rest = at + used; rest < words.size(); ++rest) {
            const bool of = rest == at + used && words[rest] == "OF";
            if (!of && !is_any(words[rest], block)) street.push_back(words[rest]);
        }
        if (street.empty()) return std::nullopt;
        return BlockText{from, joined(street)};
    }
    return std::nullopt;
}

std::optional<NearText> read_near(std::string_view text) {
    constexpr std::array<std::string_view, 6> sign{"NEAREST", "CLOSEST", "NEARBY", "NEAR", "AROUND", "CLOSE"};
    constexpr std::array<std::string_view, 12> filler{"ME",  "HERE", "US", "MY",   "POSITION", "LOCATION",
                                                      "THE", "TO",   "BY", "BEST", "FROM",     "AND"};
    const std::string folded = records::fold(text);
    bool near = false;
    bool here = false;
    std::string what;
    for (const std::string_view word : records::split_words(folded)) {
        if (is_any(word, sign)) {
            near = true;
            here = here || (word != "NEAR" && word != "AROUND" && word != "CLOSE");
        } else if (near && is_any(word, filler)) {
            here = true;
        } else {
            what += what.empty() ? "" : " ";
            what += word;
        }
    }
    if (!near || !here) return std::nullopt;
    return NearText{what};
}

}  // namespace fieldpost::lookup
