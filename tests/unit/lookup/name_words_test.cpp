#include "sync/lookup/name_words.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace fieldpost::lookup;

TEST_CASE("Names that sound the same have the same sound, others have not") {
    const auto [one, other] = GENERATE(table<std::string, std::string>({
        {"SMITH", "SMYTH"},
        {"SMITH", "SCHMIDT"},
        {"CATHERINE", "KATHRYN"},
        {"STEVEN", "STEPHEN"},
        {"JON", "JOHN"},
        {"MEYER", "MAIER"},
        {"WRIGHT", "RIGHT"},
        {"PHILIPS", "FILLIPS"},
        {"MACDONALD", "MCDONALD"},
        {"KNOWLES", "NOLES"},
    }));
    INFO(one << " " << other);
    CHECK(sound_of(one) == sound_of(other));
    CHECK(sound_of("SMITH") != sound_of("SMART"));
    CHECK(sound_of("MEYER") != sound_of("MILLER"));
    CHECK(sound_of("").empty());
    CHECK(sound_of("AEIOU") == "A");
}

TEST_CASE(
    "Like a word are those within an error and those that sound so, the nearest and most frequent first") {
    NameWords words;
    const std::vector<std::pair<std::string, int>> all{{"SMITH", 900},  {"SMITHE", 2}, {"SMYTH", 40},
                                                       {"SCHMIDT", 70}, {"SMALL", 30}, {"7TH", 3},
                                                       {"JOHN", 800}};
    for (const auto& [word, rows] : all) words.add(word, rows);
    CHECK(words.size() == 6);
    CHECK(words.has("SMYTH"));
    CHECK_FALSE(words.has("7TH"));
    const auto like = words.like("SMITH", 10);
    REQUIRE(like.size() == 3);
    CHECK(like[0].word == "SMYTH");
    CHECK(like[1].word == "SMITHE");
    CHECK(like[2].word == "SCHMIDT");
    CHECK(words.like("SMIHT", 1).front().word == "SMITH");
    CHECK(words.like("XY", 10).empty());
    CHECK(words.like("1420", 10).empty());
}

TEST_CASE("A word that was asked for lately is not looked for again until there are new words") {
    NameWords words;
    for (const char* word : {"SMITH", "SMYTH", "SMART"}) words.add(word, 3);
    const auto first = words.like("SMIHT", 10);
    CHECK(words.looked_through() == 1);
    for (int key = 0; key < 20; ++key) CHECK(words.like("SMIHT", 10) == first);
    CHECK(words.looked_through() == 1);
    words.add("SMITH", 90);
    CHECK(words.like("SMIHT", 10) == first);
    CHECK(words.looked_through() == 1);
    words.add("SMIT", 1);
    CHECK(words.like("SMIHT", 10) != first);
    CHECK(words.looked_through() == 2);
}

TEST_CASE("However many words are asked for, few answers are kept") {
    NameWords words;
    words.add("SMITH", 3);
    for (int run = 0; run < 3; ++run) {
        for (char c = 'A'; c <= 'Z'; ++c) {
            for (char d = 'A'; d <= 'Z'; ++d) static_cast<void>(words.like(std::string("SMI") + c + d, 4));
        }
    }
    CHECK(words.looked_through() > 26 * 26);
}

TEST_CASE("A new word leaves the answers that it has no part in") {
    NameWords words;
    for (const char* word : {"SMITH", "SMYTH", "SMART"}) words.add(word, 3);
    const auto first = words.like("SMIHT", 10);
    words.add("BOBBINS", 1);
    CHECK(words.like("SMIHT", 10) == first);
    CHECK(words.looked_through() == 1);
    static_cast<void>(words.like("SMITH", 10));
    words.add("SCHMIDTT", 1);  // three letters differ, but it sounds so
    const auto& after = words.like("SMITH", 10);
    CHECK(std::ranges::find(after, "SCHMIDTT", &LikeWord::word) != after.end());
}

TEST_CASE("Words that come after a search are found by ear as those before it are") {
    NameWords words;
    for (const char* word : {"ZIMMER", "SMITH", "ADAMS"}) words.add(word, 3);
    CHECK(words.like("SMYTH", 10).front().word == "SMITH");
    for (const char* word : {"SCHMIDT", "ABEL", "WOLFF"}) words.add(word, 1);
    const auto& like = words.like("SMYTH", 10);
    REQUIRE(like.size() == 2);
    CHECK(like[0].word == "SMITH");
    CHECK(like[1].word == "SCHMIDT");
    CHECK(words.like("WOOLF", 10).front().word == "WOLFF");
}

TEST_CASE("A word longer than a list keeps is counted as one however often it comes") {
    NameWords words;
    const std::string word(300, 'Q');
    words.add("SMITH", 1);
    words.add(word, 1);
    words.add(word, 2);
    words.add("SMYTH", 50);
    words.add("SMITHE", 40);
    CHECK(words.size() == 4);
    const auto& like = words.like("SMITH", 10);
    REQUIRE(like.size() == 2);
    CHECK(like[0].word == "SMYTH");  // as near as the other, and in more rows
    CHECK(like[1].word == "SMITHE");
}

TEST_CASE("When there is no room for a word, that is said, and what is known stays") {
    NameWords words(2);
    words.add("SMITH", 1);
    words.add("SMYTH", 1);
    CHECK_FALSE(words.is_full());
    words.add("SMART", 1);
    CHECK(words.is_full());
    CHECK(words.size() == 2);
    words.add("SMITH", 7);
    CHECK(words.like("SMYTHE", 4).size() == 2);
}
