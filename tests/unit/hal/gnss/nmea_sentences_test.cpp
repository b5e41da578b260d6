// What each sentence contributes to a fix.
#include <catch2/catch.hpp>

#include "sync/base/time.hpp"
#include "tests/unit/hal/gnss/nmea.hpp"

using namespace fieldpost;
using namespace fieldpost::hal;
using namespace fieldpost::hal::testing;

namespace {

Fix only_fix(std::initializer_list<std::string_view> bodies) {
    const std::vector<Fix> fixes = read_fixes(sentences(bodies));
    REQUIRE(fixes.size() == 1);
    REQUIRE(keeps_contract(fixes[0]));
    return fixes[0];
}

std::string utc(const Fix& fix) {
    return fix.utc_us ? format_rfc3339(*fix.utc_us) : "unknown";
}

}  // namespace

TEST_CASE("GGA alone gives position, altitude, quality and time of day, but no date") {
    const Fix fix = only_fix({"GPGGA,123519.50,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,"});
    CHECK(fix.type == FixType::fix_3d);
    CHECK(fix.position->latitude == Approx(48.1173).epsilon(1e-9));
    CHECK(fix.position->longitude == Approx(11.516666667).epsilon(1e-9));
    CHECK(fix.altitude_m == 545.4);
    CHECK(fix.hdop == 0.9);
    CHECK(fix.satellites_used == 8);
    CHECK(fix.accuracy_m == 9.0);
    CHECK(fix.time_of_day_us == ((12 * 3600 + 35 * 60 + 19) * 1'000'000LL + 500'000));
    CHECK_FALSE(fix.utc_us);
    CHECK_FALSE(fix.utc_valid);
    CHECK_FALSE(fix.speed_mps);
}

TEST_CASE("RMC alone gives a 2D position, movement and full time") {
    const Fix fix = only_fix({"GPRMC,225446,A,4916.45,S,12311.12,W,010.0,054.7,191194,020.3,E"});
    CHECK(fix.type == FixType::fix_2d);
    CHECK(fix.position->latitude == Approx(-49.274166667).epsilon(1e-9));
    CHECK(fix.position->longitude == Approx(-123.185333333).epsilon(1e-9));
    CHECK(*fix.speed_mps == Approx(5.144444).epsilon(1e-6));
    CHECK(fix.course_deg == 54.7);
    CHECK(utc(fix) == "1994-11-19T22:54:46Z");
    CHECK(fix.utc_valid);
}

TEST_CASE("RMC with status V is no position, whatever else it says, and its time is not vouched for") {
    const Fix fix = only_fix({"GPRMC,225446,V,4916.45,N,12311.12,W,010.0,054.7,191124,,,A"});
    CHECK(fix.type == FixType::none);
    CHECK_FALSE(fix.position);
    CHECK_FALSE(fix.speed_mps);
    CHECK(utc(fix) == "2024-11-19T22:54:46Z");
    CHECK_FALSE(fix.utc_valid);
}

TEST_CASE("one sentence that denies the position overrules the others of its epoch") {
    const std::string_view rmc = "GNRMC,225446.00,A,4916.45,N,12311.12,W,1.0,54.7,191124,,,A";
    const std::string_view gga = "GNGGA,225446.00,4916.45,N,12311.12,W,1,08,0.9,545.4,M,46.9,M,,";
    CHECK(only_fix({rmc, gga}).type == FixType::fix_3d);
    CHECK(only_fix({gga, "GNRMC,225446.00,V,4916.45,N,12311.12,W,1.0,54.7,191124,,,A"}).type ==
          FixType::none);
    CHECK(only_fix({gga, "GNRMC,225446.00,A,4916.45,N,12311.12,W,1.0,54.7,191124,,,N"}).type ==
          FixType::none);
    CHECK(only_fix({rmc, "GNGGA,225446.00,4916.45,N,12311.12,W,0,08,0.9,545.4,M,46.9,M,,"}).type ==
          FixType::none);
    CHECK(only_fix({rmc, "GNGLL,4916.45,N,12311.12,W,225446.00,V,N"}).type == FixType::none);
    CHECK(only_fix({rmc, "GNGNS,225446.00,,,,,NNN,00,99.99,,,,"}).type == FixType::none);
    CHECK(only_fix({rmc, gga, "GNGSA,A,1,,,,,,,,,,,,,99.99,99.99,99.99"}).type == FixType::none);
}

TEST_CASE("the navigational status of 4.1 is not mistaken for the position's status") {
    CHECK(only_fix({"GNRMC,225446.00,A,4916.45,N,12311.12,W,1.0,,191124,,,A,V"}).type == FixType::fix_2d);
}

TEST_CASE("GGA quality and mode letters tell how the position came about") {
    const auto gga = [](char quality) {
        return "GPGGA,123519,4807.038,N,01131.000,E," + std::string(1, quality) + ",08,2.0,545.4,M,46.9,M,,";
    };
    const auto of = [&](char quality) { return only_fix({gga(quality)}); };
    CHECK(of('0').type == FixType::none);
    CHECK(of('1').type == FixType::fix_3d);
    CHECK(of('2').type == FixType::dgnss);
    CHECK(of('3').type == FixType::fix_3d);
    CHECK(of('4').type == FixType::rtk);
    CHECK(of('5').type == FixType::rtk);
    CHECK(of('6').type == FixType::estimated);
    CHECK(of('7').type == FixType::estimated);
    CHECK(of('8').type == FixType::estimated);
    CHECK(of('9').type == FixType::dgnss);
    // Accuracy follows the technique; dead reckoning promises none, and its time is not from satellites.
    CHECK(of('1').accuracy_m == 20.0);
    CHECK(of('2').accuracy_m == 8.0);
    CHECK(of('5').accuracy_m == 2.0);
    CHECK(of('4').accuracy_m == 0.1);
    CHECK_FALSE(of('6').accuracy_m);
    const auto rmc = [](char mode) {
        return "GNRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230324,,," + std::string(1, mode);
    };
    CHECK(only_fix({rmc('D')}).type == FixType::dgnss);
    CHECK(only_fix({rmc('F')}).type == FixType::rtk);
    CHECK(only_fix({rmc('R')}).type == FixType::rtk);
    CHECK(only_fix({rmc('E')}).type == FixType::estimated);
    CHECK_FALSE(only_fix({rmc('E')}).utc_valid);
    CHECK(only_fix({rmc('A'), gga('2')}).type == FixType::dgnss);
}

TEST_CASE("GSA tells two from three dimensions and lists the satellites used") {
    const std::string_view rmc = "GNRMC,225446.00,A,4916.45,N,12311.12,W,1.0,,191124,,,A";
    const std::string_view gga = "GNGGA,225446.00,4916.45,N,12311.12,W,1,04,1.9,545.4,M,46.9,M,,";
    const Fix flat = only_fix({rmc, gga, "GNGSA,A,2,01,02,03,,,,,,,,,,2.1,1.9,1.0"});
    CHECK(flat.type == FixType::fix_2d);
    CHECK_FALSE(flat.altitude_m);
    const Fix solid =
        only_fix({rmc, "GNGSA,A,3,01,02,03,04,,,,,,,,,2.1,1.9,1.0", "GNGSA,A,3,65,66,,,,,,,,,,,2.1,1.9,1.0"});
    CHECK(solid.type == FixType::fix_3d);
    CHECK(solid.satellites_used == 6);
    CHECK(solid.hdop == 1.9);
}

TEST_CASE("the same satellite number in two systems is two satellites, and repeated sentences are not") {
    const std::string_view rmc = "GNRMC,225446.00,A,4916.45,N,12311.12,W,1.0,,191124,,,A";
    const std::string_view gps = "GNGSA,A,3,01,02,03,04,,,,,,,,,2.1,1.9,1.0,1";
    CHECK(only_fix({rmc, gps, gps, "GNGSA,A,3,01,02,,,,,,,,,,,2.1,1.9,1.0,3"}).satellites_used == 6);
}

TEST_CASE("GSV counts satellites in view over all systems, once however many signals are listed") {
    const Fix fix = only_fix({"GNRMC,225446.00,A,4916.45,N,12311.12,W,1.0,,191124,,,A",
                              "GPGSV,3,1,11,02,60,319,36,05,77,132,38,11,29,052,29,12,46,186,46,1",
                              "GPGSV,2,1,07,02,60,319,36,05,77,132,38,11,29,052,29,12,46,186,46,6",
                              "GLGSV,1,1,02,65,60,319,36,66,77,132,38,1"});
    CHECK(fix.satellites_seen == 13);
}

TEST_CASE("GNS takes the best of its systems") {
    const auto gns = [](const std::string& modes) {
        return "GNGNS,122310.2,3722.425671,N,12258.856215,W," + modes + ",14,0.9,1005.54,6.5,,";
    };
    CHECK(only_fix({gns("AN")}).type == FixType::fix_3d);
    CHECK(only_fix({gns("DA")}).type == FixType::dgnss);
    CHECK(only_fix({gns("RAN")}).type == FixType::rtk);
    CHECK(only_fix({gns("AE")}).type == FixType::fix_3d);
    CHECK(only_fix({gns("EN")}).type == FixType::estimated);
    CHECK(only_fix({gns("NN")}).type == FixType::none);
    CHECK(only_fix({gns("AN")}).satellites_used == 14);
    CHECK(only_fix({gns("AN")}).altitude_m == 1005.54);
}

TEST_CASE("GLL is read with and without its later fields") {
    CHECK(only_fix({"GPGLL,4916.45,N,12311.12,W,225444,A,D"}).type == FixType::dgnss);
    CHECK(only_fix({"GPGLL,4916.45,N,12311.12,W,225444,A"}).type == FixType::fix_2d);
    CHECK(only_fix({"GPGLL,4916.45,N,12311.12,W"}).type == FixType::fix_2d);
    CHECK(only_fix({"GPGLL,,,,,225444,V,N"}).type == FixType::none);
}

TEST_CASE("VTG gives movement, in knots or km/h, in its old form too, and not without a fix") {
    const std::string_view gga = "GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,";
    CHECK(*only_fix({gga, "GPVTG,054.7,T,034.4,M,010.0,N,018.52,K,A"}).speed_mps ==
          Approx(5.14444).epsilon(1e-5));
    CHECK(*only_fix({gga, "GPVTG,054.7,T,,M,,N,036.0,K"}).speed_mps == Approx(10.0));
    CHECK(*only_fix({gga, "GPVTG,054.7,034.4,010.0,018.52"}).speed_mps == Approx(5.14444).epsilon(1e-5));
    CHECK(only_fix({gga, "GPVTG,360.0,T,,M,1.0,N,,K"}).course_deg == 0.0);
    CHECK_FALSE(only_fix({gga, "GPVTG,054.7,T,034.4,M,010.0,N,018.52,K,N"}).speed_mps);
    CHECK_FALSE(only_fix({gga, "GPVTG,,T,,M,,N,,K"}).speed_mps);
}

TEST_CASE("GST and PGRME give the receiver's own accuracy") {
    const std::string_view gga = "GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,";
    CHECK(*only_fix({gga, "GPGST,123519,3.2,6.6,4.7,47.3,3.0,4.0,22.0"}).accuracy_m == Approx(10.0));
    CHECK(*only_fix({gga, "PGRME,7.6,M,41.7,M,42.4,M"}).accuracy_m == Approx(15.808));
}

TEST_CASE("ZDA dates an epoch that tells only the time, also across midnight") {
    CHECK(utc(only_fix({"GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,",
                        "GPZDA,123519.00,26,05,2014,,"})) == "2014-05-26T12:35:19Z");
    CHECK(utc(only_fix({"GPGGA,000000,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,",
                        "GPZDA,235959.00,26,05,2014,,"})) == "2014-05-27T00:00:00Z");
}

TEST_CASE("every talker is understood") {
    for (const std::string talker : {"GP", "GN", "GL", "GA", "GB", "BD", "GQ", "QZ", "GI", "IN", "II"}) {
        CHECK(only_fix({talker + "RMC,225446.00,A,4916.45,N,12311.12,W,1.0,,191124,,,A"}).type ==
              FixType::fix_2d);
    }
}

TEST_CASE("a receiver that just woke up sends empty fields and that is no fix") {
    const Fix fix = only_fix({"GPRMC,,V,,,,,,,,,,N", "GPVTG,,,,,,,,,N", "GPGGA,,,,,,0,00,99.99,,,,,,",
                              "GPGSA,A,1,,,,,,,,,,,,,99.99,99.99,99.99", "GPGSV,1,1,00", "GPGLL,,,,,,V,N"});
    CHECK(fix.type == FixType::none);
    CHECK_FALSE(fix.time_of_day_us);
    CHECK(fix.satellites_used == 0);
    CHECK(fix.satellites_seen == 0);
}

TEST_CASE("a position of zeros is no position even when it is called good") {
    CHECK(only_fix({"GPRMC,225446,A,0000.0000,N,00000.0000,E,0.0,0.0,191124,,,A"}).type == FixType::none);
    CHECK(only_fix({"GPGGA,123519,0000.0000,N,00000.0000,E,1,08,0.9,0.0,M,0.0,M,,"}).type == FixType::none);
}

TEST_CASE("a position out of range or with a damaged field is no position") {
    for (const std::string place :
         {"9000.1,N,00100.0,E", "4860.1,N,00100.0,E", "4807.0,N,18000.1,E", "4807.0,X,00100.0,E",
          "4807.0,,00100.0,E", "nan,N,00100.0,E", "inf,N,00100.0,E", "48x7.0,N,00100.0,E",
          "-4807.0,N,00100.0,E", "1e3,N,00100.0,E", ",N,,E", "4807.0,N,,E"}) {
        INFO(place);
        CHECK(only_fix({"GPRMC,225446,A," + place + ",1.0,,191124,,,A"}).type == FixType::none);
    }
}

TEST_CASE("impossible times and dates are absent") {
    const auto rmc = [](const std::string& time, const std::string& date) {
        return only_fix({"GPRMC," + time + ",A,4916.45,N,12311.12,W,1.0,," + date + ",,,A"});
    };
    CHECK(utc(rmc("235960", "311216")) == "2017-01-01T00:00:00Z");
    for (const std::string time :
         {"246000", "006000", "000061", "1234", "1681483.279", "12:34:56", "123456x", "123456.7x"}) {
        INFO(time);
        CHECK_FALSE(rmc(time, "191124").time_of_day_us);
    }
    for (const std::string date : {"300224", "001124", "191324", "19112024", "1911"}) {
        INFO(date);
        CHECK_FALSE(rmc("225446", date).utc_us);
        CHECK(rmc("225446", date).position);
    }
}

TEST_CASE("sentences that are not for us, and broken ones, add nothing") {
    const std::string_view rmc = "GNRMC,225446.00,A,4916.45,N,12311.12,W,1.0,,191124,,,A";
    const Fix plain = only_fix({rmc});
    CHECK(only_fix({rmc,
                    "PUBX,03,11,23,-,,,45,010",
                    "PMTK010,002",
                    "PSRF150,1",
                    "PGRMV,-2.5,-1.1,0.3",
                    "PASHR,A",
                    "PSTMCPU,35.86,-1,98",
                    "PQTMVERNO,a",
                    "PGRMZ,246,f,3",
                    "PUBX",
                    "GNTXT,01,01,02,hello",
                    "EIGPQ,GGA",
                    "GPGSA",
                    "GPGSV",
                    "GPVTG",
                    "GPGST",
                    "GPZDA",
                    "PGRME",
                    "",
                    ",,,,",
                    "GNGSV,9,9,9999"}) == plain);
}

TEST_CASE("minutes that the receiver rounded up to 60 are the next degree") {
    const Fix fix = only_fix({"GPRMC,225446,A,4860.0000,N,00159.9999,E,1.0,,191124,,,A"});
    CHECK(fix.position->latitude == Approx(49.0));
    CHECK(fix.position->longitude == Approx(1.999998333).epsilon(1e-9));
}

TEST_CASE("coordinates without their leading zeros are understood") {
    const Fix fix = only_fix({"GPRMC,225446,A,807.5,S,131.25,W,1.0,,191124,,,A"});
    CHECK(fix.position->latitude == Approx(-8.125));
    CHECK(fix.position->longitude == Approx(-1.520833333).epsilon(1e-9));
}

TEST_CASE("a time and a date without their first zero are understood") {
    CHECK(utc(only_fix({"GPRMC,92725.50,A,4717.11,N,00833.91,E,0.0,,50124,,,A"})) ==
          "2024-01-05T09:27:25.500000Z");
}

TEST_CASE("values that only stand for unknown are absent") {
    const auto gga = [](const std::string& used, const std::string& hdop, const std::string& altitude) {
        return only_fix(
            {"GPGGA,123519,4807.038,N,01131.000,E,1," + used + "," + hdop + "," + altitude + ",M,,M,,"});
    };
    for (const std::string hdop : {"99.99", "99.0", "0.0", "-1.0", "", "x"}) {
        INFO(hdop);
        CHECK_FALSE(gga("08", hdop, "5").hdop);
        CHECK_FALSE(gga("08", hdop, "5").accuracy_m);
    }
    CHECK_FALSE(gga("9999", "1.0", "5").satellites_used);
    CHECK(gga("08", "1.0", "-3.5").altitude_m == -3.5);
    for (const std::string altitude : {"-99999.9", "4294967.295", "", "1e3"}) {
        INFO(altitude);
        CHECK_FALSE(gga("08", "1.0", altitude).altitude_m);
    }
    const auto rmc = [](const std::string& knots, const std::string& course) {
        return only_fix({"GPRMC,225446,A,4916.45,N,12311.12,W," + knots + "," + course + ",191124,,,A"});
    };
    for (const std::string knots : {"-1.0", "99999.9", "", "nan"}) CHECK_FALSE(rmc(knots, "10.0").speed_mps);
    for (const std::string course : {"-1.0", "360.1", "", "inf"}) CHECK_FALSE(rmc("1.0", course).course_deg);
}

TEST_CASE("satellites in view are those of all signals together, also where each signal lists others") {
    const Fix fix = only_fix({"GNRMC,225446.00,A,4916.45,N,12311.12,W,1.0,,191124,,,A",
                              "GPGSV,1,1,03,02,60,319,36,05,77,132,38,11,29,052,29,1",
                              "GPGSV,1,1,02,02,60,319,36,25,77,132,38,6", "GPGSV,1,1,01,30,05,132,,0"});
    CHECK(fix.satellites_seen == 5);
}

TEST_CASE("a system with two talkers' names is counted once") {
    const std::string_view rmc = "GNRMC,225446.00,A,4916.45,N,12311.12,W,1.0,,191124,,,A";
    CHECK(only_fix({rmc, "BDGSV,1,1,01,07,60,319,36", "GBGSV,1,1,02,07,60,319,36,08,60,319,36"})
              .satellites_seen == 2);
    CHECK(only_fix({rmc, "GQGSV,1,1,01,03,60,319,36", "QZGSV,1,1,01,03,60,319,36"}).satellites_seen == 1);
    CHECK(only_fix({rmc, "PQGSV,1,1,02,02,20,116,,03,,,,0,4", "GBGSV,1,1,02,02,20,116,,03,,,,1",
                    "QZGSV,1,1,01,02,20,116,"})
              .satellites_seen == 3);
}

TEST_CASE("a satellite that two talkers list as used is one satellite") {
    const std::string_view rmc = "GNRMC,225446.00,A,4916.45,N,12311.12,W,1.0,,191124,,,A";
    CHECK(only_fix({rmc, "GPGSA,A,3,01,02,03,04,,,,,,,,,2.1,1.9,1.0",
                    "GNGSA,A,3,01,02,03,04,,,,,,,,,2.1,1.9,1.0", "GNGSA,A,3,65,66,,,,,,,,,,,2.1,1.9,1.0",
                    "GLGSA,A,3,65,66,,,,,,,,,,,2.1,1.9,1.0"})
              .satellites_used == 6);
    CHECK(only_fix({rmc, "BDGSA,A,3,07,,,,,,,,,,,,2.1,1.9,1.0", "GNGSA,A,3,07,,,,,,,,,,,,2.1,1.9,1.0,4"})
              .satellites_used == 1);
}

TEST_CASE("GBS tells the accuracy where nothing better does") {
    const std::string_view gga = "GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,";
    CHECK(*only_fix({gga, "GPGBS,123519,3.0,4.0,6.0,,,,"}).accuracy_m == Approx(10.0));
    CHECK(*only_fix({gga, "GPGBS,123519,3.0,4.0,6.0,,,,", "GPGST,123519,,,,,0.3,0.4,2.0"}).accuracy_m ==
          Approx(1.0));
    CHECK(*only_fix({gga, "GPGST,123519,,,,,0.3,0.4,2.0", "GPGBS,123519,3.0,4.0,6.0,,,,"}).accuracy_m ==
          Approx(1.0));
}

TEST_CASE("a u-blox receiver that speaks only its own sentences is understood") {
    const auto pubx = [](const std::string& status) {
        return "PUBX,00,081350.00,4717.113210,N,00833.915187,E,546.589," + status +
               ",2.1,2.0,36.0,77.52,0.007,,0.92,1.19,0.77,9,0,0";
    };
    const Fix fix = only_fix({pubx("G3"), "PUBX,04,081350.00,150324,113851.00,2305,18,2660634,-7.2,21"});
    CHECK(fix.type == FixType::fix_3d);
    CHECK(fix.position->latitude == Approx(47.2852202).epsilon(1e-9));
    CHECK(*fix.accuracy_m == Approx(4.2));
    CHECK(*fix.speed_mps == Approx(10.0));
    CHECK(fix.course_deg == 77.52);
    CHECK(fix.satellites_used == 9);
    CHECK_FALSE(fix.altitude_m);  // it is over the ellipsoid
    CHECK(utc(fix) == "2024-03-15T08:13:50Z");
    CHECK(only_fix({pubx("G2")}).type == FixType::fix_2d);
    CHECK(only_fix({pubx("D3")}).type == FixType::dgnss);
    CHECK(only_fix({pubx("DR")}).type == FixType::estimated);
    CHECK(only_fix({pubx("NF")}).type == FixType::none);
    CHECK(only_fix({pubx("TT")}).type == FixType::none);
}

TEST_CASE("Garmin's PGRMF is read like the standard reports") {
    const Fix fix = only_fix({"PGRMF,290,293895,150324,093802,13,5213.1439,N,02100.6511,E,A,2,36,62,2,1"});
    CHECK(fix.type == FixType::fix_3d);
    CHECK(fix.position->latitude == Approx(52.219065).epsilon(1e-9));
    CHECK(*fix.speed_mps == Approx(10.0));
    CHECK(utc(fix) == "2024-03-15T09:38:02Z");
    CHECK(only_fix({"PGRMF,290,293895,150324,093802,13,5213.1439,N,02100.6511,E,A,0,36,62,2,1"}).type ==
          FixType::none);
}
