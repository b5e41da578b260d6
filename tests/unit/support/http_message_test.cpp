#include "daemon/support/http_message.hpp"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

#include "daemon/support/target.hpp"

using namespace fieldpost;
using namespace fieldpost::support;

namespace {

Request with_query(NameValues query) {
    Request request;
    request.query = std::move(query);
    return request;
}

Request with_body(std::string body) {
    Request request;
    request.body = std::move(body);
    return request;
}

}  // namespace

TEST_CASE("the first of several query values counts, and an empty one is not absent") {
    const Request request = with_query({{"q", "first"}, {"q", "second"}, {"empty", ""}});
    CHECK(request.query_value("q") == "first");
    CHECK(request.query_value("empty") == "");
    CHECK_FALSE(request.query_value("Q"));
}

TEST_CASE("a number in the query is read whole and within its range") {
    const Request request = with_query({{"limit", "10"},
                                        {"high", "51"},
                                        {"text", "10x"},
                                        {"empty", ""},
                                        {"lat", "-90.0"},
                                        {"nan", "nan"},
                                        {"plus", "+5"},
                                        {"huge", "99999999999999999999"}});
    CHECK(request.query_integer("limit", 1, 50).value() == 10);
    CHECK_FALSE(request.query_integer("absent", 1, 50).value());
    for (const char* name : {"high", "text", "empty", "plus", "huge"}) {
        INFO(name);
        const auto read = request.query_integer(name, 1, 50);
        REQUIRE_FALSE(read.has_value());
        CHECK(read.error().message == std::string(name) + " must be a whole number from 1 to 50");
    }
    CHECK(request.query_number("lat", -90, 90).value() == -90.0);
    CHECK_FALSE(request.query_number("nan", -90, 90).has_value());
}

TEST_CASE("a body is a JSON object or refused in a sentence") {
    CHECK(with_body(R"({"a": 1})").json_body().value().at("a") == 1);
    for (const std::string body : {"", "[1]", "null", "{\"a\":1,}", "{\"a\":1} x", "{\"a\":\"\xff\"}"}) {
        INFO(body);
        const auto read = with_body(body).json_body();
        REQUIRE_FALSE(read.has_value());
        CHECK(read.error().code == ErrorCode::invalid_argument);
    }
    CHECK_FALSE(with_body(std::string(100'000, '[')).json_body().has_value());
}

TEST_CASE("a problem says what to do, and an inner fault keeps its details to the log") {
    const Response response = problem(fail(ErrorCode::not_found, "no property has that id"));
    CHECK(response.status == 404);
    CHECK(response.content_type == "application/problem+json");
    CHECK(boost::json::parse(response.body) ==
          boost::json::parse(R"({"type":"about:blank","title":"Not Found","status":404,
                                 "detail":"no property has that id"})"));
    CHECK(problem(fail(ErrorCode::conflict, "")).status == 409);
    CHECK(problem(fail(ErrorCode::refused, "")).status == 403);
    CHECK(problem(fail(ErrorCode::unavailable, "")).status == 503);
    CHECK(problem(fail(ErrorCode::full, "")).status == 507);
    const Response inner = problem(fail(ErrorCode::corrupt, "/secret/path is damaged"));
    CHECK(inner.status == 500);
    CHECK(inner.body.find("secret") == std::string::npos);
    CHECK(boost::json::parse(problem(409, "No visit", "start one", "no-visit").body).at("type") ==
          "urn:fieldpost:problem:no-visit");
}

TEST_CASE("a target is taken apart, its query decoded and its path left as it is") {
    const auto target = parse_target("/a%20b?q=1%2B1+x&flag&empty=&q=%C3%A9");
    REQUIRE(target.has_value());
    CHECK(target->path == "/a%20b");
    CHECK(target->query == NameValues{{"q", "1+1 x"}, {"flag", ""}, {"empty", ""}, {"q", "\xc3\xa9"}});
    CHECK(parse_target("http://localhost:8460/status?x=1")->path == "/status");
    CHECK(parse_target("http://localhost")->path == "/");
    CHECK(parse_target("*")->path == "*");
    for (const char* wrong : {"", "a", "/a b", "/%zz", "/?%zz", "/?a=%00", "/?a=%ff", "localhost:80",
                              "http://", "http://a:b", "http://a:=/../x"}) {
        INFO(wrong);
        const auto refused = parse_target(wrong);
        CHECK((!refused || std::string(wrong) == "http://"));
    }
}

TEST_CASE("text survives percent-encoding and back") {
    const std::string text = "12 1/2 Main St & \"Caf\xc3\xa9\" #4 100%+?";
    const std::string encoded = percent_encode(text);
    CHECK(encoded.find_first_of(" &\"#+?/") == std::string::npos);
    CHECK(percent_decode(encoded) == text);
    CHECK_FALSE(percent_decode("%4"));
    CHECK_FALSE(percent_decode("%4g"));
}

TEST_CASE("text is valid UTF-8 without NUL") {
    CHECK(is_plain_text("plain"));
    CHECK(is_plain_text("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x9a\x92"));
    for (const std::string_view wrong :
         {std::string_view("\0", 1), std::string_view("\x80"), std::string_view("\xc0\xaf"),
          std::string_view("\xc3"), std::string_view("\xe0\x80\xaf"), std::string_view("\xed\xa0\x80"),
          std::string_view("\xf4\x90\x80\x80"), std::string_view("\xf5\x80\x80\x80"),
          std::string_view("\xff")}) {
        CHECK_FALSE(is_plain_text(wrong));
    }
}
