#include "daemon/support/upload.hpp"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <random>

#include "daemon/support/http_client.hpp"
#include "tests/unit/support/reply_for_tests.hpp"
#include "tests/unit/support/server_for_tests.hpp"

using namespace fieldpost;
using namespace fieldpost::support;

namespace {

constexpr std::uint64_t limit = 8'000'000;
const std::string host = "Host: localhost\r\n";

std::string random_text(std::size_t bytes) {
    std::mt19937_64 random(7);
    std::string out(bytes, '\0');
    std::ranges::generate(out, [&] { return static_cast<char>(random()); });
    return out;
}

// What the sinks of one test saw. Loop thread, but for the counters.
struct Seen {
    std::string body;
    std::size_t longest = 0;
    std::atomic<int> begun{0};
    std::atomic<int> finished{0};
    std::atomic<int> gone{0};
    bool refuses = false;
    std::function<void()> held;  // takes the next piece on, once there is one
    bool holds = false;
};

class Sink final : public BodySink {
  public:
    explicit Sink(Seen& seen) : seen_(seen) { ++seen_.begun; }
    ~Sink() override { ++seen_.gone; }
    void take(std::string piece, std::function<void(Status)> taken) override {
        if (seen_.refuses) return taken(fail(ErrorCode::full, "the disk is full"));
        seen_.longest = std::max(seen_.longest, piece.size());
        seen_.body += piece;
        if (!seen_.holds) return taken(ok());
        seen_.held = [taken] { taken(ok()); };
    }
    void finish(Reply reply) override {
        ++seen_.finished;
        reply.send({200, "text/plain", std::to_string(seen_.body.size()), {}});
    }

  private:
    Seen& seen_;
};

Upload upload_to(Seen& seen) {
    return {limit, [&seen](const Request& request) -> Result<std::unique_ptr<BodySink>> {
                if (request.query_value("no")) return fail(ErrorCode::invalid_argument, "not so");
                return std::unique_ptr<BodySink>(std::make_unique<Sink>(seen));
            }};
}

std::string head(std::string_view more, std::string_view target = "/upload") {
    return "POST " + std::string(target) + " HTTP/1.1\r\n" + host + std::string(more) + "\r\n";
}

struct Bench {
    Bench()
        : server({}, [this](Router& router, EventLoop&) {
              router.add_upload("POST", "/upload", upload_to(seen));
          }) {}

    Seen seen;  // outlives the server's connections
    ServerForTests server;
};

}  // namespace

TEST_CASE("an upload is taken piece by piece, beyond what other bodies may have") {
    Bench bench;
    const std::string body = random_text(5'000'000);
    const std::string answer =
        talk(bench.server.port, head("Connection: close\r\nContent-Length: 5000000\r\n") + body);
    CHECK(status_of(answer) == 200);
    CHECK(answer.ends_with("5000000"));
    CHECK((bench.seen.body == body));
    CHECK(bench.seen.longest <= 64U << 10U);
    CHECK(bench.seen.finished == 1);
}

TEST_CASE("a chunked upload arrives whole, and the connection serves on") {
    Bench bench;
    RawClient client(bench.server.port);
    client.send(head("Transfer-Encoding: chunked\r\n") + "3\r\nabc\r\n5\r\ndefgh\r\n0\r\n\r\n");
    CHECK(status_of(client.read_until("\r\n\r\n8")) == 200);
    CHECK(bench.seen.body == "abcdefgh");
    client.send("GET /hello HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n");
    CHECK(client.read_to_end().ends_with("hello"));
}

TEST_CASE("an empty upload is finished without a piece") {
    Bench bench;
    CHECK(talk(bench.server.port, head("Connection: close\r\nContent-Length: 0\r\n")).ends_with("0"));
    CHECK(bench.seen.finished == 1);
}

TEST_CASE("an upload that is too long is refused, before it is read when it says so") {
    Bench bench;
    CHECK(status_of(talk(bench.server.port, head("Content-Length: 8000001\r\n"))) == 413);
    CHECK(bench.seen.begun == 0);
    std::string chunks;
    for (int i = 0; i < 8; ++i) chunks += "F4240\r\n" + std::string(1'000'000, 'x') + "\r\n";
    chunks += "1\r\nx\r\n0\r\n\r\n";
    CHECK(status_of(talk(bench.server.port, head("Transfer-Encoding: chunked\r\n") + chunks)) == 413);
    CHECK(bench.seen.finished == 0);
    CHECK(bench.server.becomes([&] { return bench.seen.gone == 1; }));
}

TEST_CASE("other routes keep their limit") {
    Bench bench;
    CHECK(status_of(talk(bench.server.port,
                         "POST /echo HTTP/1.1\r\n" + host + "Content-Length: 2000000\r\n\r\n")) == 413);
}

TEST_CASE("a refusal at the beginning or in the middle is answered with its problem") {
    Bench bench;
    CHECK(status_of(talk(bench.server.port, head("Content-Length: 3\r\n", "/upload?no=1") + "abc")) == 400);
    CHECK(bench.seen.begun == 0);
    bench.server.in_loop([&] { bench.seen.refuses = true; });
    CHECK(status_of(talk(bench.server.port, head("Content-Length: 3\r\n") + "abc")) == 507);
    CHECK(bench.seen.finished == 0);
    CHECK(bench.server.becomes([&] { return bench.seen.gone == 1; }));
}

TEST_CASE("a client that goes away in the middle leaves nothing") {
    Bench bench;
    {
        RawClient client(bench.server.port);
        client.send(head("Content-Length: 1000000\r\n") + random_text(200'000));
        CHECK(bench.server.becomes([&] { return !bench.seen.body.empty(); }));
    }
    CHECK(bench.server.becomes([&] { return bench.seen.gone == 1; }));
    CHECK(bench.seen.finished == 0);
}

TEST_CASE("no more is read from the client than is taken") {
    Bench bench;
    bench.server.in_loop([&] { bench.seen.holds = true; });
    RawClient client(bench.server.port);
    client.send(head("Content-Length: 200000\r\nConnection: close\r\n") + random_text(200'000));
    std::size_t pieces = 0;
    bool ahead = false;
    while (bench.seen.finished == 0) {
        REQUIRE(bench.server.becomes([&] { return bench.seen.held != nullptr || bench.seen.finished == 1; }));
        bench.server.in_loop([&] {
            if (!bench.seen.held) return;
            ++pieces;
            ahead = ahead || bench.seen.body.size() > pieces * (64U << 10U);
            std::exchange(bench.seen.held, nullptr)();
        });
    }
    CHECK_FALSE(ahead);
    CHECK(pieces >= 4);
    CHECK(client.read_to_end().ends_with("200000"));
}

TEST_CASE("a route with an upload can be dispatched without a server") {
    Seen seen;
    Router router;
    router.add_upload("POST", "/upload", upload_to(seen));
    Request request;
    request.method = "POST";
    request.path = "/upload";
    request.body = "abc";
    const auto answer = std::make_shared<ReplyForTests>();
    router.dispatch(request, Reply(answer));
    CHECK(answer->response.value().body == "3");
    CHECK(seen.gone == 1);
}

TEST_CASE("the client sends a file of any size in pieces") {
    Bench bench;
    const std::string body = random_text(3'000'000);
    bench.server.folder.write("photo", body);
    auto client = HttpClient::unix_socket(bench.server.socket);
    const auto answer = client.post_file("/upload", bench.server.folder.path / "photo");
    REQUIRE(answer);
    CHECK(answer->body == "3000000");
    CHECK((bench.seen.body == body));
    CHECK(client.post_file("/upload", bench.server.folder.path / "none").error().code ==
          ErrorCode::not_found);
    bench.server.in_loop([&] { bench.seen.refuses = true; });
    const auto refused = client.post_file("/upload", bench.server.folder.path / "photo");
    if (refused) CHECK(refused->status == 507);  // else the answer was lost with the connection
}

TEST_CASE("an answer can be a file, with its length and in pieces; a file that is gone is not found") {
    TemporaryFolder folder;
    const std::string content = random_text(1'000'000);
    folder.write("photo", content);
    folder.write("empty", "");
    const ServerForTests server({}, [&](Router& router, EventLoop&) {
        router.add("GET", "/files/{name}", [&](const Request& request, const Reply& reply) {
            reply.send({200, "image/jpeg", {}, {}, folder.path / request.param("name")});
        });
    });
    auto client = HttpClient::tcp("127.0.0.1", server.port);
    const auto answer = client.get("/files/photo").value();
    CHECK(answer.status == 200);
    CHECK(answer.header("content-type") == "image/jpeg");
    CHECK((answer.body == content));
    CHECK(client.get("/files/empty").value().body.empty());
    CHECK(client.get("/files/none").value().status == 404);
    const auto head_only = client.request("HEAD", "/files/photo").value();
    CHECK(head_only.header("content-length") == "1000000");
    CHECK(head_only.body.empty());
    CHECK((client.get("/files/photo").value().body == content));
}
