#include <catch2/catch.hpp>

#include "daemon/hub/ingest/row.hpp"
#include "tests/unit/hub_ingest/small_city.hpp"

using namespace fieldpost;
using hub::testing::SmallCity;

namespace {

std::map<std::string, std::string> first_row(const std::string& name, const std::string& text, hub::Row& row,
                                             std::unique_ptr<hub::RowReader>& keep) {
    const SmallCity city;
    city.write_data(name, text);
    auto rows = hub::open_rows(city.data_dir() / name, {"", true});
    REQUIRE(rows);
    keep = std::move(*rows);
    auto more = keep->next(row);
    REQUIRE(more);
    REQUIRE(*more);
    std::map<std::string, std::string> out;
    for (std::size_t i = 0; i < row.cells.size(); ++i) out.emplace(keep->columns()[i], row.cells[i]);
    return out;
}

std::string collection(const std::string& features, const std::string& crs = "") {
    return "{\"type\":\"FeatureCollection\"," + crs + "\"features\":[" + features + "]}";
}

}  // namespace

TEST_CASE("a GeoJSON point gives its columns and its place, and dates stay as they are written") {
    hub::Row row;
    std::unique_ptr<hub::RowReader> rows;
    auto cells = first_row(
        "a.geojson",
        collection(R"({"type":"Feature","properties":{"ID":"H-1","ON":"2020-03-01","N":12.5,"I":null},
                                       "geometry":{"type":"Point","coordinates":[-71.1234567,42.3000001]}})"),
        row, rows);
    CHECK(cells["ID"] == "H-1");
    CHECK(cells["ON"] == "2020-03-01");
    CHECK(cells["N"] == "12.5");
    CHECK(cells["I"].empty());
    CHECK(cells["@lat"] == "42.3000001");
    CHECK(cells["@lon"] == "-71.1234567");
    CHECK(row.line == 1);
}

TEST_CASE("a line stands at its middle and gives its course; a polygon stands at a point inside") {
    hub::Row row;
    std::unique_ptr<hub::RowReader> rows;
    auto line = first_row("a.geojson", collection(R"({"type":"Feature","properties":{},"geometry":
                              {"type":"LineString","coordinates":[[-71.2,42.0],[-71.0,42.0]]}})"),
                          row, rows);
    CHECK(line["@lon"] == "-71.1000000");
    REQUIRE(row.course.size() == 2);
    CHECK(row.course[0].lon == Approx(-71.2));
    auto area =
        first_row("b.geojson",
                  collection(R"({"type":"Feature","properties":{},"geometry":{"type":"Polygon","coordinates":
                              [[[0,0],[4,0],[4,4],[3,4],[3,1],[1,1],[1,4],[0,4],[0,0]]]}})"),
                  row, rows);
    // The middle of this U lies outside of it.
    const double lon = std::stod(area["@lon"]);
    const double lat = std::stod(area["@lat"]);
    CHECK((lat < 1 || lon < 1 || lon > 3));
    REQUIRE(row.rings.size() == 1);
    CHECK(row.rings[0].size() == 9);
    CHECK(row.course.empty());
}

TEST_CASE("an area of several parts gives the rings of all of them, holes among them") {
    hub::Row row;
    std::unique_ptr<hub::RowReader> rows;
    first_row("a.geojson",
              collection(R"({"type":"Feature","properties":{},"geometry":{"type":"MultiPolygon","coordinates":
                          [[[[0,0],[4,0],[4,4],[0,4],[0,0]],[[1,1],[2,1],[2,2],[1,1]]],
                           [[[8,8],[9,8],[9,9],[8,8]]]]}})"),
              row, rows);
    REQUIRE(row.rings.size() == 3);
    CHECK(row.rings[1].size() == 4);
    CHECK(row.rings[2][1].lon == Approx(9));
}

TEST_CASE("a feature without geometry has no place") {
    hub::Row row;
    std::unique_ptr<hub::RowReader> rows;
    auto cells = first_row(
        "a.geojson", collection(R"({"type":"Feature","properties":{"A":1},"geometry":null})"), row, rows);
    CHECK(cells["@lat"].empty());
    CHECK(cells["A"] == "1");
}

TEST_CASE("other coordinates are brought to WGS 84") {
    hub::Row row;
    std::unique_ptr<hub::RowReader> rows;
    const std::string mercator =
        R"("crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::3857"}},)";
    auto cells = first_row("a.geojson",
                           collection(R"({"type":"Feature","properties":{},"geometry":
                               {"type":"Point","coordinates":[-8473929.07,5322495.49]}})",
                                      mercator),
                           row, rows);
    CHECK(std::stod(cells["@lat"]) == Approx(43.0691).margin(0.0005));
    CHECK(std::stod(cells["@lon"]) == Approx(-76.1226).margin(0.0005));
}

TEST_CASE("a broken file is an error and not an empty one") {
    const SmallCity city;
    city.write_data("a.geojson", "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":");
    CHECK_FALSE(hub::open_rows(city.data_dir() / "a.geojson", {}));
    city.write_data("b.geojson", "no json");
    CHECK_FALSE(hub::open_rows(city.data_dir() / "b.geojson", {}));
}
