#include "daemon/support/http_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <optional>

#include "tests/unit/support/server_for_tests.hpp"

using namespace fieldpost;
using namespace fieldpost::support;
using namespace std::chrono_literals;

namespace {

// Answers one connection with fixed bytes.
class Answering {
  public:
    explicit Answering(std::string bytes) {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
        REQUIRE(::listen(listener_, 1) == 0);
        REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
        port = ntohs(address.sin_port);
        thread_ = std::thread([this, bytes = std::move(bytes)] {
            const int peer = ::accept(listener_, nullptr, nullptr);
            char request[4096];
            if (::recv(peer, request, sizeof request, 0) > 0)
                ::send(peer, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            ::shutdown(peer, SHUT_WR);
            while (::recv(peer, request, sizeof request, 0) > 0) {
            }
            ::close(peer);
        });
    }
    ~Answering() {
        thread_.join();
        ::close(listener_);
    }
    Answering(const Answering&) = delete;
    Answering& operator=(const Answering&) = delete;

    std::uint16_t port = 0;

  private:
    int listener_ = -1;
    std::thread thread_;
};

ErrorCode error_of_answer(const std::string& bytes, std::size_t body_limit = 1000) {
    const Answering peer(bytes);
    HttpClient client = HttpClient::tcp("127.0.0.1", peer.port);
    client.set_body_limit(body_limit);
    const auto response = client.get("/");
    REQUIRE_FALSE(response.has_value());
    return response.error().code;
}

}  // namespace

TEST_CASE("the client asks over TCP and over a Unix socket, and keeps its connection") {
    ServerForTests server;
    for (const bool local : {false, true}) {
        HttpClient client =
            local ? HttpClient::unix_socket(server.socket) : HttpClient::tcp("127.0.0.1", server.port);
        const auto hello = client.get("/hello");
        REQUIRE(hello.has_value());
        CHECK(hello->status == 200);
        CHECK(hello->body == "hello");
        CHECK(hello->header("content-type") == "text/plain");
        CHECK(client.post_json("/echo", R"({"a":1})")->body == R"({"a":1})");
        CHECK(client.request("HEAD", "/hello")->body.empty());
        CHECK(client.get("/nowhere")->status == 404);
        server.in_loop([&] { CHECK(server.server->connections() == 1); });
        client = HttpClient::tcp("127.0.0.1", server.port);
        CHECK(server.becomes([&] { return server.server->connections() == 0; }));
    }
}

TEST_CASE("a connection that the server closed meanwhile is made anew") {
    HttpOptions options;
    options.limits.idle = 20ms;
    ServerForTests server(options);
    HttpClient client = HttpClient::tcp("127.0.0.1", server.port);
    REQUIRE(client.get("/hello").has_value());
    CHECK(server.becomes([&] { return server.server->connections() == 0; }));
    CHECK(client.post_json("/echo", "x")->body == "x");
}

TEST_CASE("nobody there, no answer in time and a wrong answer are told apart") {
    const TemporaryFolder folder;
    const auto absent = HttpClient::unix_socket(folder.path / "none.sock").get("/");
    REQUIRE_FALSE(absent.has_value());
    CHECK(absent.error().code == ErrorCode::unavailable);
    CHECK(absent.error().message == "nobody answers on " + (folder.path / "none.sock").string());
    CHECK(HttpClient::unix_socket(std::string(200, 'x')).get("/").error().code ==
          ErrorCode::invalid_argument);
    CHECK(HttpClient::tcp("localhost", 1).get("/").error().code == ErrorCode::invalid_argument);

    CHECK(error_of_answer("") == ErrorCode::unavailable);
    CHECK(error_of_answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf") == ErrorCode::unavailable);
    CHECK(error_of_answer("SSH-2.0-OpenSSH\r\n") == ErrorCode::corrupt);
    CHECK(error_of_answer("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + std::string(1001, 'x')) ==
          ErrorCode::full);

    std::optional<Reply> kept;
    ServerForTests server({}, [&](Router& router, EventLoop&) {
        router.add("GET", "/sleeps", [&](const Request&, const Reply& reply) { kept = reply; });
    });
    HttpClient client = HttpClient::tcp("127.0.0.1", server.port);
    client.set_timeout(50ms);
    const auto late = client.get("/sleeps");
    REQUIRE_FALSE(late.has_value());
    CHECK(late.error().message ==
          "127.0.0.1 port " + std::to_string(server.port) + " did not answer in time");
    CHECK(client.get("/hello")->body == "hello");
}

TEST_CASE("a header with a line end is refused before anything is sent") {
    HttpClient client = HttpClient::tcp("127.0.0.1", 1);
    CHECK(client.request("GET", "/", "", {{"A", "b\r\nC: d"}}).error().code == ErrorCode::invalid_argument);
    CHECK(client.request("GET", "/a b").error().code == ErrorCode::invalid_argument);
}
