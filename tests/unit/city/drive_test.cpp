#include <catch2/catch.hpp>
#include <cmath>
#include <sstream>

#include "tests/unit/city/exports.hpp"
#include "tools/city/drive.hpp"

using namespace fieldpost::city::test;

namespace {

std::vector<std::string> fields(const std::string& sentence) {
    std::vector<std::string> out;
    std::stringstream body(sentence.substr(0, sentence.find('*')));
    for (std::string field; std::getline(body, field, ',');) out.push_back(field);
    return out;
}

double degrees(const std::string& text, std::size_t digits) {
    return std::stod(text.substr(0, digits)) + std::stod(text.substr(digits)) / 60;
}

}  // namespace

TEST_CASE("Every sentence of the drive has a right checksum and ends with CR LF") {
    std::stringstream file(read(city_on_day(0) / "drive.nmea"));
    std::size_t sentences = 0;
    for (std::string line; std::getline(file, line); ++sentences) {
        REQUIRE(line.size() > 10);
        CHECK(line.size() <= 82);
        REQUIRE(line.front() == '$');
        REQUIRE(line.back() == '\r');
        const auto star = line.find('*');
        unsigned sum = 0;
        for (std::size_t i = 1; i < star; ++i) sum ^= static_cast<unsigned char>(line[i]);
        CHECK(std::stoul(line.substr(star + 1, 2), nullptr, 16) == sum);
    }
    CHECK(sentences > 4 * fieldpost::city::kDriveSeconds);
}

TEST_CASE("The drive tells one position a second, moves as a vehicle does and loses the fix where it says") {
    std::stringstream file(read(city_on_day(0) / "drive.nmea"));
    int seconds = 0, without_fix = 0;
    double lat = 0, lon = 0, driven = 0;
    int last_fix = -10;
    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with("$GNRMC")) continue;
        const std::vector<std::string> rmc = fields(line);
        CHECK(rmc.at(9) == "010326");
        const bool fixed = rmc.at(2) == "A";
        CHECK(fixed == (seconds >= 8 && (seconds < 300 || seconds >= 312)));
        without_fix += !fixed;
        if (fixed) {
            const double at_lat = degrees(rmc.at(3), 2), at_lon = -degrees(rmc.at(5), 3);
            CHECK(rmc.at(6) == "W");
            if (last_fix == seconds - 1) {
                const double moved = std::hypot((at_lat - lat) * 111'043, (at_lon - lon) * 84'868);
                CHECK(moved < 16);
                driven += moved;
                const double said = std::stod(rmc.at(7)) * 1852 / 3600;
                CHECK(said < 16);
            }
            lat = at_lat;
            lon = at_lon;
            last_fix = seconds;
        }
        ++seconds;
    }
    CHECK(seconds == fieldpost::city::kDriveSeconds);
    CHECK(without_fix == 20);
    CHECK(driven > 2'000);
}
