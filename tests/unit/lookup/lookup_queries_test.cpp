#include "tools/bench/lookup_queries.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "sync/records/address_words.hpp"

using namespace fieldpost;
using namespace fieldpost::bench;

namespace {

std::vector<KnownAddress> known(const std::vector<std::string>& texts) {
    std::vector<KnownAddress> out;
    for (const std::string& text : texts) {
        out.push_back({static_cast<records::RecordId>(out.size() + 1), records::parse_address(text)});
    }
    return out;
}

std::set<std::string> texts_of(AddressQueries& queries, int errors, int count) {
    std::set<std::string> out;
    for (int run = 0; run < count; ++run) out.insert(records::fold(queries.address(errors).text));
    return out;
}

}  // namespace

TEST_CASE("The same seed asks the same") {
    const auto city = known({"12 Main St", "14 Main St", "33 Saint Marys Ter", "20 5th Ave"});
    AddressQueries left(city, 7);
    AddressQueries right(city, 7);
    for (int run = 0; run < 200; ++run) CHECK(left.address(run % 3).text == right.address(run % 3).text);
}

TEST_CASE("An address is written in every way that people use") {
    AddressQueries five(known({"20 E 5th Ave"}), 1);
    const auto fifth = texts_of(five, 0, 2000);
    for (const char* text : {"20 E 5TH AVE", "20 EAST 5TH AVENUE", "20 E FIFTH AVE", "E 5TH AVE 20",
                             "20 5TH AVE E", "20 5TH", "20 E 5TH", "20 E 5TH AVENU"}) {
        INFO(text);
        CHECK(fifth.contains(text));
    }
    AddressQueries king(known({"1420 S Martin Luther King Dr"}), 1);
    CHECK(texts_of(king, 0, 2000).contains("1420 S MLK DR"));
    AddressQueries range(known({"1025-57 Hiawatha Blvd E"}), 1);
    const auto ranges = texts_of(range, 0, 2000);
    for (const char* text : {"1025 57 HIAWATHA BLVD E", "1025 HIAWATHA BLVD E", "1031 HIAWATHA BLVD E"}) {
        INFO(text);
        CHECK(ranges.contains(text));
    }
    CHECK_FALSE(ranges.contains("1030 HIAWATHA BLVD E"));
    AddressQueries unit(known({"500 Genesee St Apt 3B"}), 1);
    const auto units = texts_of(unit, 0, 2000);
    for (const char* text : {"500 GENESEE ST APT 3B", "500 GENESEE ST 3B", "500 GENESEE ST UNIT 3B"}) {
        INFO(text);
        CHECK(units.contains(text));
    }
}

TEST_CASE("Errors are in words: letters, spaces, street type and direction, never in digits") {
    AddressQueries queries(known({"20 E Hiawatha Ave"}), 1);
    const auto typed = texts_of(queries, 1, 6000);
    for (const char* text : {"20 E HIAWATHA ST", "20 N HIAWATHA AVE", "20 E HIAWTHA AVE", "20 E HIAWATHAAVE",
                             "20 E HIAWAT HA AVE", "20 E HIAWAHTA AVE"}) {
        INFO(text);
        CHECK(typed.contains(text));
    }
    for (const std::string& text : typed) CHECK(text.find("20") != std::string::npos);
}

TEST_CASE("An address is a rival when it is as near to what was typed as the wanted one") {
    AddressQueries types(known({"7 Park Ave", "7 Park St"}), 1);
    AddressQueries far(known({"7 Park Ave", "9 Park St"}), 1);
    int left_out = 0;
    for (int run = 0; run < 500; ++run) {
        const Query query = types.address(0);
        const bool no_type = query.made.find("no type") != std::string::npos;
        left_out += no_type ? 1 : 0;
        INFO(query.text << ": " << query.made);
        CHECK(query.rival == no_type);
        CHECK_FALSE(far.address(0).rival);
    }
    CHECK(left_out > 20);
}

TEST_CASE("A wrong type that makes another address is that address") {
    AddressQueries queries(known({"7 Park Ave", "7 Park St"}), 1);
    int wrong = 0;
    for (int run = 0; run < 2000; ++run) {
        const Query query = queries.address(1);
        if (query.made.find("wrong type") == std::string::npos) continue;
        ++wrong;
        INFO(query.text);
        CHECK(query.rival);
    }
    CHECK(wrong > 100);
}

TEST_CASE("A misspelt name is counted apart when it is as near to another one at this number") {
    AddressQueries queries(known({"7 Bark St", "7 Park St", "9 Lark St"}), 1);
    std::set<std::string> apart;
    std::set<std::string> clear;
    for (int run = 0; run < 5000; ++run) {
        const Query query = queries.address(1);
        (query.rival ? apart : clear).insert(records::fold(query.text));
    }
    CHECK(apart.contains("7 ARK ST"));
    CHECK(apart.contains("7 VARK ST"));
    CHECK(clear.contains("7 PARKK ST"));
    CHECK(clear.contains("9 ARK ST"));
}

TEST_CASE("Records at one address are all right answers, and no rivals") {
    auto city = known({"7 Park Ave", "7 Park Avenue"});
    AddressQueries queries(city, 1);
    const Query query = queries.address(0);
    CHECK(query.wanted == std::vector<records::RecordId>{1, 2});
    CHECK_FALSE(query.rival);
}

TEST_CASE("A wrong digit gives another number, and is counted apart where that one exists") {
    AddressQueries queries(known({"120 Main St", "102 Main St"}), 1);
    bool apart = false;
    for (int run = 0; run < 500; ++run) {
        const Query query = queries.wrong_digit();
        INFO(query.text << ": " << query.made);
        const std::string right = query.address.substr(0, 3);
        CHECK(query.made.find(" for " + right) != std::string::npos);
        CHECK(query.rival == (query.made.starts_with("120 for") || query.made.starts_with("102 for")));
        apart = apart || query.rival;
    }
    CHECK(apart);
}

TEST_CASE("What does not exist is like nothing that does") {
    std::vector<std::string> texts;
    for (int number = 1; number < 60; ++number) {
        for (const char* street : {"Hiawatha Blvd", "Butternut St", "Onondaga Ave"}) {
            texts.push_back(std::to_string(number) + " " + street);
        }
    }
    AddressQueries queries(known(texts), 3);
    for (int run = 0; run < 300; ++run) {
        const Query number = queries.no_such_number();
        const auto read = records::parse_address(number.text);
        INFO(number.text);
        CHECK(number.wanted.empty());
        CHECK(number.text.find_first_of("0123456789") != std::string::npos);
        CHECK((read.number() == 0 || read.number() >= 60));
        const Query street = queries.no_such_street();
        INFO(street.text);
        CHECK(street.wanted.empty());
        for (const char* name : {"HIAWATHA", "BUTTERNUT", "ONONDAGA"}) {
            CHECK(records::fold(street.text).find(name) == std::string::npos);
        }
    }
}

TEST_CASE("Keystrokes end with the whole address") {
    AddressQueries queries(known({"12 Main St"}), 1);
    const auto keys = queries.keystrokes();
    REQUIRE(keys.size() == 8);
    CHECK(keys.front().text == "1");
    CHECK(keys.back().text == "12 main st");
}
