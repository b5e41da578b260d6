#include "sync/base/result.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <vector>

using namespace fieldpost;

namespace {

Result<int> half(int n) {
    if (n % 2 != 0) return fail(ErrorCode::invalid_argument, std::to_string(n) + " is odd");
    return n / 2;
}

Result<int> quarter(int n) {
    auto first = half(n);
    if (!first) return first.error().with("halving " + std::to_string(n));
    auto second = half(*first);
    if (!second) return second.error().with("halving again");
    return second;
}

}  // namespace

TEST_CASE("A result holds the value or the error, never both", "[base]") {
    const auto good = half(8);
    REQUIRE(good.has_value());
    CHECK(*good == 4);
    CHECK_FALSE(good.has_error());

    const auto bad = half(7);
    REQUIRE(bad.has_error());
    CHECK(bad.error().code == ErrorCode::invalid_argument);
    CHECK(bad.error().message == "7 is odd");
}

TEST_CASE("Context is put in front of an error on its way up and keeps its code", "[base]") {
    CHECK(quarter(7).error().message == "halving 7: 7 is odd");
    const auto error = quarter(6).error();
    CHECK(error.message == "halving again: 3 is odd");
    CHECK(error.code == ErrorCode::invalid_argument);
    CHECK(error.with("b").with("a").message == "a: b: halving again: 3 is odd");
}

TEST_CASE("A status without an error is ok", "[base]") {
    CHECK(ok().has_value());
    const Status full = fail(ErrorCode::full, "no space");
    CHECK_FALSE(full.has_value());
    CHECK(full.error().code == ErrorCode::full);
}

TEST_CASE("The value of a failed result is a programming error that says what failed", "[base]") {
    CHECK_THROWS_WITH(half(7).value(), "7 is odd");
    CHECK_THROWS_AS(half(7).value(), std::runtime_error);
}

TEST_CASE("A result carries what can only be moved", "[base]") {
    auto made = [](bool well) -> Result<std::unique_ptr<int>> {
        if (!well) return fail(ErrorCode::io, "no");
        return std::make_unique<int>(5);
    };
    auto held = made(true);
    REQUIRE(held.has_value());
    const std::unique_ptr<int> taken = std::move(*held);
    CHECK(*taken == 5);
    CHECK(made(false).error().code == ErrorCode::io);
}

TEST_CASE("Every error code has a name of its own", "[base]") {
    std::vector<std::string_view> names;
    for (int code = 0; code <= static_cast<int>(ErrorCode::internal); ++code) {
        const auto name = to_string(static_cast<ErrorCode>(code));
        CHECK(name != "unknown");
        CHECK(std::find(names.begin(), names.end(), name) == names.end());
        names.push_back(name);
    }
}
