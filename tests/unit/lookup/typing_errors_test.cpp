#include "tools/bench/typing_errors.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "sync/lookup/edit_distance.hpp"

using namespace fieldpost::bench;

namespace {

std::string some_word(Dice& dice, std::size_t letters) {
    std::string word;
    for (std::size_t at = 0; at < letters; ++at) word += static_cast<char>('A' + dice.below(4));
    return word;
}

}  // namespace

TEST_CASE("Typing errors are as many as asked for, and leave digits as they are") {
    INFO("replay with --rng-seed " << Catch::rngSeed());
    Dice dice(Catch::rngSeed());
    for (int run = 0; run < 2000; ++run) {
        const int errors = 1 + static_cast<int>(dice.below(2));
        const std::string_view text = "s 5th hiawatha blvd";
        const auto typed = with_typing_errors(dice, text, errors);
        REQUIRE(typed);
        INFO(*typed);
        CHECK(typing_distance(*typed, text, 5) == errors);
        CHECK(std::ranges::count(*typed, '5') == 1);
        CHECK(typed->starts_with("s "));
    }
}

TEST_CASE("Every kind of typing error is made") {
    Dice dice(1);
    std::vector<std::string> typed;
    for (int run = 0; run < 3000; ++run) typed.push_back(*with_typing_errors(dice, "oak park", 1));
    for (const char* one :
         {"iak park", "ozk park", "oaak park", "ok park", "oak aprk", "oakpark", "oak pa rk"}) {
        INFO(one);
        CHECK(std::ranges::find(typed, one) != typed.end());
    }
}

TEST_CASE("Where there is no room for so many errors, none are made") {
    Dice dice(1);
    CHECK_FALSE(with_typing_errors(dice, "5 a", 1));
    CHECK(with_typing_errors(dice, "oak", 1));
    CHECK_FALSE(with_typing_errors(dice, "oak", 2));
}

TEST_CASE("Distances are those of the search's own counting, up to the bound") {
    INFO("replay with --rng-seed " << Catch::rngSeed());
    Dice dice(Catch::rngSeed());
    for (int run = 0; run < 20'000; ++run) {
        const std::string left = some_word(dice, 1 + dice.below(9));
        const std::string right = some_word(dice, 1 + dice.below(9));
        INFO(left << " " << right);
        const int most = 1 + static_cast<int>(dice.below(3));
        const int counted = fieldpost::lookup::TypedWord(left).distance(right, 9);
        CHECK(typing_distance(left, right, most) == std::min(counted, most + 1));
    }
}
