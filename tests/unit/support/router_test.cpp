#include "daemon/support/router.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/support/reply_for_tests.hpp"

using namespace fieldpost;
using namespace fieldpost::support;

namespace {

Router::Handler says(std::string text) {
    return [text](const Request& request, const Reply& reply) {
        std::string body = text;
        for (const auto& [name, value] : request.params) body += " " + name + "=" + value;
        reply.send(Response{200, "text/plain", body, {}});
    };
}

Response ask(const Router& router, const std::string& method, const std::string& path) {
    const auto sink = std::make_shared<ReplyForTests>();
    Request request;
    request.method = method;
    request.path = path;
    router.dispatch(request, Reply(sink));
    REQUIRE(sink->response);
    return *sink->response;
}

}  // namespace

TEST_CASE("a route's names take one whole segment each, decoded") {
    Router router;
    router.add("GET", "/api/v1/properties/{id}", says("property"));
    router.add("POST", "/api/v1/visits/{id}/observations", says("observe"));
    CHECK(ask(router, "GET", "/api/v1/properties/0abc").body == "property id=0abc");
    CHECK(ask(router, "GET", "/api/v1/properties/a%20b%2Fc").body == "property id=a b/c");
    CHECK(ask(router, "POST", "/api/v1/visits/7/observations").body == "observe id=7");
    CHECK(ask(router, "GET", "/api/v1/properties/").status == 404);
    CHECK(ask(router, "GET", "/api/v1/properties/a/b").status == 404);
    CHECK(ask(router, "GET", "/api/v1/properties").status == 404);
    CHECK(ask(router, "GET", "/API/v1/properties/a").status == 404);
}

TEST_CASE("what is written out wins over a name, whichever was added first") {
    Router router;
    router.add("GET", "/a/{id}", says("name"));
    router.add("GET", "/a/new", says("new"));
    router.add("GET", "/b/new", says("new"));
    router.add("GET", "/b/{id}", says("name"));
    for (const std::string folder : {"/a/", "/b/"}) {
        CHECK(ask(router, "GET", folder + "new").body == "new");
        CHECK(ask(router, "GET", folder + "old").body == "name id=old");
    }
}

TEST_CASE("another method is answered with those that are allowed") {
    Router router;
    router.add("GET", "/visits", says("list"));
    router.add("POST", "/visits", says("start"));
    const Response refused = ask(router, "DELETE", "/visits");
    CHECK(refused.status == 405);
    CHECK(refused.headers == NameValues{{"Allow", "GET, HEAD, POST, OPTIONS"}});
    const Response options = ask(router, "OPTIONS", "/visits");
    CHECK(options.status == 204);
    CHECK(options.headers == refused.headers);
    CHECK(ask(router, "HEAD", "/visits").body == "list");
    CHECK(ask(router, "OPTIONS", "*").status == 204);
}

TEST_CASE("what no route matches goes to the page, but only to be read") {
    Router router;
    router.add("GET", "/api", says("api"));
    CHECK(ask(router, "GET", "/index.html").status == 404);
    router.otherwise(says("page"));
    CHECK(ask(router, "GET", "/index.html").body == "page");
    CHECK(ask(router, "GET", "/").body == "page");
    CHECK(ask(router, "POST", "/index.html").status == 404);
    CHECK(ask(router, "GET", "/api").body == "api");
}

TEST_CASE("a path that does not decode to text is refused") {
    Router router;
    router.otherwise(says("page"));
    CHECK(ask(router, "GET", "/%zz").status == 400);
    CHECK(ask(router, "GET", "/%f").status == 400);
    CHECK(ask(router, "GET", "/%00").status == 400);
    CHECK(ask(router, "GET", "/%ff").status == 400);
    CHECK(ask(router, "GET", "/caf%C3%A9").body == "page");
}

TEST_CASE("a handler that throws or drops its reply is answered for") {
    Router router;
    router.add("GET", "/throws", [](const Request&, const Reply&) { throw std::runtime_error("oh"); });
    router.add("GET", "/drops", [](const Request&, const Reply&) {});
    router.add("GET", "/twice", [](const Request&, const Reply& reply) {
        reply.send(Response{200, "", "first", {}});
        reply.send(Response{200, "", "second", {}});
        CHECK_FALSE(reply.start_events().is_open());
    });
    CHECK(ask(router, "GET", "/throws").status == 500);
    CHECK(ask(router, "GET", "/drops").status == 500);
    CHECK(ask(router, "GET", "/twice").body == "first");
}

TEST_CASE("a route that is there twice or does not begin with a slash is a programming error") {
    Router router;
    router.add("GET", "/a", says("a"));
    CHECK_THROWS_AS(router.add("GET", "/a", says("b")), std::logic_error);
    CHECK_THROWS_AS(router.add("GET", "a", says("a")), std::logic_error);
}
