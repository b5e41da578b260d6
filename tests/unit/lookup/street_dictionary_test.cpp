#include "sync/lookup/street_dictionary.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace fieldpost::lookup;

namespace {

StreetDictionary dictionary(const std::vector<std::string>& names, std::size_t late = 0) {
    StreetDictionary out;
    for (std::size_t at = 0; at < names.size(); ++at) {
        if (at == names.size() - late) out.sort();
        CHECK(out.add(static_cast<std::int64_t>(at + 1), {names[at], "ST", ""}));
    }
    if (late == 0) out.sort();
    return out;
}

std::vector<std::string> names(const StreetDictionary& dictionary, const std::vector<NameMatch>& matches) {
    std::vector<std::string> out;
    for (const NameMatch& match : matches) out.push_back(dictionary.name(match.name));
    std::ranges::sort(out);
    return out;
}

const std::vector<std::string> some{"MAIN",     "MAINE", "MARTIN LUTHER KING", "MARTIN", "KINGSTON",
                                    "MCDONALD", "MAPLE"};

}  // namespace

TEST_CASE("Names are found whole, by their beginning, by their words, and with errors; spaces do not count") {
    const auto late = GENERATE(std::size_t{0}, std::size_t{3}, std::size_t{6});
    const StreetDictionary streets = dictionary(some, late);
    std::vector<NameMatch> found;
    streets.find_whole("MC DONALD", found);
    CHECK(names(streets, found) == std::vector<std::string>{"MCDONALD"});
    found.clear();
    streets.find_beginning("MAIN", 10, found);
    CHECK(names(streets, found) == std::vector<std::string>{"MAINE"});
    found.clear();
    streets.find_beginning("MA", 10, found);
    CHECK(found.size() == 5);
    found.clear();
    streets.find_beginning("MA", 2, found);
    CHECK(found.size() == 2);
    found.clear();
    const std::vector<std::string_view> words{"KING", "MART"};
    StreetDictionary::WordsLike exact;
    StreetDictionary::WordsLike like;
    streets.find_words(words, true, false, 10, exact, found);
    CHECK(names(streets, found) == std::vector<std::string>{"MARTIN LUTHER KING"});
    found.clear();
    const std::vector<std::string_view> wrong{"MARTEN", "KING"};
    streets.find_words(wrong, true, false, 10, like, found);
    CHECK(found.empty());
    streets.find_words(wrong, true, true, 10, like, found);
    CHECK(names(streets, found) == std::vector<std::string>{"MARTIN LUTHER KING"});
    CHECK(found.front().errors == 1);
    found.clear();
    streets.find_near("MIAN", false, 1, 10, found);
    CHECK(names(streets, found) == std::vector<std::string>{"MAIN"});
    found.clear();
    streets.find_near("MAPEL", true, 1, 10, found);
    CHECK(names(streets, found) == std::vector<std::string>{"MAPLE"});
}

TEST_CASE("A name keeps all its streets") {
    StreetDictionary streets;
    streets.add(1, {"MAIN", "ST", "N"});
    streets.sort();
    streets.add(2, {"MAIN", "ST", "S"});
    streets.add(3, {"MAIN", "AVE", ""});
    std::vector<NameMatch> found;
    streets.find_whole("MAIN", found);
    REQUIRE(found.size() == 1);
    CHECK(streets.streets(found.front().name).size() == 3);
    CHECK(streets.size() == 3);
}
