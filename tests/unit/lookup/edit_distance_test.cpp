#include "sync/lookup/edit_distance.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

using fieldpost::lookup::TypedWord;

namespace {

// Optimal string alignment distance by the textbook; also the least over all beginnings of `name`.
std::pair<int, int> by_table(const std::string& word, const std::string& name) {
    std::vector<std::vector<int>> table(word.size() + 1, std::vector<int>(name.size() + 1));
    for (std::size_t i = 0; i <= word.size(); ++i) table[i][0] = static_cast<int>(i);
    for (std::size_t j = 0; j <= name.size(); ++j) table[0][j] = static_cast<int>(j);
    for (std::size_t i = 1; i <= word.size(); ++i) {
        for (std::size_t j = 1; j <= name.size(); ++j) {
            const int change = word[i - 1] == name[j - 1] ? 0 : 1;
            table[i][j] = std::min({table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + change});
            if (i > 1 && j > 1 && word[i - 1] == name[j - 2] && word[i - 2] == name[j - 1]) {
                table[i][j] = std::min(table[i][j], table[i - 2][j - 2] + 1);
            }
        }
    }
    return {table.back().back(), *std::ranges::min_element(table.back())};
}

}  // namespace

TEST_CASE("A missing, added, exchanged letter and two swapped ones are one error each") {
    const TypedWord typed("HIAWATHA");
    CHECK(typed.distance("HIAWATHA", 3) == 0);
    CHECK(typed.distance("HIWATHA", 3) == 1);
    CHECK(typed.distance("HIAAWATHA", 3) == 1);
    CHECK(typed.distance("HIAWETHA", 3) == 1);
    CHECK(typed.distance("IHAWATHA", 3) == 1);
    CHECK(typed.distance("GENESEE", 3) == 4);
    CHECK(TypedWord("HIW").prefix_distance("HIAWATHA", 2) == 1);
    CHECK(TypedWord("HIAW").prefix_distance("HIAWATHA", 2) == 0);
}

TEST_CASE("The bit-parallel distances are those of the table") {
    INFO("replay with --rng-seed " << Catch::rngSeed());
    std::mt19937 random(Catch::rngSeed() + 1);
    const auto word = [&](std::size_t longest) {
        std::string out(random() % (longest + 1), 'A');
        for (char& c : out) c = "ABCD9"[random() % 5];
        return out;
    };
    for (int run = 0; run < 20'000; ++run) {
        const std::string typed = word(run % 100 == 0 ? 63 : 9);
        const std::string name = word(run % 100 == 0 ? 70 : 12);
        const int most = static_cast<int>(random() % 5);
        const auto [whole, beginning] = by_table(typed, name);
        INFO(typed << " / " << name << " within " << most);
        REQUIRE(TypedWord(typed).distance(name, most) == std::min(whole, most + 1));
        REQUIRE(TypedWord(typed).prefix_distance(name, most) == std::min(beginning, most + 1));
    }
}
