#include "tools/city/plan.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <set>

#include "tools/city/lots.hpp"

using namespace fieldpost::city;

namespace {

const Plan& plan() {
    static const Plan made(11, 20'000, 20'000);
    return made;
}

}  // namespace

TEST_CASE("A plan has room for exactly the properties that were ordered") {
    std::uint64_t next = 0;
    for (const Segment& segment : plan().segments()) {
        CHECK(segment.first_property == next);
        next += segment.properties;
    }
    CHECK(next == 20'000);
}

TEST_CASE("Every house number stands once in a street") {
    std::map<std::string, std::set<int>> numbers;
    for (const Segment& segment : plan().segments()) {
        auto& taken = numbers[plan().name(segment.side)];
        for (const Lot& lot : lots_of(plan(), segment)) {
            INFO(plan().name(segment.side) << " " << lot.number);
            CHECK(taken.insert(lot.number).second);
        }
    }
}

TEST_CASE("Ranges hold no other lot's number") {
    for (const Segment& segment : plan().segments()) {
        const auto lots = lots_of(plan(), segment);
        for (const Lot& lot : lots) {
            if (lot.number_to == 0) continue;
            CHECK(lot.number_to > lot.number);
            for (const Lot& other : lots) {
                const bool same_side = other.number % 2 == lot.number % 2;
                const bool inside = other.number > lot.number && other.number <= lot.number_to;
                CHECK_FALSE((same_side && inside));
            }
        }
    }
}

TEST_CASE("Even numbers stand on the north side of streets that run east and west") {
    for (const Segment& segment : plan().segments()) {
        const Point from = plan().at(segment.from), to = plan().at(segment.to);
        if (from.y != to.y) continue;
        for (const Lot& lot : lots_of(plan(), segment)) {
            // The bend tilts a street by at most a quarter; the lot's own end of it is what counts.
            const double share = static_cast<double>(lot.at.x - plan().bent(from).x) /
                                 static_cast<double>(plan().bent(to).x - plan().bent(from).x);
            const double line = static_cast<double>(plan().bent(from).y) * (1 - share) +
                                static_cast<double>(plan().bent(to).y) * share;
            CHECK((static_cast<double>(lot.at.y) > line) == (lot.number % 2 == 0));
        }
    }
}

TEST_CASE("Lots keep their distance, so that a position has one nearest property") {
    std::map<std::pair<std::int64_t, std::int64_t>, std::vector<Point>> cells;
    constexpr std::int64_t kCell = 20'000;
    for (const Segment& segment : plan().segments()) {
        for (const Lot& lot : lots_of(plan(), segment))
            cells[{lot.at.x / kCell, lot.at.y / kCell}].push_back(lot.at);
    }
    for (const auto& [cell, points] : cells) {
        for (const Point point : points) {
            int near = 0;
            for (std::int64_t dx = -1; dx <= 1; ++dx) {
                for (std::int64_t dy = -1; dy <= 1; ++dy) {
                    const auto found = cells.find({cell.first + dx, cell.second + dy});
                    if (found == cells.end()) continue;
                    for (const Point other : found->second) {
                        near += std::hypot(static_cast<double>(other.x - point.x),
                                           static_cast<double>(other.y - point.y)) < 7'000;
                    }
                }
            }
            CHECK(near == 1);  // itself
        }
    }
}

TEST_CASE("Every city has the names that trip software up") {
    std::set<std::string> names;
    std::map<std::string, int> types;
    bool after = false, accent = false, apostrophe = false, numbered = false;
    for (const Street& street : plan().streets()) {
        ++types[street.name];
        after = after || street.direction_after;
        apostrophe = apostrophe || street.name.find('\'') != std::string::npos;
        for (const char c : street.name) accent = accent || static_cast<unsigned char>(c) >= 0x80;
        numbered = numbered || street.name == "12th";
        names.insert(street.name);
    }
    CHECK(after);
    CHECK(accent);
    CHECK(apostrophe);
    CHECK(numbered);
    CHECK(names.contains("Main"));
    CHECK(names.contains("Martin Luther King Jr"));
    CHECK(std::any_of(types.begin(), types.end(), [](const auto& name) { return name.second > 1; }));
}
