#include <catch2/catch.hpp>

#include "tests/unit/city/exports.hpp"

using namespace fieldpost::city::test;

namespace {

void check_days(int before, int after, const char* since) {
    const boost::json::value expected = read_json(city_on_day(after) / "expected.json");
    std::uint64_t moved = 0;
    for (const auto& [name, file] : expected.at("files").as_object()) {
        INFO(std::string(name) << " from day " << before << " to day " << after);
        const auto was = good_rows(city_on_day(before) / std::string(name));
        const auto is = good_rows(city_on_day(after) / std::string(name));
        std::uint64_t changed = 0, added = 0, removed = 0;
        for (const auto& [key, row] : is) {
            const auto old = was.find(key);
            if (old == was.end())
                ++added;
            else
                changed += old->second != row;
        }
        for (const auto& [key, row] : was) removed += !is.contains(key);
        const boost::json::value& changes = file.at(since);
        CHECK(changed == changes.at("changed").to_number<std::uint64_t>());
        CHECK(added == changes.at("added").to_number<std::uint64_t>());
        CHECK(removed == changes.at("removed").to_number<std::uint64_t>());
        moved += changed + added + removed;
    }
    CHECK(moved > 0);
}

}  // namespace

TEST_CASE("The next day's export differs in exactly the rows that expected.json counts") {
    check_days(0, 1, "since_day_0");
    check_days(0, 9, "since_day_0");
    check_days(8, 9, "since_previous_day");
}

TEST_CASE("On day 0 nothing has changed yet") {
    const boost::json::value expected = read_json(city_on_day(0) / "expected.json");
    for (const auto& [name, file] : expected.at("files").as_object()) {
        INFO(std::string(name));
        for (const char* since : {"since_day_0", "since_previous_day"}) {
            for (const auto& [what, count] : file.at(since).as_object()) CHECK(count.to_number<int>() == 0);
        }
    }
}
