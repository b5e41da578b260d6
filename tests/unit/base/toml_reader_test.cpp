#include "sync/base/toml_reader.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

using namespace fieldpost;

namespace {

// What is said of the text; empty when it is read.
std::string refusal(std::string_view text) {
    const auto table = parse_toml(text, "lpi.toml");
    if (table) return {};
    CHECK(table.error().code == ErrorCode::invalid_argument);
    return table.error().message;
}

std::string repeated(std::string_view part, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += part;
    return out;
}

std::string nested(int depth) {
    return "a = " + repeated("[", depth) + repeated("]", depth) + "\n";
}

bool begins(const std::string& sentence, const std::string& with) {
    UNSCOPED_INFO(sentence);
    return sentence.starts_with(with);
}

}  // namespace

TEST_CASE("nesting is bounded before the text is parsed, with its place") {
    CHECK(refusal(nested(max_toml_depth)).empty());
    CHECK(begins(refusal("b = 1\n" + nested(max_toml_depth + 1)), "lpi.toml:2:21: nested too deeply"));
    CHECK(begins(refusal("a = " + repeated("[", 1'000'000)), "lpi.toml:1:21: nested too deeply"));
    CHECK(begins(refusal("a = " + repeated("{a=", 1'000'000)), "lpi.toml:1:53: nested too deeply"));
    CHECK(begins(refusal("\n\na = " + repeated("[\n", 1'000'000)), "lpi.toml:19:1: nested too deeply"));
    CHECK(begins(refusal("[a" + repeated(".a", 1'000'000) + "]"), "lpi.toml:1:33: too many dots"));
    CHECK(begins(refusal("a = {" + repeated("a.", 1'000'000) + "a = 1}"), "lpi.toml:1:37: too many dots"));
    CHECK(refusal("a = [" + repeated("1.5, ", 1000) + "]\n[t]\n" + repeated("# ... [[[ ...\n", 100)).empty());
}

TEST_CASE("brackets, dots and letters within quotes and comments are only text") {
    const std::string text =
        "# Straße [[[[[[[[[[[[[[[[[[[[[[[[\n"
        "a = \"[[[[[[[[[[[[[[[[[[[[[[[[ \\\" ü ....................\" # é\n"
        "b = '[[[[[[[[[[[[[[[[[[[[[[[[ \\'  # ç\n"
        "c = \"\"\"\n [[[[[[[[[[[[[[[[[[[[[[[[ \"\" \\\" ö \"\"\"\"\"\n"
        "d = '''\n {{{{{{{{{{{{{{{{{{{{{{{{{{ '' ß'''\n"
        "e = \"\"  # à\n"
        "\"ünter\" = ''\n";
    const auto table = parse_toml(text, "lpi.toml");
    INFO((table ? "" : table.error().message));
    REQUIRE(table.has_value());
    CHECK(table->size() == 6);
    CHECK((*table)["c"].value<std::string>()->ends_with("ö \"\""));
}

TEST_CASE("a byte that is not ASCII outside of quotes is refused with its place") {
    for (const char* line : {"straße = 1", "a = ü", "a = \xff", "[é]", "a = 1 é",
                             "\xC2\xA0"
                             "a = 1",
                             "a = 'x' \xE2\x80\xA8"}) {
        INFO(line);
        const std::string said = refusal("b = \"\"\"\n\n\"\"\"\n" + std::string(line) + "\n");
        const auto column =
            1 + std::ranges::find_if(std::string_view(line), [](unsigned char c) { return c >= 0x80; }) -
            std::string_view(line).begin();
        CHECK(begins(said, "lpi.toml:4:" + std::to_string(column) +
                               ": a character that is not ASCII stands outside of quotes"));
    }
    CHECK(begins(refusal("\xff\xfe"), "lpi.toml:1:1: "));
    CHECK(refusal("\xEF\xBB\xBF"
                  "a = 1\n")
              .empty());
}

TEST_CASE("a text that is too long is refused") {
    CHECK(begins(refusal(std::string(max_toml_bytes + 1, ' ')), "lpi.toml:1:1: the file is too long"));
}

TEST_CASE("what is no TOML is refused with line and column, wherever it stops") {
    CHECK(begins(refusal("a = 1\nb = = 2\n"), "lpi.toml:2:5: "));
    for (const char* text : {"a = \"", "a = '", "a = \"\"\"", "a = \"\\", "a = \"x\nb = 1", "a = 5\"é\"",
                             "]]]]", "a = ]", "\"\"\"a\"\"\" = 1", "a = \"\xff\"", "a = \x01", "\x7f = 1"}) {
        INFO(text);
        CHECK(begins(refusal(text), "lpi.toml:1:"));
    }
}
