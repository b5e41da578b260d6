#include "daemon/hub/link/linker.hpp"

#include <catch2/catch.hpp>

using namespace fieldpost;
using namespace fieldpost::hub;
using records::LinkMethod;

namespace {

// A small city. The id of a property is its place in the list, from 1.
class City {
  public:
    explicit City(LinkOptions options = {}) : linker(std::move(options)) {}

    records::RecordId add(const std::string& address, const std::string& parcel = "",
                          std::optional<PointE7> position = {},
                          const std::vector<std::string>& aliases = {}) {
        std::vector<records::Address> others;
        for (const std::string& alias : aliases) others.push_back(records::parse_address(alias));
        auto id = static_cast<records::RecordId>(linker.property_count()) + 1;
        linker.add_property(id, parcel, records::parse_address(address), others, position);
        return id;
    }
    Link link(std::string_view text, std::string_view parcel = {}, std::optional<PointE7> position = {}) {
        LinkInput input;
        input.text = text;
        input.parcel_id = parcel;
        input.position = position;
        return linker.link(input);
    }

    Linker linker;
};

bool unlinked(const Link& link, Unlinked reason) {
    return link.property == 0 && link.method == LinkMethod::none && link.confidence == 0 &&
           link.reason == reason;
}

// `metres` north of a point of the city.
PointE7 north(double metres) {
    return {430'000'000 + static_cast<std::int32_t>(metres * 89.93), -761'000'000};
}

}  // namespace

TEST_CASE("a parcel number links whatever its separators") {
    City city;
    auto a = city.add("12 Elm St", "021.-05-66.0");
    auto b = city.add("14 Elm St", "0210567");
    CHECK(city.link("", "021.-05-66.0").property == a);
    CHECK(city.link("", "021-05-66-0").property == a);
    CHECK(city.link("", "0210566 0").property == 0);
    CHECK(city.link("", "02105660").property == a);
    CHECK(city.link("", "021.-05-67").property == b);
    CHECK(city.link("", "021.-05-66.0").method == LinkMethod::parcel);
    CHECK(city.link("", "021.-05-66.0").confidence == 100);
    CHECK(city.link("", "02105660").confidence < 100);
    CHECK(unlinked(city.link("", "099-1"), Unlinked::unknown_parcel));
}

TEST_CASE("parcel numbers that differ only in where the separator stands are not the same") {
    City city;
    auto a = city.add("12 Elm St", "7-18");
    auto b = city.add("14 Elm St", "71-8");
    CHECK(city.link("", "7-18").property == a);
    CHECK(city.link("", "71-8").property == b);
    CHECK(city.link("", "718").property == 0);
    CHECK(city.link("", "0000").reason == Unlinked::nothing_given);
}

TEST_CASE("of several properties on one parcel the address decides") {
    City city;
    city.add("12 Elm St Apt 1", "5-5");
    auto second = city.add("12 Elm St Apt 2", "5-5");
    CHECK(unlinked(city.link("", "5-5"), Unlinked::ambiguous));
    Link link = city.link("12 Elm St #2", "5-5");
    CHECK(link.property == second);
    CHECK(link.method == LinkMethod::parcel);
}

TEST_CASE("an address that means another property casts doubt on the parcel") {
    City city;
    auto a = city.add("12 Elm St", "5-5");
    city.add("90 Oak Ave", "6-6");
    CHECK(city.link("12 Elm St", "5-5").confidence == 100);
    Link link = city.link("90 Oak Ave", "5-5");
    CHECK(link.property == a);
    CHECK(link.confidence == 80);
}

TEST_CASE("an address links however it is written") {
    City city;
    auto id = city.add("1025-57 Harbor Blvd E");
    for (const char* text :
         {"1025-57 HARBOR BLVD EAST & SIXTH", "1025-1057 E Harbor Boulevard", "1025 Harbor Blvd E",
          "1031 e. harbor blvd", "Hart & Sons 1025-57 Harbor Blvd E", "1025-57 Harbor Blvd E Apt 9"}) {
        INFO(text);
        Link link = city.link(text);
        CHECK(link.property == id);
        CHECK(link.method == LinkMethod::address);
        CHECK(link.confidence >= 90);
    }
}

TEST_CASE("a range has only the numbers of its side of the street") {
    City city;
    city.add("100-110 Elm St");
    CHECK(city.link("104 Elm St").property == 1);
    CHECK(unlinked(city.link("105 Elm St"), Unlinked::unknown_number));
    city.add("201-206 Elm St");  // across both sides
    CHECK(city.link("204 Elm St").property == 2);
    CHECK(city.link("205 Elm St").property == 2);
}

TEST_CASE("the exact number comes before the range that contains it") {
    City city;
    city.add("100-110 Elm St");
    auto exact = city.add("104 Elm St");
    CHECK(city.link("104 Elm St").property == exact);
    CHECK(city.link("106 Elm St").property == 1);
    CHECK(unlinked(city.link("104-06 Elm St"), Unlinked::ambiguous));
}

TEST_CASE("a range of several houses is no link, one with a single house in it is a weaker one") {
    City city;
    city.add("100 Elm St");
    city.add("104 Elm St");
    auto alone = city.add("201 Elm St");
    CHECK(unlinked(city.link("100-104 Elm St"), Unlinked::ambiguous));
    Link link = city.link("201-05 Elm St");
    CHECK(link.property == alone);
    CHECK(link.confidence < 90);
    CHECK(unlinked(city.link("201-99 Elm St"), Unlinked::ambiguous));
    CHECK(unlinked(city.link("199-203 Elm St & Oak"), Unlinked::no) == false);
}

TEST_CASE("ranges that only overlap are not the same house") {
    City city;
    city.add("914-18 Elm St");
    CHECK(unlinked(city.link("918-22 Elm St"), Unlinked::ambiguous));
}

TEST_CASE("street without number, intersection, block and neighbourhood of an address stay unlinked") {
    City city;
    city.add("1400 Elm St");
    CHECK(unlinked(city.link("Elm St"), Unlinked::no_number));
    CHECK(unlinked(city.link("Elm St & Oak Ave"), Unlinked::no_number));
    CHECK(unlinked(city.link("0 Elm St"), Unlinked::no_number));
    CHECK(unlinked(city.link("1400 block of Elm St"), Unlinked::block));
    CHECK(unlinked(city.link("1400 Elm St (opp)"), Unlinked::nearby));
    CHECK(unlinked(city.link(""), Unlinked::nothing_given));
    CHECK(unlinked(city.link("Elm St", "", north(0)), Unlinked::no_number));
}

TEST_CASE("a missing direction or type links only where one property can be meant") {
    City city;
    auto north_only = city.add("10 Salt St N");
    auto both = city.add("20 Salt St N");
    city.add("20 Salt St S");
    CHECK(city.link("10 Salt St").property == north_only);
    CHECK(city.link("10 Salt").property == north_only);
    CHECK(city.link("10 Salt St").confidence < 95);
    CHECK(unlinked(city.link("20 Salt St"), Unlinked::ambiguous));
    CHECK(city.link("20 N Salt St").property == both);
    CHECK(unlinked(city.link("10 Salt St S"), Unlinked::unknown_number));
    CHECK(unlinked(city.link("10 Salt St E"), Unlinked::unknown_street));
}

TEST_CASE("another type links weakly, and only where the name has one street") {
    City city;
    auto lane = city.add("10 Thistle Ln");
    city.add("10 Fern St");
    city.add("12 Fern Ave");
    Link link = city.link("10 Thistle St");
    CHECK(link.property == lane);
    CHECK(link.confidence < 80);
    CHECK(unlinked(city.link("12 Fern St"), Unlinked::unknown_number));
    CHECK(unlinked(city.link("12 Fern Blvd"), Unlinked::unknown_street));
}

TEST_CASE("a name that only looks like a type is not another type") {
    City city;
    city.add("10 Acorn St");
    auto drive = city.add("10 Acorn Park Dr");
    CHECK(city.link("10 Acorn Park").property == drive);
}

TEST_CASE("one wrong letter links weakly, and only where no other street is as near") {
    City city;
    auto id = city.add("7 Callender St");
    city.add("9 Marlow St");
    city.add("9 Harlow St");
    city.add("9 Barlow St");
    city.add("30 Second St");
    Link link = city.link("7 Callendar St");
    CHECK(link.property == id);
    CHECK(link.confidence < 80);
    CHECK(city.link("7 Calelnder St").property == id);
    CHECK(unlinked(city.link("9 Tarlow St"), Unlinked::unknown_street));
    CHECK(unlinked(city.link("30 Third St"), Unlinked::unknown_street));
    CHECK(unlinked(city.link("8 Callendar St"), Unlinked::unknown_number));
    CHECK(unlinked(city.link("7 Callendar Ave"), Unlinked::unknown_street));
}

TEST_CASE("a name cut to some of its words links weakly") {
    City city;
    auto id = city.add("7 Bishop Richard Allen Dr");
    Link link = city.link("7 Bishop Allen Dr");
    CHECK(link.property == id);
    CHECK(link.confidence < 80);
    CHECK(unlinked(city.link("7 Allen Rd"), Unlinked::unknown_street));
}

TEST_CASE("units link to their own property, else to the house, never to another unit") {
    City city;
    auto house = city.add("12 Elm St");
    auto unit = city.add("12 Elm St #2");
    auto rear = city.add("12 Elm St Rear");
    CHECK(city.link("12 Elm St").property == house);
    CHECK(city.link("12 Elm St Apt 2").property == unit);
    CHECK(city.link("12 Elm St Apt 3").property == house);
    CHECK(city.link("12R Elm St").property == rear);
    CHECK(city.link("12 Elm St Rear Apt 7").property == rear);
    Link fraction = city.link("12 1/2 Elm St");
    CHECK(fraction.property == house);
    CHECK(fraction.confidence < 90);
    city.add("20 Oak St Rear");
    CHECK(unlinked(city.link("20 Oak St"), Unlinked::unknown_number));
    city.add("30 Oak St #1");
    city.add("30 Oak St #2");
    CHECK(unlinked(city.link("30 Oak St #3"), Unlinked::unknown_number));
    CHECK(city.link("30 Oak St").property == 0);
}

TEST_CASE("two properties at one address are ambiguous until a position tells them apart") {
    City city;
    city.add("12 Elm St", "1", north(0));
    auto far = city.add("12 Elm St", "2", north(100));
    CHECK(unlinked(city.link("12 Elm St"), Unlinked::ambiguous));
    Link link = city.link("12 Elm St", "", north(97));
    CHECK(link.property == far);
    CHECK(link.method == LinkMethod::position);
    CHECK(unlinked(city.link("12 Elm St", "", north(50)), Unlinked::ambiguous));
}

TEST_CASE("an address in another place is not linked") {
    City city(LinkOptions{{"Springfield"}, 30});
    auto id = city.add("12 Elm St");
    CHECK(city.link("12 Elm St, Springfield, IL 62701").property == id);
    CHECK(city.link("12 Elm St").property == id);
    CHECK(city.link("12 Elm St under bridge").property == id);
    CHECK(city.link("12 Elm Springfield").property == id);
    CHECK(unlinked(city.link("12 Elm St, Shelbyville, IL 62565"), Unlinked::elsewhere));
}

TEST_CASE("a position alone links to a property only when it is close and clearly the nearest") {
    City city;
    auto a = city.add("12 Elm St", "", north(0));
    city.add("14 Elm St", "", north(60));
    Link link = city.link("", "", north(4));
    CHECK(link.property == a);
    CHECK(link.method == LinkMethod::position);
    CHECK(link.confidence <= 65);
    CHECK(unlinked(city.link("", "", north(28)), Unlinked::nothing_near));
    CHECK(unlinked(city.link("", "", north(500)), Unlinked::nothing_near));
}

TEST_CASE("a number that does not exist is at best a guess by position, beside it on the same side") {
    City city;
    auto a = city.add("12 Elm St", "", north(0));
    city.add("13 Elm St", "", north(3));
    CHECK(unlinked(city.link("14 Elm St"), Unlinked::unknown_number));
    Link link = city.link("14 Elm St", "", north(4));
    CHECK(link.property == a);
    CHECK(link.method == LinkMethod::position);
    CHECK(link.confidence == 50);
    CHECK(unlinked(city.link("90 Elm St", "", north(4)), Unlinked::unknown_number));
    CHECK(unlinked(city.link("14 Elm St", "", north(400)), Unlinked::unknown_number));
}

TEST_CASE("a position far away makes a sure address doubtful and refuses a doubtful one") {
    City city;
    city.add("7 Callender St", "", north(0));
    CHECK(city.link("7 Callender St", "", north(20)).confidence >= 95);
    CHECK(city.link("7 Callender St", "", north(5000)).confidence < 80);
    CHECK(city.link("7 Callendar St", "", north(20)).confidence > city.link("7 Callendar St").confidence);
    CHECK(city.link("7 Callendar St", "", north(5000)).property == 0);
}

TEST_CASE("aliases link like the address itself") {
    City city;
    auto id = city.add("12 Elm St", "", {}, {"1 Foundry Sq", "90-92 Oak Ave"});
    CHECK(city.link("One Foundry Square").property == id);
    CHECK(city.link("92 Oak Ave").property == id);
}

TEST_CASE("numbers of another system are learnt from good address links, and dropped when contradicted") {
    City city;
    auto a = city.add("12 Elm St");
    city.add("14 Elm St");
    city.linker.learn_parcel("021.-05", city.link("12 Elm St"));
    Link link = city.link("1 Renamed Mall Dr", "021.-05");
    CHECK(link.property == a);
    CHECK(link.method == LinkMethod::parcel);
    CHECK(link.confidence < 90);
    LinkInput other_source;  // whose numbers are not of that system
    other_source.text = "1 Renamed Mall Dr";
    other_source.parcel_id = "021.-05";
    other_source.learnt_parcels = false;
    CHECK(unlinked(city.linker.link(other_source), Unlinked::unknown_street));
    CHECK(city.link("14 Elm St", "021.-05").property == 2);
    city.linker.learn_parcel("021.-05", city.link("14 Elm St"));
    CHECK(unlinked(city.link("1 Renamed Mall Dr", "021.-05"), Unlinked::unknown_street));
    city.linker.learn_parcel("33", city.link("12 Elm"));  // exact enough
    city.linker.learn_parcel("44", city.link("12 Elm Ave"));
    CHECK(city.link("", "44").property == 0);
}

TEST_CASE("parsed columns link like text") {
    City city;
    auto id = city.add("372-74 Elm Ave S & Sunny");
    records::Address address =
        records::from_parts({.number = "372", .street = "ELM", .type = "Avenue", .post_direction = "S"});
    LinkInput input;
    input.address = &address;
    CHECK(city.linker.link(input).property == id);
}

TEST_CASE("a million properties fit in 300 MB") {
    Linker linker;
    constexpr int sample = 50'000;
    for (int i = 0; i < sample; ++i) {
        records::Address address;
        address.set_number(static_cast<std::uint32_t>(i % 500 + 1));
        address.set_name("STREET" + std::to_string(i / 500));
        address.set_post_type("ST");
        linker.add_property(i + 1, std::to_string(i) + "-1", address, {},
                            PointE7{430'000'000 + i / 200 * 3000, -761'000'000 + i % 200 * 3000});
    }
    CHECK(linker.memory_bytes() / sample < 300);
}
