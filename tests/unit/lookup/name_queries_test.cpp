#include "tools/bench/name_queries.hpp"

#include <catch2/catch.hpp>
#include <set>

using namespace fieldpost::bench;

namespace {

const std::vector<PartyRow> people = {
    {1, 10, "Nguyen Linh T"}, {2, 11, "NGUYEN, LINH T."}, {3, 12, "Nguyen Lina"}, {4, 13, "Okafor Grace"}};

}  // namespace

TEST_CASE("Names are typed in either order, with and without initials") {
    NameQueries queries(people, 1);
    std::set<std::string> typed;
    for (int run = 0; run < 500; ++run) typed.insert(queries.name(0).text);
    for (const char* text :
         {"nguyen linh t", "linh t nguyen", "nguyen linh", "linh nguyen", "grace okafor"}) {
        INFO(text);
        CHECK(typed.contains(text));
    }
}

TEST_CASE("Parties of one name are all right answers, and a name as near is a rival") {
    NameQueries queries(people, 1);
    int apart = 0;
    for (int run = 0; run < 2000; ++run) {
        const Query query = queries.name(1);
        INFO(query.text << " for " << query.address);
        if (query.address == "nguyen linh t") {
            CHECK(query.wanted == std::vector<fieldpost::records::RecordId>{1, 2});
        }
        if (query.address == "okafor grace") CHECK_FALSE(query.rival);
        if (query.text == "nguyen lin") CHECK(query.rival);
        apart += query.text == "nguyen lin" ? 1 : 0;
    }
    CHECK(apart > 0);
}
