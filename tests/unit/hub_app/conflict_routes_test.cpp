#include "daemon/hub/app/conflict_routes.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "tests/unit/hub_journal/edit_bench.hpp"
#include "tests/unit/support/reply_for_tests.hpp"

using namespace fieldpost;
using namespace fieldpost::hub;
using namespace fieldpost::hub::testing;

namespace {

struct Api : EditBench {
    Api() : inbox(*store) {
        take(edit("e-1", {{status, "closed"}}, 1));
        take(edit("e-2", {{status, "void"}}, 1), "truck-2");
        add_conflict_routes(router, inbox);
    }
    support::Response ask(const std::string& method, const std::string& path, const std::string& body = {},
                          support::NameValues query = {}) {
        const auto sink = std::make_shared<support::ReplyForTests>();
        support::Request request;
        request.method = method;
        request.path = path;
        request.query = std::move(query);
        request.body = body;
        request.headers = {{"content-type", "application/json"}};
        router.dispatch(request, support::Reply(sink));
        REQUIRE(sink->response);
        return *sink->response;
    }
    ConflictInbox inbox;
    support::Router router;
};

}  // namespace

TEST_CASE("conflicts are listed, shown and decided over the API") {
    Api api;
    const auto listed = boost::json::parse(api.ask("GET", "/api/v1/conflicts").body);
    REQUIRE(listed.at("conflicts").as_array().size() == 1);
    const auto id = listed.at("conflicts").at(0).at("id").to_number<std::int64_t>();
    const auto path = "/api/v1/conflicts/" + std::to_string(id);
    CHECK(boost::json::parse(api.ask("GET", path).body).at("theirs").at("value").as_string() == "void");

    const auto decided = api.ask("POST", path, R"({"choice": "value", "value": "expired", "by": "Dana"})");
    CHECK(decided.status == 200);
    CHECK(boost::json::parse(decided.body).at("decision").at("value").as_string() == "expired");
    CHECK(api.shown().status() == "expired");
    CHECK(boost::json::parse(api.ask("GET", "/api/v1/conflicts").body).at("conflicts").as_array().empty());
    const auto all = api.ask("GET", "/api/v1/conflicts", {}, {{"state", "all"}});
    CHECK(boost::json::parse(all.body).at("conflicts").as_array().size() == 1);
    CHECK(api.ask("POST", path, R"({"choice": "ours", "by": "Dana"})").status == 409);
}

TEST_CASE("a wrong request gets a problem, and decides nothing") {
    Api api;
    const auto path = "/api/v1/conflicts/" + std::to_string(api.conflicts().at(0).id);
    for (const char* body :
         {"", "[]", R"({"choice": "ours"})", R"({"choice": "mine", "by": "Dana"})",
          R"({"choice": "value", "by": "Dana"})", R"({"choice": "ours", "value": 1, "by": "Dana"})",
          R"({"choice": "ours", "by": 7})", R"({"choice": "ours", "by": "Dana", "why": "x"})"}) {
        INFO(body);
        CHECK(api.ask("POST", path, body).status == 400);
    }
    CHECK(api.ask("GET", "/api/v1/conflicts/4711").status == 404);
    CHECK(api.ask("GET", "/api/v1/conflicts/x").status == 404);
    CHECK(api.ask("POST", "/api/v1/conflicts/4711", R"({"choice": "ours", "by": "Dana"})").status == 404);
    CHECK(api.ask("GET", "/api/v1/conflicts", {}, {{"state", "lost"}}).status == 400);
    CHECK(api.conflicts().size() == 1);
}
