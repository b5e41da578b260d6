#include "sync/lookup/name_words.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <tuple>

namespace fieldpost::lookup {

namespace {

constexpr std::size_t answers_kept = 64;
constexpr std::size_t least_letters = 2;
constexpr std::size_t long_word = 8;
constexpr std::size_t far_word = 4;
constexpr int most_errors = 2;
constexpr double error_cost = 0.07;
// Sounding the same is worth one letter more or less: TOWRES sounds like TERRACE too, and means TOWERS.
constexpr double sound_cost = 0.045;
constexpr double letter_of_sound = 0.012;
constexpr int most_letters_of_sound = 4;

struct Rule {
    std::string_view written;
    std::string_view heard;
};
// The longest come first. A rule with ^ holds at the beginning only.
constexpr std::array<Rule, 34> rules{
    {{"^KN", "N"},   {"^GN", "N"}, {"^WR", "R"}, {"^PN", "N"}, {"^PS", "S"}, {"^X", "S"}, {"^MC", "MK"},
     {"^MAC", "MK"}, {"SCH", "S"}, {"TCH", "X"}, {"GHT", "T"}, {"PH", "F"},  {"CK", "K"}, {"CH", "X"},
     {"SH", "X"},    {"TH", "T"},  {"DT", "T"},  {"TZ", "S"},  {"CZ", "X"},  {"GH", ""},  {"CE", "S"},
     {"CI", "S"},    {"CY", "S"},  {"QU", "K"},  {"Q", "K"},   {"C", "K"},   {"X", "KS"}, {"Z", "S"},
     {"V", "F"},     {"J", "J"},   {"DG", "J"},  {"GE", "J"},  {"W", ""},    {"H", ""}}};

bool is_vowel(char c) {
    return std::string_view("AEIOUY").find(c) != std::string_view::npos;
}

bool has_digit(std::string_view word) {
    return std::ranges::any_of(word, [](char c) { return c >= '0' && c <= '9'; });
}

std::uint32_t sound_hash(std::string_view word) {
    const std::string sound = sound_of(word);
    return sound.size() < 2 ? 0 : static_cast<std::uint32_t>(std::hash<std::string>{}(sound)) | 1U;
}

}  // namespace

std::string sound_of(std::string_view word) {
    std::string out;
    const auto say = [&](std::string_view sounds) {
        for (const char c : sounds) {
            if (out.empty() || out.back() != c) out.push_back(c);
        }
    };
    for (std::size_t at = 0; at < word.size();) {
        const auto* rule = std::ranges::find_if(rules, [&](const Rule& each) {
            const bool begins = each.written.front() == '^';
            const std::string_view written = each.written.substr(begins ? 1 : 0);
            return (!begins || at == 0) && word.substr(at).starts_with(written);
        });
        const char c = word[at];
        const bool begun = rule != rules.end() && rule->written.front() == '^';
        if (at == 0 && !begun && (is_vowel(c) || c == 'H' || c == 'W')) {
            say(is_vowel(c) ? "A" : word.substr(0, 1));
            ++at;
        } else if (is_vowel(c)) {
            // Two equal consonants with a vowel between stay two: "NANA" is not "NA".
            if (!out.empty() && out.back() != '.') out.push_back('.');
            ++at;
        } else if (rule != rules.end()) {
            const std::size_t taken = rule->written.size() - (rule->written.front() == '^' ? 1 : 0);
            say(rule->heard);
            // The vowel that told how to say it is still to be read.
            at += rule->written.size() == 2 && is_vowel(rule->written.back()) && taken == 2 ? 1 : taken;
        } else {
            say(word.substr(at, 1));
            ++at;
        }
    }
    std::erase(out, '.');
    return out;
}

void NameWords::add(std::string_view word, std::int64_t rows) {
    if (has_digit(word)) return;
    const auto count = static_cast<std::uint32_t>(std::clamp<std::int64_t>(rows, 0, UINT32_MAX));
    if (const std::uint32_t known = words_.find(word); known != WordList::none) {
        rows_[known] = count;
        return;
    }
    if (words_.size() == most_) {
        is_full_ = true;
        return;
    }
    const std::uint32_t number = words_.add(word);
    rows_.push_back(count);
    const std::uint32_t sound = sound_hash(word);
    if (sound != 0) by_sound_.emplace_back(sound, number);
    forget_answers_like(word, sound);
}

void NameWords::forget_answers_like(std::string_view word, std::uint32_t sound) {
    std::erase_if(kept_, [&](const auto& kept) {
        const std::string& asked = std::get<std::string>(kept.first);
        return (sound != 0 && sound == kept.second.sound) ||
               TypedWord(asked).distance(word, most_errors) <= most_errors;
    });
}

// What came since the last time is sorted alone, and merged with the others.
void NameWords::sort_sounds() {
    const auto tail = by_sound_.begin() + static_cast<std::ptrdiff_t>(sounds_sorted_);
    if (tail == by_sound_.end()) return;
    std::sort(tail, by_sound_.end());
    std::inplace_merge(by_sound_.begin(), tail, by_sound_.end());
    sounds_sorted_ = by_sound_.size();
}

const std::vector<LikeWord>& NameWords::like(std::string_view word, std::size_t limit, bool far) {
    Asked asked{std::string(word), limit, far};
    if (const auto known = kept_.find(asked); known != kept_.end()) return known->second.like;
    if (kept_.size() >= answers_kept) kept_.clear();
    return (kept_[std::move(asked)] = {sound_hash(word), find_like(word, limit, far)}).like;
}

std::vector<LikeWord> NameWords::find_like(std::string_view word, std::size_t limit, bool far) {
    std::vector<LikeWord> out;
    if (word.size() < least_letters || has_digit(word)) return out;
    ++looked_through_;
    std::map<std::uint32_t, double> costs;
    const TypedWord typed(word);
    words_.near(typed, word.size() >= (far ? far_word : long_word) ? most_errors : 1,
                [&](std::uint32_t number, int errors) {
                    if (errors > 0) costs[number] = errors * error_cost;
                });
    sort_sounds();
    const auto same_sound = std::ranges::equal_range(by_sound_, sound_hash(word), {},
                                                     &std::pair<std::uint32_t, std::uint32_t>::first);
    for (const auto& [sound, number] : same_sound) {
        if (words_.text(number) == word) continue;
        const int letters = typed.distance(words_.text(number), most_letters_of_sound);
        const double cost = sound_cost + std::min(letters, most_letters_of_sound) * letter_of_sound;
        const auto [place, added] = costs.try_emplace(number, cost);
        if (!added) place->second = std::min(place->second, cost);
    }
    std::vector<std::tuple<double, std::uint32_t, std::uint32_t>> order;
    for (const auto& [number, cost] : costs) order.emplace_back(cost, UINT32_MAX - rows_[number], number);
    std::ranges::sort(order);
    if (order.size() > limit) order.resize(limit);
    for (const auto& [cost, rows, number] : order) out.push_back({std::string(words_.text(number)), cost});
    return out;
}

}  // namespace fieldpost::lookup
