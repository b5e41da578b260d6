// Crossings, blocks, positions, "near me", telephones: what is asked for without a door.
#include <algorithm>

#include "sync/lookup/ground_text.hpp"
#include "sync/lookup/search.hpp"
#include "sync/records/address.hpp"
#include "tests/unit/snapshot/city.hpp"

using namespace fieldpost;
using namespace fieldpost::test;
using lookup::Answer;
using lookup::Match;
using lookup::Search;

namespace {

constexpr snapshot::Point corner{43.0500, -76.1500};

// Main St runs north, 5th Ave and Oak St run east; Oak St ends before Main St.
class Quarter {
  public:
    Quarter() {
        const auto add = [&](records::Kind kind, const std::string& key,
                             const google::protobuf::Message& message, const std::string& at = {}) {
            const auto more = layers(kind, key, message, at.empty() ? 0 : property_id(at));
            rows_.insert(rows_.end(), more.begin(), more.end());
        };
        const auto street = [&](const std::string& key, const std::string& name,
                                const std::vector<snapshot::Point>& line) {
            records::Asset asset;
            asset.set_asset_id(key);
            asset.set_asset_class("street");
            *asset.mutable_address() = records::parse_address(name);
            for (const auto& point : line) *asset.add_line() = snapshot::to_position(point);
            add(records::ASSET, key, asset);
        };
        street("m1", "Main St", {{43.0400, -76.1500}, corner});
        street("m2", "Main St", {corner, {43.0600, -76.1500}});
        street("f1", "5th Ave", {{43.0500, -76.1600}, corner});
        street("o1", "Oak St", {{43.0550, -76.1300}, {43.0550, -76.1400}});
        add(records::PROPERTY, "bank", property("1400 Main St", 43.0501, -76.1501));
        add(records::PROPERTY, "cafe", property("1402 Main St", 43.0510, -76.1501));
        add(records::PROPERTY, "range", property("1440-48 Main St", 43.0520, -76.1501));
        add(records::PROPERTY, "far", property("1500 Main St", 43.0590, -76.1501));
        add(records::PROPERTY, "oak", property("9 Oak St", 43.0550, -76.1350));
        for (const auto& [tag, lat, status] :
             {std::tuple("H-1", 43.0502, "out_of_service"), std::tuple("H-2", 43.0503, "in_service")}) {
            records::Asset hydrant;
            hydrant.set_asset_id(tag);
            hydrant.set_asset_class("hydrant");
            hydrant.set_status(status);
            hydrant.set_flow_test_on("2025-04-01");
            *hydrant.mutable_position() = snapshot::to_position({lat, -76.15});
            add(records::ASSET, tag, hydrant);
        }
        records::Party party;
        party.set_name("Keyholder, Ann");
        party.add_phones("(309) 555-0142 ext. 3");
        add(records::PARTY, "ann", party, "bank");
        build(folder_ / "city", rows_);
        reader_ = good(snapshot::Reader::open(folder_ / "city"));
        search_ = good(Search::open(*reader_));
    }
    Answer ask(const std::string& text, const lookup::SearchOptions& options = {}) {
        return good(search_->search(text, options));
    }

  private:
    Folder folder_;
    std::vector<Change> rows_;
    std::unique_ptr<snapshot::Reader> reader_;
    std::unique_ptr<Search> search_;
};

}  // namespace

TEST_CASE("A crossing is found however its streets are named, with what stands at it") {
    Quarter quarter;
    const std::string typed =
        GENERATE(as<std::string>{}, "main & 5th", "Main St and 5th Ave", "5th ave @ main st",
                 "corner of main and fifth", "the corner of Main St & 5th", "main/5th", "main at 5th",
                 "intersection of 5th and main", "mian & 5th", "main st & fith ave");
    INFO(typed);
    const Answer answer = quarter.ask(typed);
    REQUIRE(answer.hits.size() >= 2);
    CHECK(answer.hits[0].match == Match::crossing);
    CHECK(answer.hits[0].why.starts_with("where "));
    REQUIRE(answer.place);
    CHECK(snapshot::distance_m(*answer.place, corner) < 1);
    CHECK(answer.hits[1].record == property_id("bank"));
    CHECK(answer.hits[1].why.find("in a straight line") != std::string::npos);
}

TEST_CASE("Streets that do not meet have no crossing, and are offered one by one") {
    Quarter quarter;
    const Answer answer = quarter.ask("main & oak");
    CHECK(answer.hits.empty());
    REQUIRE(answer.suggestions.size() == 2);
    CHECK(answer.suggestions[0].text == "Main St");
    CHECK(answer.suggestions[1].text == "Oak St");
    for (const char* nonsense : {"qqqqq & wwwww", "main & zzzzzz", "&", "main &", "& main"}) {
        INFO(nonsense);
        const auto hits = quarter.ask(nonsense).hits;
        CHECK(std::ranges::none_of(hits, [](const auto& hit) { return hit.match == Match::crossing; }));
    }
}

TEST_CASE("A block lists its addresses and opens none by itself") {
    Quarter quarter;
    const std::string typed =
        GENERATE(as<std::string>{}, "1400 block of main st", "1400 block main", "1400 blk of Main",
                 "14xx main st", "main st 1400 block", "1400 block of mian st");
    INFO(typed);
    const auto hits = quarter.ask(typed).hits;
    REQUIRE(hits.size() >= 3);
    for (std::size_t at = 0; at < 3; ++at) {
        CHECK(hits[at].match == Match::block);
        CHECK(hits[at].why == "in the 1400 block of Main St");
        CHECK_FALSE(hits[at].sure);
    }
    CHECK(hits[0].title == "1400 Main St");
    CHECK(hits[1].title == "1402 Main St");
    CHECK(std::ranges::count(hits, property_id("far"), &lookup::Hit::record) == 0);
}

TEST_CASE("A position finds what stands nearest to it") {
    Quarter quarter;
    const Answer answer = quarter.ask("43.0509, -76.1501");
    REQUIRE(answer.hits.size() >= 2);
    CHECK(answer.hits[0].record == property_id("cafe"));
    CHECK(answer.hits[0].match == Match::near);
    CHECK(answer.hits[0].why == "36 ft from 43.05090, -76.15010 in a straight line");
    CHECK_FALSE(answer.hits[0].sure);
    REQUIRE(answer.place);
}

TEST_CASE("Near me lists what is near the vehicle, working hydrants before others") {
    Quarter quarter;
    lookup::SearchOptions options;
    options.position = snapshot::Point{43.0509, -76.1501};
    CHECK(quarter.ask("near me", options).hits.front().record == property_id("cafe"));
    const std::string typed = GENERATE(as<std::string>{}, "hydrants near me", "nearest hydrant",
                                       "closest hydrants", "hydrant nearby", "nearest hydrnt");
    INFO(typed);
    const auto hits = quarter.ask(typed, options).hits;
    REQUIRE(hits.size() == 2);
    CHECK(hits[0].title == "Hydrant H-2");
    CHECK(hits[0].why == "220 ft away in a straight line; flow tested 2025-04-01");
    CHECK(hits[1].why.find("OUT OF SERVICE") != std::string::npos);
}

TEST_CASE("A telephone number is found in every way to write it, with and without area code") {
    Quarter quarter;
    const std::string typed =
        GENERATE(as<std::string>{}, "309-555-0142", "(309) 555-0142", "3095550142", "+1 309 555 0142",
                 "1-309-555-0142", "555-0142", "5550142", "phone 309.555.0142");
    INFO(typed);
    const auto hits = quarter.ask(typed).hits;
    REQUIRE_FALSE(hits.empty());
    CHECK(hits.front().match == Match::phone);
    CHECK(hits.front().record == id_of(records::PARTY, "ann"));
    CHECK(hits.front().property == property_id("bank"));
    CHECK(quarter.ask("309-555-0143").hits.empty());
}

TEST_CASE("The course of a street is no address on it") {
    Quarter quarter;
    const auto hits = quarter.ask("main st").hits;
    CHECK(hits.size() == 4);
    for (const auto& hit : hits) CHECK(hit.kind == records::PROPERTY);
}

TEST_CASE("Doors are not taken for crossings, blocks or surroundings") {
    CHECK(lookup::read_crossing("12 main and oak").empty());
    CHECK(lookup::read_crossing("12 1/2 main st").empty());
    CHECK_FALSE(lookup::read_block("12 main st"));
    CHECK_FALSE(lookup::read_block("block island rd"));
    CHECK_FALSE(lookup::read_near("12 nearwater ln"));
    CHECK_FALSE(lookup::read_near("near st"));
}
