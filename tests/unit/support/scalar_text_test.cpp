#include "daemon/support/scalar_text.hpp"

#include <rapidcheck.h>

#include <bit>
#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>
#include <charconv>
#include <cmath>

using namespace fieldpost::support;

namespace {

std::string text_of(const std::string& json) {
    return scalar_text(boost::json::parse(json)).value_or("(none)");
}

double read(const std::string& text) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() ? number : std::nan("");
}

}  // namespace

TEST_CASE("a number becomes the text that a person would write") {
    for (const auto& [json, text] : {std::pair{"62.5", "62.5"},
                                     {"6.25E1", "62.5"},
                                     {"3", "3"},
                                     {"3.0", "3"},
                                     {"-0.125", "-0.125"},
                                     {"0", "0"},
                                     {"-0.0", "0"},
                                     {"0.1", "0.1"},
                                     {"1e-6", "0.000001"},
                                     {"1e15", "1000000000000000"},
                                     {"123456789012345.6", "123456789012345.6"},
                                     {"9223372036854775807", "9223372036854775807"},
                                     {"18446744073709551615", "18446744073709551615"},
                                     {"1e-7", "1e-07"},
                                     {"-2.5e300", "-2.5e+300"}}) {
        INFO(json);
        CHECK(text_of(json) == text);
    }
}

TEST_CASE("a text, true and false are kept as they are, and nothing else is a single value") {
    CHECK(text_of("\"6.25E1\"") == "6.25E1");
    CHECK(text_of("true") == "true");
    CHECK(text_of("false") == "false");
    for (const char* json : {"null", "{}", "[1]"}) CHECK(text_of(json) == "(none)");
    CHECK_FALSE(scalar_text(std::numeric_limits<double>::infinity()).has_value());
}

TEST_CASE("a number's text, read again, is the same number, and has no exponent in the plain range") {
    CHECK(rc::check([](std::uint64_t bits) {
        const auto number = std::bit_cast<double>(bits);
        RC_PRE(std::isfinite(number));
        RC_ASSERT(read(scalar_text(number).value()) == number);
    }));
    CHECK(rc::check([](std::int32_t whole, std::uint32_t part) {
        const double number = whole + part / 4294967296.0;
        RC_PRE(number == 0 || std::abs(number) >= 1e-6);
        const auto text = scalar_text(number).value();
        RC_ASSERT(text.find('e') == std::string::npos);
        RC_ASSERT(read(text) == number);
    }));
}
