#include <catch2/catch.hpp>
#include <list>

#include "tests/unit/support/server_for_tests.hpp"

using namespace fieldpost;
using namespace fieldpost::support;
using namespace std::chrono_literals;

namespace {

const std::string follow = "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n";

// A server whose /events keeps every stream.
struct Follow {
    explicit Follow(HttpOptions options = {})
        : server(std::move(options), [this](Router& router, EventLoop&) {
              router.add("GET", "/events", [this](const Request&, const Reply& reply) {
                  auto stream = reply.start_events();
                  if (!stream.is_open()) return;
                  stream.on_closed([this] { ++closed; });
                  streams.push_back(std::move(stream));
              });
          }) {}

    void send(const std::string& event, const std::string& data) {
        server.in_loop([&] {
            for (const auto& stream : streams) stream.send(event, data);
        });
    }

    std::list<EventStream> streams;  // loop thread
    int closed = 0;                  // loop thread
    ServerForTests server;
};

}  // namespace

TEST_CASE("events reach a client one by one, with every line of their data") {
    Follow follow_server;
    RawClient client(follow_server.server.port);
    client.send(follow);
    const std::string header = client.read_until("\r\n\r\n");
    CHECK(status_of(header) == 200);
    CHECK(header.find("Content-Type: text/event-stream\r\n") != std::string::npos);
    CHECK(header.find("Cache-Control: no-store\r\n") != std::string::npos);
    follow_server.send("status", "{\"a\":1}");
    CHECK(client.read_until("\n\n") == "event: status\ndata: {\"a\":1}\n\n");
    follow_server.send("two\nlines", "one\ntwo\r\nthree\rfour");
    CHECK(client.read_until("\n\n") == "event: twolines\ndata: one\ndata: two\ndata: three\ndata: four\n\n");
    follow_server.send("empty", "");
    CHECK(client.read_until("\n\n") == "event: empty\ndata: \n\n");
}

TEST_CASE("a quiet stream is kept alive with comments") {
    HttpOptions options;
    options.limits.heartbeat = 10ms;
    options.limits.idle = 10ms;
    options.limits.handle = 10ms;
    Follow follow_server(options);
    RawClient client(follow_server.server.port);
    client.send(follow);
    client.read_until("\r\n\r\n");
    for (int i = 0; i < 3; ++i) CHECK(client.read_until("\n\n") == ":\n\n");
}

TEST_CASE("the server hears when a client of events has gone") {
    Follow follow_server;
    {
        RawClient client(follow_server.server.port);
        client.send(follow);
        client.read_until("\r\n\r\n");
    }
    CHECK(follow_server.server.becomes([&] { return follow_server.closed == 1; }));
    follow_server.server.in_loop([&] {
        CHECK_FALSE(follow_server.streams.front().is_open());
        CHECK_FALSE(follow_server.streams.front().send("status", "{}"));
    });
}

TEST_CASE("a client that does not read its events is dropped, others are not") {
    HttpOptions options;
    options.limits.event_queue = 100'000;
    Follow follow_server(options);
    RawClient reads(follow_server.server.port);
    RawClient does_not_read(follow_server.server.port);
    does_not_read.receive_little();
    does_not_read.send(follow);
    CHECK(follow_server.server.becomes([&] { return follow_server.streams.size() == 1; }));
    reads.send(follow);
    reads.read_until("\r\n\r\n");
    const std::string data(10'000, 'x');
    for (int i = 0; i < 10'000; ++i) {
        follow_server.send("large", data);
        reads.read_until("\n\n");
        bool dropped = false;
        follow_server.server.in_loop([&] { dropped = follow_server.closed == 1; });
        if (dropped) break;
    }
    follow_server.server.in_loop([&] {
        CHECK_FALSE(follow_server.streams.front().is_open());
        CHECK(follow_server.streams.back().is_open());
    });
}

TEST_CASE("more streams than allowed are told to come back") {
    HttpOptions options;
    options.limits.event_streams = 1;
    Follow follow_server(options);
    RawClient first(follow_server.server.port);
    first.send(follow);
    first.read_until("\r\n\r\n");
    RawClient second(follow_server.server.port);
    second.send(follow);
    const std::string answer = second.read_until("\r\n\r\n");
    CHECK(status_of(answer) == 503);
    CHECK(answer.find("Retry-After: 15\r\n") != std::string::npos);
}

TEST_CASE("a stream ends for the client when its last copy is gone") {
    Follow follow_server;
    RawClient client(follow_server.server.port);
    client.send(follow);
    client.read_until("\r\n\r\n");
    follow_server.server.in_loop([&] { follow_server.streams.clear(); });
    CHECK(client.read_to_end().empty());
    follow_server.server.in_loop([&] { CHECK(follow_server.closed == 0); });
}

TEST_CASE("a server that stops ends its streams and says so") {
    Follow follow_server;
    RawClient client(follow_server.server.port);
    client.send(follow);
    client.read_until("\r\n\r\n");
    std::promise<void> stopped;
    follow_server.server.in_loop([&] { follow_server.server.server->stop([&] { stopped.set_value(); }); });
    CHECK(stopped.get_future().wait_for(patience) == std::future_status::ready);
    CHECK(client.read_to_end().empty());
    CHECK(follow_server.server.becomes([&] { return follow_server.closed == 1; }));
}
