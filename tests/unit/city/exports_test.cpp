#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "tests/unit/city/exports.hpp"
#include "tools/city/generate.hpp"

using namespace fieldpost::city;
using namespace fieldpost::city::test;
namespace fs = std::filesystem;

namespace {

const auto kSilent = [](std::uint64_t, std::uint64_t) {};

std::uint64_t number(const boost::json::value& value) {
    return value.to_number<std::uint64_t>();
}

std::uint64_t planted(const boost::json::value& bad, std::initializer_list<const char*> kinds) {
    std::uint64_t sum = 0;
    for (const char* kind : kinds) {
        if (const auto* count = bad.as_object().if_contains(kind)) sum += number(*count);
    }
    return sum;
}

struct Box {
    double west, south, east, north;
    bool holds(double lon, double lat) const {
        return lon >= west && lon <= east && lat >= south && lat <= north;
    }
};

Box bounds() {
    const boost::json::value city = read_json(city_on_day(0) / "city.json");
    const boost::json::array& box = city.at("bounds").as_array();
    return {box.at(0).as_double(), box.at(1).as_double(), box.at(2).as_double(), box.at(3).as_double()};
}

// 81-nnnnnnnnn-n
bool has_account_number(const std::string& text) {
    for (auto at = text.find("81-"); at != std::string::npos; at = text.find("81-", at + 1)) {
        const std::string digits = text.substr(at + 3, 9);
        const bool all = digits.size() == 9 && digits.find_first_not_of("0123456789") == std::string::npos;
        if (all && at + 12 < text.size() && text[at + 12] == '-') return true;
    }
    return false;
}

}  // namespace

TEST_CASE("Two cities of the same seed and size are byte-identical, whatever stands at the place") {
    const TemporaryFolder folder;
    REQUIRE(generate({7, kProperties, 0, folder.path() / "again"}, kSilent).has_value());
    const auto first = read_tree(city_on_day(0));
    const auto second = read_tree(folder.path() / "again");
    REQUIRE(first.size() == second.size());
    for (const auto& [name, text] : first) {
        INFO(name);
        REQUIRE(second.contains(name));
        CHECK(second.at(name) == text);
    }
}

TEST_CASE("A city is the same on every machine and compiler") {
    // When the generator's output changes on purpose, the new value goes here and the version in city.json
    // goes up.
    std::uint64_t fnv = 14695981039346656037u;
    for (const auto& [name, text] : read_tree(city_on_day(0))) {
        for (const char c : name + text) fnv = (fnv ^ static_cast<unsigned char>(c)) * 1099511628211u;
    }
    CHECK(fnv == 949701796365654851u);
}

TEST_CASE("Another seed is another city") {
    const TemporaryFolder folder;
    REQUIRE(generate({8, 1'000, 0, folder.path() / "a"}, kSilent).has_value());
    REQUIRE(generate({9, 1'000, 0, folder.path() / "b"}, kSilent).has_value());
    CHECK(read(folder.path() / "a/streets/centerlines.geojson") !=
          read(folder.path() / "b/streets/centerlines.geojson"));
}

TEST_CASE("Every CSV file holds the rows, good and bad, that expected.json counts") {
    const boost::json::value expected = read_json(city_on_day(0) / "expected.json");
    std::uint64_t all_bad = 0;
    std::uint64_t all = 0;
    for (const auto& [name, file] : expected.at("files").as_object()) {
        if (!name.ends_with(".csv")) continue;
        INFO(std::string(name));
        const std::vector<Cells> rows = read_csv(city_on_day(0) / std::string(name));
        const Cells& header = rows.front();
        std::uint64_t wrong_width = 0, no_key = 0, not_utf8 = 0, again = 0, respelt = 0, two_lines = 0;
        std::set<std::string> keys;
        for (std::size_t i = 1; i < rows.size(); ++i) {
            wrong_width += rows[i].size() != header.size();
            const std::string& key = rows[i].front();
            respelt += key.ends_with("-R");
            if (key.empty())
                ++no_key;
            else if (!keys.insert(key).second)
                ++again;
            bool broken = false, utf8 = true;
            for (const std::string& cell : rows[i]) {
                broken = broken || cell.find('\n') != std::string::npos;
                utf8 = utf8 && is_utf8(cell);
            }
            not_utf8 += !utf8;
            two_lines += broken && !key.ends_with("-R") && !key.empty();
        }
        const boost::json::value& bad = file.at("bad");
        CHECK(rows.size() - 1 == number(file.at("rows")));
        CHECK(wrong_width == planted(bad, {"too_few_columns", "too_many_columns"}));
        CHECK(no_key == planted(bad, {"missing_key"}));
        CHECK(again == planted(bad, {"duplicate_key"}));
        CHECK(not_utf8 == planted(bad, {"invalid_utf8"}));
        CHECK(respelt == planted(bad, {"too_few_columns", "too_many_columns", "invalid_utf8",
                                       "unparseable_date", "swapped_lat_lon", "not_a_number"}));
        CHECK(two_lines >= number(file.at("odd").at("newline_in_cell")));
        CHECK(number(file.at("rows")) - number(file.at("good")) == no_key + again + respelt);
        all += number(file.at("rows"));
        all_bad += no_key + again + respelt;
    }
    // About half a percent, of every kind.
    CHECK(all_bad * 1000 > all * 3);
    CHECK(all_bad * 1000 < all * 8);
}

TEST_CASE("Every GeoJSON file parses, and only planted features are out of bounds or without a place") {
    const Box box = bounds();
    const boost::json::value expected = read_json(city_on_day(0) / "expected.json");
    for (const auto& [name, file] : expected.at("files").as_object()) {
        if (!name.ends_with(".geojson")) continue;
        INFO(std::string(name));
        const boost::json::value layer = read_json(city_on_day(0) / std::string(name));
        const boost::json::array& features = layer.at("features").as_array();
        CHECK(features.size() == number(file.at("rows")));
        std::uint64_t nowhere = 0, outside = 0;
        for (const boost::json::value& feature : features) {
            const boost::json::value& geometry = feature.at("geometry");
            if (geometry.is_null()) {
                ++nowhere;
            } else if (geometry.at("type") == "Point") {
                const boost::json::array& at = geometry.at("coordinates").as_array();
                outside += !box.holds(at.at(0).as_double(), at.at(1).as_double());
            }
        }
        CHECK(nowhere == planted(file.at("bad"), {"null_geometry"}));
        CHECK(outside == planted(file.at("bad"), {"swapped_lat_lon"}));
    }
}

TEST_CASE("No two properties share an address or a parcel number") {
    const std::vector<Cells> rows = read_csv(city_on_day(0) / "assessing/properties.csv");
    const std::size_t address = column(rows.front(), "full_address");
    std::set<std::string> addresses, parcels;
    for (std::size_t i = 1; i < rows.size(); ++i) {
        if (rows[i].front().empty() || rows[i].front().ends_with("-R") ||
            !parcels.insert(rows[i].front()).second)
            continue;
        addresses.insert(rows[i].at(address));
    }
    CHECK(parcels.size() == kProperties);
    CHECK(addresses.size() == kProperties);
}

TEST_CASE("Every row without a parcel number has its true parcel in truth/links.csv") {
    const auto properties = good_rows(city_on_day(0) / "assessing/properties.csv");
    const std::vector<Cells> truth = read_csv(city_on_day(0) / "truth/links.csv");
    std::map<std::string, std::map<std::string, std::uint64_t>> counts;
    for (std::size_t i = 1; i < truth.size(); ++i) {
        REQUIRE(truth[i].size() == 6);
        const std::string& by = truth[i][4];
        if (by == "none")
            CHECK(truth[i][3].empty());
        else
            CHECK(properties.contains(truth[i][3]));
        ++counts[truth[i][0] + "/" + truth[i][1]][by];
    }
    const boost::json::value expected = read_json(city_on_day(0) / "expected.json");
    for (const auto& [name, file] : expected.at("files").as_object()) {
        for (const char* by : {"address", "position", "none"}) {
            INFO(std::string(name) << " " << by);
            const auto* count = file.at("links").as_object().if_contains(by);
            CHECK(counts[std::string(name)][by] == (count == nullptr ? 0 : number(*count)));
        }
    }
}

TEST_CASE("A row that has only a position lies nearer to its true property than to any other") {
    struct Place {
        double lat, lon;
        std::string parcel;
    };
    std::vector<Place> places;
    const std::vector<Cells> rows = read_csv(city_on_day(0) / "assessing/properties.csv");
    const std::size_t lat = column(rows.front(), "latitude"), lon = column(rows.front(), "longitude");
    for (std::size_t i = 1; i < rows.size(); ++i) {
        if (rows[i].size() != rows.front().size() || rows[i].front().ends_with("-R") ||
            rows[i].front().empty())
            continue;
        places.push_back({std::stod(rows[i][lat]), std::stod(rows[i][lon]), rows[i].front()});
    }
    std::map<std::string, std::string> truth;
    for (const Cells& row : read_csv(city_on_day(0) / "truth/links.csv")) {
        if (row[1] == "service_requests.csv" && row[4] == "position") truth[row[2]] = row[3];
    }
    const std::vector<Cells> requests = read_csv(city_on_day(0) / "case311/service_requests.csv");
    std::size_t checked = 0;
    for (const Cells& row : requests) {
        const auto known = truth.find(row.front());
        if (known == truth.end() || row.size() != requests.front().size()) continue;
        const double at_lat = std::stod(row[column(requests.front(), "lat")]);
        const double at_lon = std::stod(row[column(requests.front(), "long")]);
        double nearest = 1;
        std::string parcel;
        for (const Place& place : places) {
            const double distance = std::hypot(place.lat - at_lat, (place.lon - at_lon) * 0.7643);
            if (distance < nearest) {
                nearest = distance;
                parcel = place.parcel;
            }
        }
        CHECK(parcel == known->second);
        ++checked;
    }
    CHECK(checked > 100);
}

TEST_CASE("Every property lies in one part of each agency's layer, and its city has several agencies") {
    const boost::json::value agencies = read_json(city_on_day(0) / "boundaries/agencies.geojson");
    const auto crossings = [](const boost::json::array& ring, double lon, double lat) {
        int count = 0;
        for (std::size_t i = 0; i + 1 < ring.size(); ++i) {
            const double x1 = ring[i].at(0).as_double(), y1 = ring[i].at(1).as_double();
            const double x2 = ring[i + 1].at(0).as_double(), y2 = ring[i + 1].at(1).as_double();
            if ((y1 > lat) != (y2 > lat) && lon < x1 + (x2 - x1) * (lat - y1) / (y2 - y1)) ++count;
        }
        return count;
    };
    const auto holds = [&](const boost::json::value& geometry, double lon, double lat) {
        int count = 0;
        const auto& outlines = geometry.at("coordinates").as_array();
        if (geometry.at("type") == "Polygon") {
            for (const auto& ring : outlines) count += crossings(ring.as_array(), lon, lat);
        } else {
            for (const auto& part : outlines) {
                for (const auto& ring : part.as_array()) count += crossings(ring.as_array(), lon, lat);
            }
        }
        return count % 2 == 1;
    };
    const std::vector<Cells> rows = read_csv(city_on_day(0) / "assessing/properties.csv");
    const std::size_t latitude = column(rows.front(), "latitude"),
                      longitude = column(rows.front(), "longitude");
    for (std::size_t i = 1; i < rows.size(); i += 40) {
        const Cells& row = rows[i];
        if (row.size() != rows.front().size() || row.front().empty() || row.front().ends_with("-R")) continue;
        std::map<std::string, int> parts;
        for (const auto& feature : agencies.at("features").as_array()) {
            if (holds(feature.at("geometry"), std::stod(row[longitude]), std::stod(row[latitude])))
                ++parts[feature.at("properties").at("LAYER").as_string().c_str()];
        }
        INFO(row.front());
        CHECK(parts == std::map<std::string, int>{{"city", 3},
                                                  {"electric_territory", 1},
                                                  {"fire_district", 1},
                                                  {"gas_territory", 1},
                                                  {"police_precinct", 1},
                                                  {"water_district", 1}});
    }
}

TEST_CASE("Some buildings are vacant and some people need help, and most are and do not") {
    for (const auto& [file, name] :
         {std::pair("assessing/properties.csv", "vacancy"), std::pair("assessing/parties.csv", "needs")}) {
        const std::vector<Cells> rows = read_csv(city_on_day(0) / file);
        const std::size_t said = column(rows.front(), name);
        const auto filled = std::count_if(rows.begin() + 1, rows.end(), [&](const Cells& row) {
            return row.size() == rows.front().size() && !row[said].empty();
        });
        INFO(file);
        CHECK(filled > 0);
        CHECK(static_cast<std::size_t>(filled) < rows.size() / 20);
    }
}

TEST_CASE("What is secret can be searched for") {
    const std::vector<Cells> accounts = read_csv(city_on_day(0) / "erp/accounts.csv");
    for (std::size_t i = 1; i < accounts.size(); ++i) {
        if (!accounts[i].front().empty()) CHECK(has_account_number(accounts[i].front()));
    }
    for (const auto& [name, text] : read_tree(city_on_day(0))) {
        INFO(name);
        // Elsewhere the marks never occur: finding one means finding a secret.
        if (name != "erp/accounts.csv" && name != "truth/links.csv") CHECK_FALSE(has_account_number(text));
        if (name != "fire/preplans.csv") CHECK(text.find("77#") == std::string::npos);
    }
}
