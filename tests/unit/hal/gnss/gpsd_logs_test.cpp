// Real receivers' logs, compared with what gpsd makes of them (its .chk files: one JSON object a line).
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include "sync/base/time.hpp"
#include "tests/unit/hal/gnss/nmea.hpp"

using namespace fieldpost;
using namespace fieldpost::hal;
using namespace fieldpost::hal::testing;
namespace json = boost::json;

namespace {

std::string read_all(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream content;
    content << file.rdbuf();
    return content.str();
}

// gpsd's last word on each moment that it dates.
std::map<UnixMicros, json::object> gpsd_reports(const std::filesystem::path& path) {
    std::map<UnixMicros, json::object> reports;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        if (line.find("\"class\":\"TPV\"") == std::string::npos) continue;
        json::object report = json::parse(line).as_object();
        const json::value* time = report.if_contains("time");
        if (time == nullptr) continue;
        const auto when = parse_rfc3339(time->as_string());
        REQUIRE(when);
        reports[*when] = std::move(report);
    }
    return reports;
}

std::map<UnixMicros, Fix> our_fixes(const std::filesystem::path& path) {
    std::map<UnixMicros, Fix> fixes;
    for (const Fix& fix : read_fixes(read_all(path))) {
        REQUIRE(keeps_contract(fix));
        if (fix.utc_us) fixes[*fix.utc_us] = fix;
    }
    return fixes;
}

std::optional<double> number(const json::object& report, std::string_view key) {
    const json::value* value = report.if_contains(key);
    return value == nullptr ? std::nullopt : std::optional(value->to_number<double>());
}

// gpsd status: 2 DGPS; mode: 1 none, 2 2D, 3 3D.
FixType gpsd_type(const json::object& report) {
    const auto mode = report.at("mode").as_int64();
    if (mode < 2) return FixType::none;
    if (number(report, "status") == 2) return FixType::dgnss;
    return mode == 2 ? FixType::fix_2d : FixType::fix_3d;
}

void compare(const std::filesystem::path& log) {
    const std::map<UnixMicros, json::object> expected = gpsd_reports(log.string() + ".chk");
    const std::map<UnixMicros, Fix> fixes = our_fixes(log);
    REQUIRE(!expected.empty());
    for (const auto& [when, report] : expected) {
        INFO(log.filename() << " at " << format_rfc3339(when) << ": " << json::serialize(report));
        const auto found = fixes.find(when);
        REQUIRE(found != fixes.end());
        const Fix& fix = found->second;
        CHECK(to_string(fix.type) == to_string(gpsd_type(report)));
        const auto latitude = number(report, "lat");
        REQUIRE(fix.position.has_value() == latitude.has_value());
        if (!fix.position) continue;
        CHECK(fix.position->latitude == Approx(*latitude).margin(1e-8).epsilon(0));
        CHECK(fix.position->longitude == Approx(*number(report, "lon")).margin(1e-8).epsilon(0));
        if (const auto altitude = number(report, "altMSL")) CHECK(*fix.altitude_m == Approx(*altitude));
        if (const auto speed = number(report, "speed")) CHECK(*fix.speed_mps == Approx(*speed).margin(0.001));
        if (const auto course = number(report, "track")) CHECK(*fix.course_deg == Approx(*course));
    }
}

}  // namespace

TEST_CASE("recorded drives are read as gpsd reads them") {
    const char* shared = std::getenv("FIELDPOST_SHARED_DATA");
    if (shared == nullptr) {
        std::cout << "skipped: no shared data\n";
        return;
    }
    int logs = 0;
    for (const auto& entry :
         std::filesystem::directory_iterator(std::filesystem::path(shared) / "gps-tracks/nmea_gpsd")) {
        if (entry.path().extension() != ".log") continue;
        compare(entry.path());
        ++logs;
    }
    CHECK(logs >= 3);
}
