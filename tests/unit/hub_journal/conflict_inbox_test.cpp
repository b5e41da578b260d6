#include "daemon/hub/journal/conflict_inbox.hpp"

#include <boost/json/array.hpp>

#include "tests/unit/hub_journal/edit_bench.hpp"

using namespace fieldpost;
using namespace fieldpost::hub;
using namespace fieldpost::hub::testing;

namespace {

struct Disputed : EditBench {
    Disputed() : inbox(*store) {
        take(edit("e-1", {{status, "closed"}}, 1));
        take(edit("e-2", {{status, "void"}}, 1), "truck-2");
        id = conflicts().at(0).id;
    }
    Result<boost::json::object> decide(const std::string& choice, boost::json::value value = nullptr) {
        return inbox.decide(id, {choice, std::move(value), "Dana", 1'772'400'000'000'000});
    }
    ConflictInbox inbox;
    std::int64_t id = 0;
};

}  // namespace

TEST_CASE("The inbox shows both values and who gave them", "[conflicts]") {
    Disputed bench;
    const auto listed = bench.inbox.list(ConflictState::open, 10).value();
    REQUIRE(listed.size() == 1);
    const auto& item = listed[0].as_object();
    CHECK(item.at("field").as_string() == "status");
    CHECK(item.at("record").as_string() == records::id_text(bench.permit));
    CHECK(item.at("ours").at("value").as_string() == "closed");
    CHECK(item.at("ours").at("by").at("name").as_string() == "truck-1");
    CHECK(item.at("theirs").at("value").as_string() == "void");
    CHECK(item.at("theirs").at("saw").at("version").to_number<int>() == 1);
    CHECK(item.at("theirs").at("saw").at("value").as_string() == "open");
    CHECK(item.at("decision").is_null());
    CHECK(bench.inbox.find(bench.id).value().at("state").as_string() == "open");
    CHECK(bench.inbox.find(4711).error().code == ErrorCode::not_found);
}

TEST_CASE("A person's choice is a new version of the record, whatever it is", "[conflicts]") {
    Disputed bench;
    std::string expected;
    boost::json::value given;
    const std::string choice = GENERATE(as<std::string>(), "ours", "theirs", "value");
    if (choice == "ours") expected = "closed";
    if (choice == "theirs") expected = "void";
    if (choice == "value") given = boost::json::string(expected = "reopened");
    const auto decided = bench.decide(choice, given);
    INFO((decided ? std::string() : decided.error().message));
    REQUIRE(decided.has_value());
    CHECK(bench.shown().status() == expected);
    CHECK(bench.stored().head(bench.permit).value()->version == 3);
    CHECK(decided->at("state").as_string() == "decided");
    CHECK(decided->at("decision").at("by").as_string() == "Dana");
    CHECK(decided->at("decision").at("version").to_number<int>() == 3);
    CHECK(bench.conflicts().empty());
    CHECK(bench.decide("ours").error().code == ErrorCode::conflict);  // once is enough
}

TEST_CASE("A crew whose value was chosen goes on from it without a conflict", "[conflicts]") {
    Disputed bench;
    REQUIRE(bench.decide("theirs").has_value());
    CHECK(bench.take(bench.edit("e-3", {{EditBench::status, "expired"}}, 1, "e-2"), "truck-2").outcome ==
          protocol::ACCEPTED);
    CHECK(bench.take(bench.edit("e-4", {{EditBench::status, "gone"}}, 1, "e-1")).outcome ==
          protocol::CONFLICT);
}

TEST_CASE("A choice stands over the source as an edit does", "[conflicts]") {
    EditBench bench;
    bench.take(bench.edit("e-1", {{EditBench::status, "closed"}}, 1));
    bench.import("void", "a porch");
    ConflictInbox inbox(*bench.store);
    const auto id = bench.conflicts().at(0).id;
    SECTION("ours") {
        REQUIRE(inbox.decide(id, {"ours", nullptr, "Dana", 1}).has_value());
        bench.import("void", "a deck");
        CHECK(bench.shown().status() == "closed");
        CHECK(bench.conflicts().empty());
    }
    SECTION("the source's") {
        REQUIRE(inbox.decide(id, {"theirs", nullptr, "Dana", 1}).has_value());
        CHECK(bench.shown().status() == "void");
        CHECK(bench.count("field_edit") == 0);
        bench.import("expired", "a porch");
        CHECK(bench.shown().status() == "expired");
    }
}

TEST_CASE("A choice that is none changes nothing", "[conflicts]") {
    Disputed bench;
    CHECK(bench.decide("mine").error().code == ErrorCode::invalid_argument);
    CHECK(bench.decide("value", 7).error().code == ErrorCode::invalid_argument);
    CHECK(bench.inbox.decide(bench.id, {"ours", nullptr, "", 1}).error().code == ErrorCode::invalid_argument);
    CHECK(bench.inbox.decide(4711, {"ours", nullptr, "Dana", 1}).error().code == ErrorCode::not_found);
    CHECK(bench.conflicts().size() == 1);
    CHECK(bench.stored().head(bench.permit).value()->version == 2);
}

TEST_CASE("When the record is gone only what changes nothing can be chosen", "[conflicts]") {
    Disputed bench;
    REQUIRE(bench.stored().remove(bench.permit).has_value());
    CHECK(bench.decide("theirs").error().code == ErrorCode::conflict);
    CHECK(bench.decide("ours").has_value());
    CHECK(bench.conflicts().empty());
}
