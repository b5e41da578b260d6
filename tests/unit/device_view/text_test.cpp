#include "daemon/device/view/text.hpp"

#include <catch2/catch.hpp>

using namespace fieldpost::device;

TEST_CASE("Words are found whole, in any case, one or several of them") {
    CHECK(mentions("Install FIRE SPRINKLERS, 3rd floor", {"sprinkler"}));
    CHECK(mentions("roof: PV", {"pv"}));
    CHECK_FALSE(mentions("Tankerton Rd", {"tank"}));
    CHECK_FALSE(mentions("unoccupied", {"occupied"}));
    CHECK_FALSE(mentions("", {"tank"}));
}

TEST_CASE("Codes become words, and words stay as they are") {
    CHECK(plain_words("TYPE_IIIB") == "Type IIIB");
    CHECK(plain_words("ASPHALT_SHINGLES") == "Asphalt shingles");
    CHECK(plain_words("Key holder") == "Key holder");
    CHECK(plain_words("PV") == "PV");
    CHECK(plain_words("").empty());
}

TEST_CASE("Joined texts leave out what is empty") {
    CHECK(joined({"a", "", "b"}) == "a · b");
    CHECK(joined({"", ""}).empty());
}
