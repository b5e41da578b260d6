#include "daemon/hub/sources/mapping.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/hub_ingest/small_city.hpp"

using namespace fieldpost;
using hub::testing::SmallCity;

namespace {

// The sentence with which the small city is refused after one change of a mapping file.
std::string refusal(const std::string& file, const std::string& from, const std::string& to) {
    const SmallCity city;
    city.edit_mapping(file, from, to);
    const auto loaded = hub::load_city(city.city_dir());
    return loaded ? "accepted" : loaded.error().message;
}

bool mentions(const std::string& sentence, const std::string& part) {
    UNSCOPED_INFO(sentence);
    return sentence.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a city's files give its areas, profiles, sources and datasets") {
    const SmallCity city;
    const auto loaded = hub::load_city(city.city_dir());
    REQUIRE(loaded);
    CHECK(loaded->city.name == "Smallville");
    CHECK(loaded->city.areas.at("city") == "All");
    REQUIRE(loaded->city.profiles.size() == 1);
    CHECK(loaded->city.profiles[0].clearance.contains({records::INTERNAL, "general"}));
    REQUIRE(loaded->sources.size() == 2);
    CHECK(loaded->sources[1].source.refresh_s == 86400);
    const auto& permits = loaded->sources[1].datasets.at(0);
    CHECK(permits.kind == records::PERMIT);
    CHECK(permits.mode == hub::Mode::full);
    CHECK(permits.key == std::vector<std::string>{"number"});
    CHECK(permits.link.parcel);
    CHECK(permits.fields.size() == 6);
}

TEST_CASE("a misspelt key is named with its file and line") {
    const auto sentence = refusal("lpi.toml", "mode = \"full\"", "mode = \"full\"\nmods = 1");
    CHECK(mentions(sentence, "lpi.toml:13: unknown key 'mods' in [[dataset]]"));
    CHECK(mentions(refusal("city.toml", "time_zone", "timezone"), "city.toml:5: unknown key 'timezone'"));
    CHECK(mentions(refusal("assessing.toml", "lon = \"lon\"", "lng = \"lon\""), "assessing.toml:16"));
}

TEST_CASE("a profile's name, which becomes a folder, cannot be a path") {
    for (const char* name : {"../x", "a/b", "", "..", "Inspector"}) {
        const auto sentence =
            refusal("city.toml", "[profiles.inspector]", "[profiles.\"" + std::string(name) + "\"]");
        CHECK(mentions(sentence, "city.toml:9: [profiles] names '" + std::string(name) + "'"));
    }
}

TEST_CASE("what does not fit a record kind is refused") {
    CHECK(
        mentions(refusal("lpi.toml", "type = \"type\"", "tipe = \"type\""), "a permit has no field 'tipe'"));
    CHECK(mentions(refusal("lpi.toml", "kind = \"permit\"", "kind = \"permits\""), "is no kind of record"));
    CHECK(mentions(refusal("lpi.toml", "{ field = \"address\" }", "{ field = \"type\" }"),
                   "has no Address field 'type'"));
    CHECK(mentions(refusal("assessing.toml", "{ lat = \"lat\", lon = \"lon\" }", "\"lat\""),
                   "[dataset.fields.position]"));
    CHECK(
        mentions(refusal("lpi.toml", "mode = \"full\"", "mode = \"some\""), "must be one of: full, changes"));
    CHECK(mentions(refusal("lpi.toml", "refresh = \"1d\"", "refresh = \"often\""), "must be a number with"));
    CHECK(mentions(refusal("lpi.toml", "file = \"permits.csv\"", "file = \"../permits.csv\""),
                   "must lie in the data folder"));
    CHECK(mentions(refusal("lpi.toml", "id = \"lpi\"", "id = \"assessing\""), "is there already"));
    CHECK(
        mentions(refusal("lpi.toml", "key = \"number\"", "key = \"number\"\nareas = [\"moon\"]"), "'moon'"));
    CHECK(mentions(refusal("lpi.toml", "key = \"number\"", "key = ["), "lpi.toml:"));
    CHECK(mentions(refusal("lpi.toml", "type = \"type\"", "type = { column = \"type\", constant = \"x\" }"),
                   "exactly one of"));
    CHECK(mentions(
        refusal("lpi.toml", "type = \"type\"", "type = { column = \"type\", replace = [[\"(\", \"\"]] }"),
        "no regular expression"));
}

TEST_CASE("a mapping that would overflow the stack is refused with its file and line") {
    const auto replacement = [](const std::string& expression) {
        return refusal("lpi.toml", "type = \"type\"",
                       "type = { column = \"type\", replace = [[\"" + expression + "\", \"\"]] }");
    };
    const auto many = [](const std::string& part, int times) {
        std::string out;
        for (int i = 0; i < times; ++i) out += part;
        return out;
    };
    CHECK(replacement(many("(", 12) + "a" + many(")", 12)) == "accepted");
    CHECK(replacement(many("\\\\(", 50)) == "accepted");
    CHECK(mentions(replacement(many("(", 13) + "a" + many(")", 13)), "more than 12 groups and repetitions"));
    CHECK(mentions(replacement("a" + many("*", 13)), "more than 12 groups and repetitions"));
    CHECK(mentions(replacement(many("(", 100'000)), "lpi.toml:"));
    CHECK(mentions(replacement(many("a", 501)), "a regular expression of more than 500 bytes"));
    CHECK(replacement(many("(a{999}){999}", 3)) == "accepted");  // counted, and not written out
    CHECK(mentions(replacement("a{5,2}"), "lpi.toml:"));
    CHECK(mentions(refusal("lpi.toml", "key = \"number\"", "key = " + many("[", 100'000)),
                   "lpi.toml:13:23: nested too deeply"));
    CHECK(mentions(refusal("city.toml", "time_zone", many("a.", 100'000) + "b = 1\ntime_zone"),
                   "city.toml:5:32: too many dots"));
    CHECK(mentions(refusal("lpi.toml", "key = \"number\"", "schlüssel = \"number\""),
                   "lpi.toml:13:5: a character that is not ASCII"));
}

TEST_CASE("a label may be raised freely, and lowered or given to other hands only with a reason") {
    const auto label = [](const std::string& text) {
        return refusal("lpi.toml", "[dataset.link]", "[dataset.labels]\n" + text + "\n[dataset.link]");
    };
    CHECK(label("applicant = \"confidential/general\"") == "accepted");
    CHECK(mentions(label("applicant = \"public/general\""), "needs a reason"));
    CHECK(mentions(label("applicant = \"internal/fire\""), "needs a reason"));
    CHECK(label("applicant = { label = \"public/general\", reason = \"Published by ordinance 7\" }") ==
          "accepted");
    CHECK(mentions(label("applicant = \"secret/general\""), "must look like"));
    CHECK(mentions(label("aplicant = \"public/general\""), "has no field"));
}

TEST_CASE("the mapping files of the project are right") {
    for (const char* city : {"sample", "cambridge-ma", "syracuse-ny"}) {
        const auto loaded = hub::load_city(std::filesystem::path(FIELDPOST_SOURCE_DIR) /
                                           "daemon/hub/sources/mappings" / city);
        if (!loaded) FAIL(city << ": " << loaded.error().message);
        CHECK(loaded->sources.size() >= 4);
        CHECK_FALSE(loaded->city.profiles.empty());
    }
}
