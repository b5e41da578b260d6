#include <sys/stat.h>

#include <atomic>
#include <catch2/catch.hpp>

#include "daemon/support/worker_thread.hpp"
#include "tests/unit/support/server_for_tests.hpp"

using namespace fieldpost;
using namespace fieldpost::support;
using namespace std::chrono_literals;

namespace {

const std::string host = "Host: localhost\r\n";
const std::string hello = "GET /hello HTTP/1.1\r\n" + host + "\r\n";
const std::string last_hello = "GET /hello HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n";

std::string post(std::string_view body, std::string_view more = {}) {
    return "POST /echo HTTP/1.1\r\n" + host + std::string(more) +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

}  // namespace

TEST_CASE("a request is answered with status, type, length and body") {
    const ServerForTests server;
    const std::string answer = talk(server.port, last_hello);
    CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(answer.find("Content-Type: text/plain\r\n") != std::string::npos);
    CHECK(answer.find("Content-Length: 5\r\n") != std::string::npos);
    CHECK(answer.find("X-Content-Type-Options: nosniff\r\n") != std::string::npos);
    CHECK(answer.ends_with("Connection: close\r\n\r\nhello"));
}

TEST_CASE("a connection serves request after request, also those that were sent at once") {
    const ServerForTests server;
    RawClient client(server.port);
    client.send(hello);
    CHECK(status_of(client.read_until("hello")) == 200);
    client.send(post("one") + post("two") + last_hello);
    const std::string answers = client.read_to_end();
    CHECK(answers.find("one") < answers.find("two"));
    CHECK(answers.find("two") < answers.find("hello"));
}

TEST_CASE("the Unix socket answers without a look at the host name") {
    const ServerForTests server;
    RawClient client(server.socket);
    client.send("GET /hello HTTP/1.1\r\nHost: anything\r\nConnection: close\r\n\r\n");
    CHECK(status_of(client.read_to_end()) == 200);
}

TEST_CASE("a HEAD is answered like a GET without the body") {
    const ServerForTests server;
    const std::string answer =
        talk(server.port, "HEAD /hello HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n");
    CHECK(status_of(answer) == 200);
    CHECK(answer.find("Content-Length: 5\r\n") != std::string::npos);
    CHECK(answer.ends_with("\r\n\r\n"));
}

TEST_CASE("an HTTP/1.0 client gets its answer and the end of the connection") {
    const ServerForTests server;
    CHECK(talk(server.port, "GET /hello HTTP/1.0\r\nHost: localhost\r\n\r\n").ends_with("\r\n\r\nhello"));
}

TEST_CASE("a chunked body arrives whole") {
    const ServerForTests server;
    const std::string answer = talk(server.port, "POST /echo HTTP/1.1\r\n" + host +
                                                     "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
                                                     "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n");
    CHECK(answer.ends_with("\r\n\r\nabcdefg"));
}

TEST_CASE("a client that asks first is told to go on with its body") {
    const ServerForTests server;
    RawClient client(server.port);
    client.send("POST /echo HTTP/1.1\r\n" + host + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    CHECK(status_of(client.read_until("\r\n\r\n")) == 100);
    client.send("ok");
    CHECK(status_of(client.read_until("\r\n\r\nok")) == 200);
}

TEST_CASE("what is not a request is refused, and the server goes on") {
    const ServerForTests server;
    const std::pair<std::string, int> cases[] = {
        {"nonsense\r\n\r\n", 400},
        {std::string("\0\1\2\3\r\n\r\n", 8), 400},
        {"\x16\x03\x01\x02\x01\x01\xfc\x03\x03 a TLS greeting \r\n\r\n", 400},
        {"GET /hello\r\n\r\n", 400},
        {"GET  /hello HTTP/1.1\r\n" + host + "\r\n", 400},
        {"GET /hello HTTP/1.1\nHost: localhost\n\n", 505},  // no version ends so
        {"GET /hello HTTP/3.0\r\n" + host + "\r\n", 505},
        {"GET /hello HTTP/1.1\r\n\r\n", 400},                         // no host
        {"GET /hello HTTP/1.1\r\n" + host + host + "\r\n", 400},      // two
        {"GET /hello HTTP/1.1\r\nHost : localhost\r\n\r\n", 400},     // a space before the colon
        {"GET /hello HTTP/1.1\r\n" + host + "A: b\0c\r\n\r\n", 400},  // ends at the NUL: no end of header
        {"GET /hello%zz HTTP/1.1\r\n" + host + "\r\n", 400},
        {"GET /%ff HTTP/1.1\r\n" + host + "\r\n", 400},
        {"GET /hello?q=%ff HTTP/1.1\r\n" + host + "\r\n", 400},
        {"GET /hello?q=%00 HTTP/1.1\r\n" + host + "\r\n", 400},
        {"GET hello HTTP/1.1\r\n" + host + "\r\n", 400},
        {"CONNECT localhost:80 HTTP/1.1\r\n" + host + "\r\n", 400},
        {"POST /echo HTTP/1.1\r\n" + host + "Content-Length: -1\r\n\r\n", 400},
        {"POST /echo HTTP/1.1\r\n" + host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400},
        {"POST /echo HTTP/1.1\r\n" + host +
             "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         400},
        {"POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n", 400},
        {"POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip\r\n\r\n", 501},
        {"POST /echo HTTP/1.1\r\n" + host + "Expect: wonders\r\nContent-Length: 1\r\n\r\na", 417},
    };
    for (const auto& [bytes, status] : cases) {
        INFO(bytes);
        RawClient client(server.port);
        client.send(bytes);
        client.end_sending();
        const std::string answer = client.read_to_end();
        // A header that stops in the middle has nobody to answer.
        if (bytes.ends_with("A: b")) {
            CHECK(answer.empty());
        } else {
            CHECK(status_of(answer) == status);
            CHECK(answer.find("application/problem+json") != std::string::npos);
        }
        CHECK(status_of(talk(server.port, last_hello)) == 200);
    }
}

TEST_CASE("what is too large is refused, what just fits is not") {
    HttpOptions options;
    options.limits.target = 100;
    options.limits.header = 1000;
    options.limits.body = 1000;
    const ServerForTests server(options);
    const std::string path(100, 'a');
    const std::string close = "Connection: close\r\n";

    CHECK(status_of(talk(server.port, "GET /" + path.substr(1) + " HTTP/1.1\r\n" + host + close + "\r\n")) ==
          404);
    CHECK(status_of(talk(server.port, "GET /" + path + " HTTP/1.1\r\n" + host + "\r\n")) == 414);
    CHECK(status_of(talk(server.port, "GET /" + std::string(5000, 'a') + " HTTP/1.1\r\n" + host + "\r\n")) ==
          414);
    CHECK(status_of(talk(server.port, "GET /hello HTTP/1.1\r\n" + host + "A: " + std::string(5000, 'a') +
                                          "\r\n\r\n")) == 431);

    CHECK(talk(server.port, post(std::string(1000, 'b'), close))
              .ends_with("\r\n\r\n" + std::string(1000, 'b')));
    CHECK(status_of(talk(server.port, post(std::string(1001, 'b')))) == 413);
    CHECK(status_of(talk(server.port, "POST /echo HTTP/1.1\r\n" + host +
                                          "Transfer-Encoding: chunked\r\n\r\n3e9\r\n" +
                                          std::string(1001, 'b') + "\r\n0\r\n\r\n")) == 413);
    // The client is still sending when it is refused, and gets the answer all the same.
    CHECK(status_of(talk(server.port, post(std::string(200'000, 'b')))) == 413);
}

TEST_CASE("a client that does not finish its request is told so, and one that says nothing is left") {
    HttpOptions options;
    options.limits.receive_header = 50ms;
    options.limits.receive_body = 50ms;
    options.limits.idle = 50ms;
    const ServerForTests server(options);
    CHECK(status_of(talk(server.port, "GET /hello HTTP/1.1\r\nHo")) == 408);
    CHECK(status_of(talk(server.port, "POST /echo HTTP/1.1\r\n" + host + "Content-Length: 9\r\n\r\nab")) ==
          408);
    CHECK(talk(server.port, "").empty());
    RawClient client(server.port);
    client.send(hello);
    CHECK(client.read_to_end().ends_with("hello"));
}

TEST_CASE("a client that does not read its answer is cut off") {
    HttpOptions options;
    options.limits.send = 50ms;
    ServerForTests server(options, [](Router& router, EventLoop&) {
        router.add("GET", "/large", [](const Request&, const Reply& reply) {
            reply.send(Response{200, "text/plain", std::string(64U << 20U, 'x'), {}});
        });
    });
    RawClient client(server.port);
    client.receive_little();
    client.send("GET /large HTTP/1.1\r\n" + host + "\r\n");
    CHECK(server.becomes([&] { return server.server->connections() == 1; }));
    CHECK(server.becomes([&] { return server.server->connections() == 0; }));
}

TEST_CASE("more connections than allowed are told to come back") {
    HttpOptions options;
    options.limits.connections = 1;
    ServerForTests server(options);
    RawClient first(server.port);
    first.send(hello);
    first.read_until("hello");
    {
        const std::string answer = talk(server.port, "");
        CHECK(status_of(answer) == 503);
        CHECK(answer.find("Retry-After: 1\r\n") != std::string::npos);
    }
    {
        RawClient local(server.socket);  // has a share of its own
        local.send(last_hello);
        CHECK(status_of(local.read_to_end()) == 200);
    }
    first.end_sending();
    CHECK(server.becomes([&] { return server.server->connections() == 0; }));
    CHECK(status_of(talk(server.port, last_hello)) == 200);
}

TEST_CASE("a handler may answer later and from another thread") {
    WorkerThread worker("answers", 10);
    const ServerForTests server({}, [&](Router& router, EventLoop&) {
        router.add("GET", "/later", [&](const Request& request, const Reply& reply) {
            const bool queued =
                worker.post([reply, text = std::string(request.query_value("text").value_or(""))] {
                    reply.send(Response{200, "text/plain", text, {}});
                });
            CHECK(queued);
        });
    });
    CHECK(talk(server.port, "GET /later?text=a%20b+c HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n")
              .ends_with("\r\n\r\na b c"));
}

TEST_CASE("a handler that drops its reply, throws, or answers too late harms only its own request") {
    HttpOptions options;
    options.limits.handle = 50ms;
    std::vector<Reply> kept;
    ServerForTests server(options, [&](Router& router, EventLoop&) {
        router.add("GET", "/drops", [](const Request&, const Reply&) {});
        router.add("GET", "/throws", [](const Request&, const Reply&) { throw std::runtime_error("oh"); });
        router.add("GET", "/sleeps", [&](const Request&, const Reply& reply) { kept.push_back(reply); });
        router.add("GET", "/breaks", [&](const Request&, const Reply& reply) {
            reply.send(Response{200, "text/plain", "ok", {{"Location", "a\r\nSet-Cookie: b"}}});
        });
    });
    const auto get = [&](const std::string& path) {
        return talk(server.port, "GET " + path + " HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n");
    };
    CHECK(status_of(get("/drops")) == 500);
    CHECK(status_of(get("/throws")) == 500);
    CHECK(status_of(get("/sleeps")) == 503);
    server.in_loop([&] {
        for (const Reply& reply : kept) reply.send(Response{200, "text/plain", "late", {}});
    });
    const std::string answer = get("/breaks");
    CHECK(status_of(answer) == 200);
    CHECK(answer.find("Set-Cookie") == std::string::npos);
    CHECK(status_of(get("/hello")) == 200);
}

TEST_CASE("an answer that comes after the server and the loop are gone does nothing") {
    std::vector<Reply> kept;
    {
        ServerForTests server({}, [&](Router& router, EventLoop&) {
            router.add("GET", "/sleeps", [&](const Request&, const Reply& reply) { kept.push_back(reply); });
        });
        RawClient client(server.port);
        client.send("GET /sleeps HTTP/1.1\r\n" + host + "\r\n");
        CHECK(server.becomes([&] { return !kept.empty(); }));
    }
    kept.front().send(Response{});
}

TEST_CASE("pages of other sites and foreign host names are refused on TCP") {
    HttpOptions options;
    options.host_names = {"Truck7.example"};
    const ServerForTests server(options);
    struct Case {
        std::string headers;
        int get;
        int post;
    };
    const Case cases[] = {
        {"Host: localhost\r\n", 200, 200},
        {"Host: LOCALHOST:8460\r\n", 200, 200},
        {"Host: 127.0.0.1:1\r\n", 200, 200},
        {"Host: [::1]:8460\r\n", 200, 200},
        {"Host: truck7.example\r\n", 200, 200},
        {"Host: evil.example\r\n", 421, 421},
        {"Host: localhost.evil.example\r\n", 421, 421},
        {"Host: [::1]evil\r\n", 421, 421},
        {"Host:\r\n", 421, 421},
        {"Host: localhost:8460\r\nOrigin: http://localhost:8460\r\n", 200, 200},
        {"Host: localhost:8460\r\nOrigin: http://localhost:9000\r\n", 200, 403},
        {"Host: localhost\r\nOrigin: https://evil.example\r\n", 200, 403},
        {"Host: localhost\r\nOrigin: null\r\n", 200, 403},
        {"Host: localhost\r\nSec-Fetch-Site: cross-site\r\n", 200, 403},
        {"Host: localhost\r\nSec-Fetch-Site: same-origin\r\n", 200, 200},
    };
    for (const Case& one : cases) {
        INFO(one.headers);
        const std::string rest = one.headers + "Connection: close\r\nContent-Length: 0\r\n\r\n";
        CHECK(status_of(talk(server.port, "GET /hello HTTP/1.1\r\n" + rest)) == one.get);
        CHECK(status_of(talk(server.port, "POST /echo HTTP/1.1\r\n" + rest)) == one.post);
    }
}

TEST_CASE("every answer is counted with its route, status and time") {
    HttpOptions options;
    std::vector<std::string> seen;
    options.on_answered = [&](const Answered& answered) {
        seen.push_back(std::string(answered.method) + " " + std::string(answered.route) + " " +
                       std::to_string(answered.status));
        CHECK(answered.took >= 0s);
    };
    ServerForTests server(options);
    talk(server.port, last_hello);
    talk(server.port, "PUT /hello HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n");
    talk(server.port, "GET /nowhere HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n");
    talk(server.port, "nonsense\r\n\r\n");
    server.in_loop([&] {
        CHECK(seen == std::vector<std::string>{"GET /hello 200", "PUT /hello 405", "GET  404", "  400"});
    });
}

TEST_CASE("a server that stops lets an answer on its way finish, and ends what is idle") {
    std::vector<Reply> kept;
    ServerForTests server({}, [&](Router& router, EventLoop&) {
        router.add("GET", "/sleeps", [&](const Request&, const Reply& reply) { kept.push_back(reply); });
    });
    RawClient idle(server.port);
    idle.send(hello);
    idle.read_until("hello");
    auto busy = std::make_unique<RawClient>(server.port);
    busy->send("GET /sleeps HTTP/1.1\r\n" + host + "\r\n");
    CHECK(server.becomes([&] { return !kept.empty(); }));
    std::promise<void> stopped;
    server.in_loop([&] { server.server->stop([&] { stopped.set_value(); }); });
    CHECK(idle.read_to_end().empty());
    CHECK_FALSE(std::filesystem::exists(server.socket));
    kept.front().send(Response{200, "text/plain", "done", {}});
    CHECK(busy->read_to_end().ends_with("Connection: close\r\n\r\ndone"));
    busy.reset();
    CHECK(stopped.get_future().wait_for(patience) == std::future_status::ready);
}

TEST_CASE("a server that stops does not wait for ever") {
    HttpOptions options;
    options.limits.stop = 50ms;
    std::vector<Reply> kept;
    ServerForTests server(options, [&](Router& router, EventLoop&) {
        router.add("GET", "/sleeps", [&](const Request&, const Reply& reply) { kept.push_back(reply); });
    });
    RawClient busy(server.port);
    busy.send("GET /sleeps HTTP/1.1\r\n" + host + "\r\n");
    CHECK(server.becomes([&] { return !kept.empty(); }));
    std::promise<void> stopped;
    server.in_loop([&] { server.server->stop([&] { stopped.set_value(); }); });
    CHECK(stopped.get_future().wait_for(patience) == std::future_status::ready);
    CHECK(busy.read_to_end().empty());
}

TEST_CASE("an address that cannot be listened on is refused in a sentence") {
    EventLoop loop;
    const Router router;
    HttpServer server(loop, router);
    const auto port = server.listen_tcp("127.0.0.1", 0);
    REQUIRE(port.has_value());
    const auto taken = server.listen_tcp("127.0.0.1", *port);
    REQUIRE_FALSE(taken.has_value());
    CHECK(taken.error().code == ErrorCode::conflict);
    CHECK(taken.error().message ==
          "port " + std::to_string(*port) + " on 127.0.0.1 is taken by another program");
    CHECK(server.listen_tcp("0.0.0.0", 0).error().code == ErrorCode::refused);
    CHECK(server.listen_tcp("localhost", 0).error().code == ErrorCode::invalid_argument);
}

TEST_CASE("a socket left by a crash is replaced, one in use and other files are not") {
    const TemporaryFolder folder;
    const auto path = folder.path / "a.sock";
    EventLoop loop;
    const Router router;
    {
        HttpServer server(loop, router);
        REQUIRE(server.listen_unix(path).has_value());
        struct stat status {};
        REQUIRE(::stat(path.c_str(), &status) == 0);
        CHECK((status.st_mode & 0777U) == 0660U);

        HttpServer second(loop, router);
        const auto taken = second.listen_unix(path);
        REQUIRE_FALSE(taken.has_value());
        CHECK(taken.error().code == ErrorCode::conflict);
        // What a kill -9 leaves: a name that nobody listens on.
        std::filesystem::create_hard_link(path, folder.path / "left.sock");
    }
    CHECK_FALSE(std::filesystem::exists(path));
    HttpServer server(loop, router);
    CHECK(server.listen_unix(folder.path / "left.sock").has_value());

    folder.write("notes.txt", "keep me");
    const auto refused = server.listen_unix(folder.path / "notes.txt");
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == ErrorCode::conflict);
    CHECK(std::filesystem::file_size(folder.path / "notes.txt") == 7);
    CHECK(server.listen_unix(folder.path / std::string(120, 'x')).error().code ==
          ErrorCode::invalid_argument);
    CHECK(server.listen_unix(folder.path / "no" / "such" / "folder").error().code == ErrorCode::io);
}
