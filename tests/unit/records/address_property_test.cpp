// Properties that hold for any text. Failures print the seed; replay with RC_PARAMS="seed=...".
#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "sync/records/address.hpp"
#include "sync/records/address_words.hpp"

using namespace fieldpost::records;

namespace {

// Pieces that addresses are made of, put together without sense: the reader must cope with any order.
rc::Gen<std::string> piece() {
    return rc::gen::elementOf(std::vector<std::string>{
        "12",    "1025-57",  "302-4",    "1/2",   "½",    "125C",    "10-B",  "0",      "99999",
        "2-Jan", "14XX",     "block of", "Elm",   "St",   "Saint",   "Ave",   "Avenue", "A",
        "B",     "North",    "N",        "SW",    "E.",   "Park",    "Mount", "MLK",    "Jr",
        "Dr",    "First",    "21st",     "to",    "&",    "and",     "at",    "@",      ",",
        "#",     "Apt",      "4B",       "Unit",  "Rear", "R",       "Fl",    "2",      "-",
        "/",     "(",        ")",        ";",     "opp",  "near",    "MA",    "02139",  "USA",
        "\n",    "Broadway", "Hwy",      "Route", "61",   "O'Brien", "Mc",    "Bldg",   "Center",
        "One",   "Square",   "Ext",      "I",     "K212", "Suite",   "é",     "\xE9",   "*"});
}

rc::Gen<std::string> soup() {
    return rc::gen::map(rc::gen::container<std::vector<std::string>>(piece()),
                        [](const std::vector<std::string>& parts) {
                            std::string text;
                            for (const std::string& part : parts) text += (text.empty() ? "" : " ") + part;
                            return text;
                        });
}

// A sensible address.
rc::Gen<std::string> address() {
    auto number =
        rc::gen::map(rc::gen::tuple(rc::gen::inRange(1, 9999), rc::gen::inRange(0, 6)), [](auto parts) {
            auto [n, form] = parts;
            std::string text = std::to_string(n);
            if (form == 1) text += "-" + std::to_string(n + 2);
            if (form == 2) text += " 1/2";
            if (form == 3) text += "B";
            if (form == 4) text += "R";
            return text;
        });
    auto one_of = [](std::vector<std::string> words) { return rc::gen::elementOf(std::move(words)); };
    return rc::gen::map(
        rc::gen::tuple(one_of({"", "Library ", "Unit 3 ", "K-12 - Shop "}), number,
                       one_of({"", "N ", "South ", "NE "}),
                       one_of({"Elm", "St Agnes", "Mt Hope", "Twenty First", "Orchard Pk", "5th", "MLK Jr",
                               "Mc Coy", "Copper Hill", "Avenue Road"}),
                       one_of({" St", " Avenue", " Blvd", " Ter", ""}), one_of({"", " W", " East"}),
                       one_of({"", " Apt 4", " #2B", " Rear", ", Unit 7", " Fl 2 Apt 5"}),
                       one_of({"", " & Oak St", " To Ash", ", Springfield, IL 62701"})),
        [](const auto& parts) {
            return std::apply([](const auto&... part) { return (part + ...); }, parts);
        });
}

}  // namespace

TEST_CASE("reading what display shows gives the same address again") {
    CHECK(rc::check([] {
        Address first = parse_address(*address());
        Address again = parse_address(display(first));
        RC_ASSERT(address_key(again) == address_key(first));
        RC_ASSERT(display(again) == display(first));
    }));
}

TEST_CASE("any soup of address words is read without harm") {
    CHECK(rc::check([] {
        AddressReading reading = read_address(*soup());
        RC_ASSERT(display(reading.address).size() <= 3 * max_address_bytes);
        RC_ASSERT(address_key(reading.address).size() <= 3 * max_address_bytes);
        RC_ASSERT(reading.address.number_high() == 0 ||
                  reading.address.number_high() > reading.address.number());
    }));
}

TEST_CASE("any bytes are read without harm") {
    CHECK(rc::check([](const std::string& bytes) {
        Address address = parse_address(bytes);
        RC_ASSERT(address.text().size() <= max_address_bytes);
        for (char c : fold(bytes)) RC_ASSERT((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ' ');
        RC_ASSERT(fold(fold(bytes)) == fold(bytes));
    }));
}

TEST_CASE("case and extra spaces do not matter") {
    CHECK(rc::check([] {
        std::string text = *address();
        std::string upper;
        for (char c : text) {
            upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
            if (c == ' ') upper += "  ";
        }
        RC_ASSERT(address_key(parse_address(upper)) == address_key(parse_address(text)));
    }));
}

TEST_CASE("a street's canonical name is canonical") {
    CHECK(rc::check([] {
        std::string name = street_name(fold(*soup()));
        RC_ASSERT(street_name(name) == name);
    }));
}
