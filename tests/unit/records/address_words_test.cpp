#include "sync/records/address_words.hpp"

#include <catch2/catch.hpp>

using namespace fieldpost::records;

TEST_CASE("folding leaves plain upper-case words") {
    CHECK(fold("Río Łódź  Straße") == "RIO LODZ STRASSE");
    CHECK(fold("O'Brien’s") == "OBRIENS");
    CHECK(fold("U.S. 12") == "US 12");
    CHECK(fold("Main St.Apt 4") == "MAIN ST APT 4");
    CHECK(fold("3.5") == "3 5");
    CHECK(fold("Smith & Sons, Inc. (old)") == "SMITH SONS INC OLD");
    CHECK(fold("Œuvre Æsir Þór") == "OEUVRE AESIR THOR");
    CHECK(fold("e\xCC\x81t\xC3\xA9") == "ETE");
    CHECK(fold("\xEF\xBB\xBFx") == "X");
    CHECK(fold("улица 5") == "5");
    CHECK(fold("").empty());
    CHECK(fold(" ,-/ ").empty());
}

TEST_CASE("bytes that are not UTF-8 are read as Latin-1") {
    CHECK(fold("Caf\xE9 Ni\xF1o") == "CAFE NINO");
}

TEST_CASE("any text can be stored as UTF-8, cut between characters") {
    CHECK(as_utf8("Café", 10) == "Café");
    CHECK(as_utf8("Caf\xE9 9", 10) == "Café 9");
    CHECK(as_utf8("\xC0\x80", 10) == "\xC3\x80\xC2\x80");              // overlong NUL
    CHECK(as_utf8("\xED\xA0\x80", 10) == "\xC3\xAD\xC2\xA0\xC2\x80");  // a surrogate
    CHECK(as_utf8("\xF5\x80\x80\x80", 4) == "\xC3\xB5\xC2\x80");       // beyond Unicode
    CHECK(as_utf8("улица", 5) == "ул");
    CHECK(as_utf8("ab\xE9", 3) == "ab");
    CHECK(as_utf8("", 10).empty());
}

TEST_CASE("folding twice changes nothing") {
    for (const char* text : {"Río & Co. 3.5", "St.Apt", "A.B.C. d.e", "x.1.2"}) {
        CHECK(fold(fold(text)) == fold(text));
    }
}

TEST_CASE("directions, types and units have one abbreviation") {
    CHECK(direction("NORTHEAST") == "NE");
    CHECK(direction("SO") == "S");
    CHECK_FALSE(direction("MAIN"));
    CHECK(street_type("AVENUE") == "AVE");
    CHECK(street_type("AV") == "AVE");
    CHECK(street_type("TERR") == "TER");
    CHECK(street_type("TNPK") == "TPKE");
    CHECK(street_type("PK") == "PARK");
    CHECK(street_type("TRACE") == "TRCE");
    CHECK_FALSE(street_type("ELM"));
    CHECK(street_type_name("BLVD") == "BOULEVARD");
    CHECK(unit_type("APARTMENT") == "APT");
    CHECK(unit_type("CONDO") == "UNIT");
    CHECK(unit_stands_alone("REAR"));
    CHECK_FALSE(unit_stands_alone("APT"));
}

TEST_CASE("numbered streets have one form") {
    CHECK(ordinal("FIRST") == "1ST");
    CHECK(ordinal("2") == "2ND");
    CHECK(ordinal("3RD") == "3RD");
    CHECK(ordinal("11") == "11TH");
    CHECK(ordinal("42TH") == "42ND");
    CHECK(ordinal("NINETIETH") == "90TH");
    CHECK_FALSE(ordinal("1000"));
    CHECK_FALSE(ordinal("0"));
    CHECK_FALSE(ordinal("04"));
    CHECK_FALSE(ordinal("ST"));
    CHECK(street_name("TWENTY FIRST") == "21ST");
    CHECK(street_name("THIRTY") == "THIRTY");
    CHECK(street_name("SECOND NORTH") == "2ND NORTH");
    CHECK(street_name("MILE 3") == "MILE 3");
}

TEST_CASE("names that are written in many ways have one form") {
    for (const char* king : {"MLK", "DR MLK JR", "M L KING", "ML KING", "MARTIN LUTHER KING JR",
                             "DR MARTIN LUTHER KING", "REV DR MARTIN LUTHER KING JR", "MARTIN LUTHR KING"}) {
        INFO(king);
        CHECK(street_name(king) == "MARTIN LUTHER KING");
    }
    CHECK(street_name("JFK") == "JOHN F KENNEDY");
    CHECK(street_name("ST AGNES") == "SAINT AGNES");
    CHECK(street_name("MT HOPE") == "MOUNT HOPE");
    CHECK(street_name("FT GREENE") == "FORT GREENE");
    CHECK(street_name("MC ALLISTER") == "MCALLISTER");
    CHECK(street_name("ORCHARD PK") == "ORCHARD PARK");
    CHECK(street_name("MSGR DOLAN") == "MONSIGNOR DOLAN");
    CHECK(street_name("").empty());
}

TEST_CASE("other spellings of a name lead back to it") {
    const std::string name = GENERATE(as<std::string>{}, "1ST", "21ST", "40TH", "SAINT MARYS", "MOUNT AUBURN",
                                      "MARTIN LUTHER KING", "JOHN F KENNEDY", "GENERAL GRANT",
                                      "MONSIGNOR DOLAN", "AVENUE A", "LINCOLN PARK", "DUTCH HEIGHTS");
    const auto others = other_spellings(name);
    CHECK_FALSE(others.empty());
    for (const std::string& other : others) {
        INFO(other);
        CHECK(street_name(other) == name);
    }
    CHECK(other_spellings("MAIN").empty());
    CHECK(other_spellings("123RD").empty());
    CHECK(other_spellings("").empty());
}

TEST_CASE("what a spreadsheet made of a number is undone") {
    CHECK(undo_spreadsheet_date("Aug-75") == "8-75");
    CHECK(undo_spreadsheet_date("2-Jan") == "1-2");
    CHECK_FALSE(undo_spreadsheet_date("8-75"));
    CHECK_FALSE(undo_spreadsheet_date("May St"));
    CHECK_FALSE(undo_spreadsheet_date("Abc-12"));
}

TEST_CASE("title case is for people") {
    CHECK(title_case("MCKINLEY AVE NE") == "McKinley Ave NE");
    CHECK(title_case("21ST ST") == "21st St");
    CHECK(title_case("").empty());
}
