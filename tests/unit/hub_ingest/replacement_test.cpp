#include "daemon/hub/sources/replacement.hpp"

#include <catch2/catch.hpp>

#include "daemon/hub/ingest/bound_value.hpp"

using namespace fieldpost;
using namespace fieldpost::hub;

namespace {

std::string replaced(const std::string& expression, const std::string& to, std::string_view text) {
    return Replacement::make(expression, to).value().apply(text).value();
}

std::string many(std::string_view part, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += part;
    return out;
}

}  // namespace

TEST_CASE("an expression of a mapping is one of ECMAScript") {
    CHECK(replaced("^(\\d+)-([A-Z][a-z]{2})$", "$2-$1", "12-Jan") == "Jan-12");
    CHECK(replaced("^(?!yes$).*$", "no", "maybe") == "no");
    CHECK(replaced("^(?!yes$).*$", "no", "yes") == "yes");
    CHECK(replaced("^[^|]*\\|\"?", "", "Smith|\"Jones") == "Jones");
    CHECK(replaced("\\+", " & ", "Elm+Oak") == "Elm & Oak");
    CHECK(replaced("\\s+", "\\", "a \t b") == "a\\b");
    CHECK(replaced("^b$", "x", "a\nb") == "a\nb");
    CHECK(replaced("a.b", "x", "a\nb") == "a\nb");
    CHECK(replaced("$", "!", "a\n") == "a\n!");
}

TEST_CASE("an ambiguous expression gives up instead of trying for hours, and quarantines the value") {
    const std::string text(Replacement::max_text, 'a');
    for (const char* expression : {"(a+)+b", "(a|a)*b", "a*a*a*a*a*a*b", "(a?){3000}b", "((a?){60}){60}b"}) {
        INFO(expression);
        const auto refused = Replacement::make(expression, "").value().apply(text);
        REQUIRE(refused.has_error());
        CHECK(refused.error().code == ErrorCode::full);
    }
    CHECK(replaced("([ab]" + many("\\B", 200) + ")*c", "", text) == text);  // deep for each letter
    CHECK(replaced("(a+)+b", "", text + "a") == text + "a");

    ValueRule rule;
    rule.columns = {"name"};
    rule.replace = {Replacement::make("(a+)+b", "").value()};
    auto value = BoundValue::bind(rule, ColumnNames("names.csv", {"name"}), {}).value();
    const Cells cells{text};
    std::optional<Refusal> refusal;
    CHECK(value.read({&cells, {}}, refusal).empty());
    REQUIRE(refusal.has_value());
    CHECK(refusal->reason == "not_replaced");
    CHECK(refusal->detail.starts_with("'(a+)+b' matches a text of 1000 bytes in too many ways"));
}
