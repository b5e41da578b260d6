#include "sync/base/config_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

namespace fieldpost {
namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};
constexpr Unit time_units[] = {{"ms", 1}, {"s", 1000}, {"min", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
constexpr Unit size_units[] = {{"B", 1}, {"KiB", 1U << 10U}, {"MiB", 1U << 20U}, {"GiB", 1U << 30U}};

// "15s" -> 15 * 1000; nullopt when it is not digits and a unit, or too large.
template <std::size_t n>
std::optional<std::uint64_t> read_with_unit(std::string_view text, const Unit (&units)[n]) {
    std::uint64_t count = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc() || count > 1'000'000'000) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
    const auto unit = std::ranges::find(units, text, &Unit::name);
    if (unit == std::end(units)) return std::nullopt;
    return count * unit->factor;
}

// How many letters to add, drop or change (Levenshtein).
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
        }
    }
    return row.back();
}

}  // namespace

std::optional<std::uint64_t> read_milliseconds(std::string_view text) {
    return read_with_unit(text, time_units);
}

std::optional<std::uint64_t> read_bytes(std::string_view text) {
    return read_with_unit(text, size_units);
}

std::string did_you_mean(std::string_view unknown, const std::set<std::string, std::less<>>& known) {
    const std::string* best = nullptr;
    std::size_t best_distance = 3;
    for (const std::string& key : known) {
        const std::size_t letters = distance(unknown, key);
        if (letters < best_distance && letters < key.size()) {
            best = &key;
            best_distance = letters;
        }
    }
    return best == nullptr ? "" : fmt::format(" (did you mean \"{}\"?)", *best);
}

}  // namespace fieldpost
