#include "sync/records/address.hpp"

#include <catch2/catch.hpp>

using namespace fieldpost::records;

namespace {

struct Case {
    const char* text;
    const char* key;  // address_key()
};

}  // namespace

TEST_CASE("house numbers are read in every form") {
    const Case cases[] = {
        {"12 Elm St", "12 ELM ST"},
        {"1025-57 Harbor Blvd", "1025-1057 HARBOR BLVD"},
        {"302-4 1/2 Slate Ave", "302-304 SLATE AVE #1/2"},
        {"998-02 Elm St", "998-1002 ELM ST"},
        {"720-806 Elm St S", "720-806 S ELM ST"},
        {"3935 -3943  S Elm Blvd", "3935-3943 S ELM BLVD"},
        {"88–90 Elm St", "88-90 ELM ST"},
        {"34/36 Elm St", "34-36 ELM ST"},
        {"190;192 Elm St", "190-192 ELM ST"},
        {"124 & 144 Elm Ave", "124-144 ELM AVE"},
        {"284&86 Elm Rd", "284-286 ELM RD"},
        {"4144-4148 & 4158 Elm St", "4144-4158 ELM ST"},
        {"48-48 Elm St", "48 ELM ST"},
        {"125C Elm St", "125 ELM ST #C"},
        {"10-B Elm Pl", "10 ELM PL #B"},
        {"119R Elm St", "119 ELM ST #REAR"},
        {"17-1/2 Elm St", "17 ELM ST #1/2"},
        {"1011- 1/2 Elm St", "1011 ELM ST #1/2"},
        {"201-1 1/2 Elm Ave", "201 ELM AVE #1/2"},
        {"25½ Elm St", "25 ELM ST #1/2"},
        {"157.5 Elm St", "157 ELM ST #1/2"},
        {"47-20 Elm Ave", "47 ELM AVE #20"},
        {"26-C2 Elm Ave", "26 ELM AVE #C2"},
        {"99-1234 Kamaha Ave", "99-1234 KAMAHA AVE"},
        {"N6W23001 Elm Rd", "N6W-23001 ELM RD"},
        {"0 Elm St", "ELM ST"},
        {"One Foundry Square", "1 FOUNDRY SQ"},
        {"#12 Elm St", "12 ELM ST"},
    };
    for (const Case& c : cases) {
        INFO(c.text);
        CHECK(address_key(parse_address(c.text)) == c.key);
    }
}

TEST_CASE("directions and types are the same street however they are written") {
    const Case cases[] = {
        {"12 Harbor Blvd E", "12 E HARBOR BLVD"},
        {"12 East Harbor Boulevard", "12 E HARBOR BLVD"},
        {"12 E Harbor Blvd E", "12 E HARBOR BLVD"},
        {"12 E. HARBOR BOUL", "12 E HARBOR BLVD"},
        {"12 N.E. 5th Ave", "12 NE 5TH AVE"},
        {"12 Fifth Avenue Northeast", "12 NE 5TH AVE"},
        {"12 N Elm St W", "12 N ELM ST W"},
        {"12 North St", "12 NORTH ST"},
        {"12 South Ave W", "12 W SOUTH AVE"},
        {"12 E St NW", "12 NW E ST"},
        {"12 Avenue B", "12 AVE B"},
        {"12 Avenue of the Elms", "12 AVE OF THE ELMS"},
        {"45 Highway 61 S", "45 S RTE 61"},
        {"12 Rt-16", "12 RTE 16"},
        {"12 Park Ave Ext", "12 PARK AVENUE EXT"},
        {"6 Forge Street Pl", "6 FORGE STREET PL"},
        {"20 Copper Hill Road", "20 COPPER HILL RD"},
        {"12 Lincoln Pk Dr", "12 LINCOLN PARK DR"},
        {"12 St. Agnes' Ter.", "12 SAINT AGNES TER"},
        {"12 Broadway", "12 BROADWAY"},
        {"1200 Market", "1200 MARKET"},
        {"12 Seventh North St", "12 7TH NORTH ST"},
        {"12 Twenty-First St", "12 21ST ST"},
    };
    for (const Case& c : cases) {
        INFO(c.text);
        CHECK(address_key(parse_address(c.text)) == c.key);
    }
}

TEST_CASE("units are read before and behind, and are one however they are written") {
    for (const char* text : {"12 Elm St Apt 4B", "12 Elm St #4B", "12 Elm St, Unit 4-B", "Apt 4B, 12 Elm St",
                             "Unit 4B 12 Elm St", "12 ELM ST APARTMENT # 4B", "12 Elm St Condo #4B"}) {
        INFO(text);
        CHECK(address_key(parse_address(text)) == "12 ELM ST #4B");
    }
    const Case cases[] = {
        {"12 Elm St Rear", "12 ELM ST #REAR"},
        {"12 Elm St W REAR #10", "12 W ELM ST #REAR 10"},
        {"Unit 101 12 Elm Rd Rear", "12 ELM RD #REAR 101"},
        {"12 Elm St Rear Unit Eight", "12 ELM ST #REAR 8"},
        {"12 Elm St Fl 2", "12 ELM ST #FL2"},
        {"12 Elm St W C-100", "12 W ELM ST #C100"},
        {"12 Elm St #2/403", "12 ELM ST #2/403"},
        {"12 Elm St 5", "12 ELM ST #5"},
        {"12 Front St", "12 FRONT ST"},
        {"12 Key Blvd", "12 KEY BLVD"},
    };
    for (const Case& c : cases) {
        INFO(c.text);
        CHECK(address_key(parse_address(c.text)) == c.key);
    }
}

TEST_CASE("buildings and tenants may stand before the number, and may hold numbers") {
    const struct {
        const char* text;
        const char* key;
        const char* building;
    } cases[] = {
        {"Chemistry Bldg 140 Elm Dr", "140 ELM DR", "Chemistry Bldg"},
        {"Newton 1 and 2 217 College Pl to \nElm Ave", "217 COLLEGE PL", "Newton 1 and 2"},
        {"K212 ICE KIOSK 1 Mall Center Dr", "1 MALL CENTER DR", "K212 ICE KIOSK"},
        {"L-204 - Hart & Sons (Old: 'Empty') 306 Elm Blvd W", "306 W ELM BLVD",
         "L-204 - Hart & Sons (Old: 'Empty')"},
        {"M-101 - Shop off 5th Ave 306 Elm Blvd \nW", "306 W ELM BLVD", "M-101 - Shop off 5th Ave"},
        {"B213 - 1 Mall Dr", "1 MALL DR", "B213"},
        {"200 (165-172) Hill Rd 1500 Elm St E", "1500 E ELM ST", "200 (165-172) Hill Rd"},
        {"Oak Field 74 Elm St, Springfield, IL, 62701, USA", "74 ELM ST", "Oak Field"},
        {"Pharmacy, 74 Elm St", "74 ELM ST", "Pharmacy"},
    };
    for (const auto& c : cases) {
        INFO(c.text);
        Address address = parse_address(c.text);
        CHECK(address_key(address) == c.key);
        CHECK(address.building() == c.building);
    }
}

TEST_CASE("cross streets are told apart from the street") {
    AddressReading reading = read_address("1025-57 Harbor Blvd E & Sixth No");
    CHECK(address_key(reading.address) == "1025-1057 E HARBOR BLVD");
    CHECK(reading.cross_streets == std::vector<std::string>{"N 6TH"});
    reading = read_address("408 1/2 Elm St To Oak Ave & Ash St");
    CHECK(address_key(reading.address) == "408 ELM ST #1/2");
    CHECK(reading.cross_streets == std::vector<std::string>{"OAK AVE", "ASH ST"});
    reading = read_address("Main & 5th");
    CHECK(street_key(reading.address) == "MAIN");
    CHECK(reading.cross_streets == std::vector<std::string>{"5TH"});
    reading = read_address("corner of Oak St and Elm Ave, Springfield");
    CHECK(street_key(reading.address) == "OAK ST");
    CHECK(reading.cross_streets == std::vector<std::string>{"ELM AVE"});
    CHECK(reading.address.number() == 0);
}

TEST_CASE("mailing tails are not part of the street") {
    AddressContext here{{"Springfield", "Elm Park"}};
    const struct {
        const char* text;
        const char* key;
        const char* place;
        const char* zip;
    } cases[] = {
        {"12 Elm St, Springfield, IL 62701-1234", "12 ELM ST", "SPRINGFIELD", "62701"},
        {"12 Elm Street Springfield, IL, 02141, USA", "12 ELM ST", "SPRINGFIELD", "02141"},
        {"12 Elm St Springfield 62701, United States", "12 ELM ST", "SPRINGFIELD", "62701"},
        {"12 ELM ST SPRINGFIELD 62701", "12 ELM ST", "SPRINGFIELD", "62701"},
        {"12 Elm St Springfield Il", "12 ELM ST", "SPRINGFIELD", ""},
        {"12 Broadway Springfield, Illinois", "12 BROADWAY", "SPRINGFIELD", ""},
        {"12 Franklin Springfield", "12 FRANKLIN", "SPRINGFIELD", ""},
        {"12 Springfield Street Springfield", "12 SPRINGFIELD ST", "SPRINGFIELD", ""},
        {"12 Springfield", "12 SPRINGFIELD", "", ""},
        {"12 Washington Ave", "12 WASHINGTON AVE", "", ""},
        {"12 Elm Ct", "12 ELM CT", "", ""},
        {"Springfield 62701 United States", "", "SPRINGFIELD", "62701"},
        {"02701 Springfield, MA, USA", "", "SPRINGFIELD", "02701"},
    };
    for (const auto& c : cases) {
        INFO(c.text);
        Address address = parse_address(c.text, here);
        CHECK(address_key(address) == c.key);
        CHECK(address.place() == c.place);
        CHECK(address.postal_code() == c.zip);
    }
}

TEST_CASE("a block and a place near an address are no doors") {
    CHECK(read_address("1400 block of Elm St").block);
    CHECK(read_address("14XX Elm St").block);
    CHECK(read_address("14XX Elm St").address.number() == 1400);
    CHECK(read_address("5301 S Elm (opp)").nearby);
    CHECK(read_address("across from 12 Elm St").nearby);
    CHECK(read_address("next to 12 Elm St").nearby);
    CHECK_FALSE(read_address("12 Elm St").block);
    CHECK_FALSE(read_address("12 Elm St").nearby);
}

TEST_CASE("a text without a house number has none") {
    for (const char* text :
         {"Elm St S, Springfield", "********** Elm Rd", "Any City Street", "", "   ", "#", "& & &"}) {
        INFO(text);
        CHECK(parse_address(text).number() == 0);
    }
    CHECK(street_key(parse_address("Elm St S, Springfield")) == "S ELM ST");
}

TEST_CASE("columns are read like text") {
    CHECK(address_key(from_parts({.number = "372-74", .street = "ELM AVE S & SUNNYVA"})) ==
          "372-374 S ELM AVE");
    CHECK(address_key(from_parts({.number = "10", .number_suffix = "B", .street = "ELM", .type = "PL"})) ==
          "10 ELM PL #B");
    CHECK(
        address_key(from_parts({.number = "17", .number_suffix = "2-Jan", .street = "ELM", .type = "ST"})) ==
        "17 ELM ST #1/2");
    CHECK(address_key(from_parts({.number = "2",
                                  .street = "COTTAGE PARK",
                                  .type = "Avenue",
                                  .post_direction = "West",
                                  .unit_type = "Apartment",
                                  .unit = "3"})) == "2 W COTTAGE PARK AVE #3");
    CHECK(address_key(from_parts({.number = "", .street = "ELM BLVD E"})) == "E ELM BLVD");
    CHECK(address_key(from_parts({.number = "12", .street = "SOUTH", .type = "ST"})) == "12 SOUTH ST");
    Address placed =
        from_parts({.number = "12", .street = "Elm St", .place = "Springfield", .postal_code = "62701"});
    CHECK(placed.place() == "SPRINGFIELD");
    CHECK(placed.postal_code() == "62701");
}

TEST_CASE("display is for people and keeps what was written last") {
    CHECK(display(parse_address("1025-1057 HARBOR BLVD EAST")) == "1025-57 Harbor Blvd E");
    CHECK(display(parse_address("95-105 elm st")) == "95-105 Elm St");
    CHECK(display(parse_address("12 1/2 st marys terrace apt 4")) == "12 1/2 St Marys Ter Apt 4");
    CHECK(display(parse_address("125c MCKINLEY AVE #2")) == "125C McKinley Ave #2");
    CHECK(display(parse_address("elm st")) == "Elm St");
    CHECK(display(Address()).empty());
}

TEST_CASE("the loose key is the name alone") {
    CHECK(loose_street_key(parse_address("12 E St. Agnes Ter")) == "SAINT AGNES");
    CHECK(loose_street_key(Address()).empty());
}

TEST_CASE("what may be a building of its own is told from a unit") {
    CHECK(building_part(parse_address("12R Elm St Apt 4")) == "REAR");
    CHECK(building_part(parse_address("12 1/2 Elm St")) == "1/2");
    CHECK(building_part(parse_address("12 Elm St Apt 4")).empty());
    CHECK(sub_address(parse_address("12R Elm St Apt 4")) == "REAR 4");
}

TEST_CASE("only the first bytes of a very long text are read") {
    std::string text = "12 Elm St " + std::string(10'000, 'x');
    Address address = parse_address(text);
    CHECK(address.number() == 12);
    CHECK(address.text().size() <= max_address_bytes);
}

TEST_CASE("an address of an old export can be stored, whatever its bytes") {
    const Address address = parse_address("12 Caf\xE9 St");
    CHECK(address.text() == "12 Café St");
    AddressParts parts;
    parts.number = "12";
    parts.street = "Ni\xF1o St";
    parts.postal_code = "0213\xE9 and more";
    for (const Address& one : {address, from_parts(parts)}) {
        Address again;
        CHECK(again.ParseFromString(one.SerializeAsString()));
    }
}
