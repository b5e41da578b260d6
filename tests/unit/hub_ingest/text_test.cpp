#include "daemon/hub/ingest/text.hpp"

#include <catch2/catch.hpp>

using namespace fieldpost::hub;

TEST_CASE("numbers are read as people and systems write them") {
    CHECK(parse_number("12") == 12);
    CHECK(parse_number(" -3.5 ") == -3.5);
    CHECK(parse_number("$86,753.00") == 86753);
    CHECK(parse_number("-$20.00") == -20);
    CHECK(parse_number("$ 5") == 5);
    CHECK(parse_number("(12.50)") == -12.5);
    CHECK(parse_number("1e3") == 1000);
    CHECK(parse_number(".5") == 0.5);
}

TEST_CASE("what is no number is none, and nothing infinite is") {
    for (const char* text :
         {"", "abc", "12 Main", "nan", "inf", "-inf", "1e999", "$", "--5", "1-2", "0x10", "1.2.3"}) {
        INFO(text);
        CHECK_FALSE(parse_number(text));
    }
}

TEST_CASE("flags are read in any case, and other words are none") {
    for (const char* text : {"Y", "yes", "TRUE", "t", "1", " x "}) CHECK(parse_flag(text) == true);
    for (const char* text : {"N", "no", "False", "f", "0"}) CHECK(parse_flag(text) == false);
    for (const char* text : {"", "maybe", "2", "yess"}) CHECK_FALSE(parse_flag(text));
}

TEST_CASE("the first byte that is not UTF-8 is found") {
    CHECK_FALSE(find_invalid_utf8("plain ascii, longer than eight bytes"));
    CHECK_FALSE(find_invalid_utf8("Jos\xc3\xa9 \xe2\x82\xac \xf0\x9f\x9a\x92"));
    CHECK(find_invalid_utf8("Jos\xe9 Garc") == 3U);                      // Latin-1
    CHECK(find_invalid_utf8("abcdefgh\xc0\xaf") == 8U);                  // overlong
    CHECK(find_invalid_utf8("\xed\xa0\x80") == 0U);                      // surrogate
    CHECK(find_invalid_utf8("\xf4\x90\x80\x80") == 0U);                  // beyond U+10FFFF
    CHECK(find_invalid_utf8(std::string_view("abc\xe2\x82", 5)) == 3U);  // cut off
    CHECK(printable_utf8("Jos\xe9!") == "Jos\xef\xbf\xbd!");
}

TEST_CASE("white space of any kind becomes one blank") {
    CHECK(squash("  217 University Pl to \nWaverly   Ave\t") == "217 University Pl to Waverly Ave");
    CHECK(squash(" \n ").empty());
    CHECK(trim("\t a b \r\n") == "a b");
}
