#include "tools/city/address_text.hpp"

#include <catch2/catch.hpp>

using namespace fieldpost::city;

TEST_CASE("A range is written as on the door: the second number cut to two digits within a hundred") {
    Address address;
    address.number = 1025;
    address.number_to = 1057;
    CHECK(number_text(address) == "1025-57");
    address.number_to = 1101;
    CHECK(number_text(address) == "1025-1101");
    address.number = 95;
    address.number_to = 99;
    CHECK(number_text(address) == "95-99");
    address.number = 200;
    address.number_to = 206;
    CHECK(number_text(address) == "200-06");
}

TEST_CASE("Fractions stand apart from the number, letters do not") {
    Address address;
    address.number = 12;
    address.number_suffix = "1/2";
    CHECK(number_text(address) == "12 1/2");
    address.number_suffix = "A";
    CHECK(number_text(address) == "12A");
}

TEST_CASE("Case changes reach accented letters") {
    CHECK(upper("12 Peña Blvd") == "12 PEÑA BLVD");
    CHECK(lower("12 PEÑA BLVD") == "12 peña blvd");
    CHECK(upper("Weiß ÷ ½") == "WEIß ÷ ½");
}

TEST_CASE("Amounts and positions are written exactly") {
    std::string out;
    append_dollars(out, -2'000);
    append_dollars(out, 123'456'789);
    append_dollars(out, 5);
    CHECK(out == "-$20.00$1,234,567.89$0.05");
    out.clear();
    append_e7(out, -5);
    out += ' ';
    append_e7(out, -891'300'000);
    CHECK(out == "-0.0000005 -89.1300000");
}
