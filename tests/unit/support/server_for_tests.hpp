// A running server with routes of a test's own, and a client that sends what it likes.
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <string>
#include <thread>

#include "daemon/support/http_server.hpp"
#include "tests/unit/support/temporary_folder.hpp"

namespace fieldpost::support {

// No test waits longer than this for what must happen.
constexpr std::chrono::seconds patience{20};

class ServerForTests {
  public:
    // `add_routes` is called before the loop runs.
    explicit ServerForTests(HttpOptions options = {},
                            const std::function<void(Router&, EventLoop&)>& add_routes = {});
    ~ServerForTests();
    ServerForTests(const ServerForTests&) = delete;
    ServerForTests& operator=(const ServerForTests&) = delete;

    // Runs in the loop thread and waits for it.
    void in_loop(const std::function<void()>& function);
    // Waits until the loop thread finds it true; false after `patience`.
    bool becomes(const std::function<bool()>& condition);

    TemporaryFolder folder;
    EventLoop loop;
    Router router;
    std::unique_ptr<HttpServer> server;
    std::uint16_t port = 0;
    std::filesystem::path socket;

  private:
    std::thread thread_;
};

// A TCP or Unix connection whose bytes the test writes by hand.
class RawClient {
  public:
    explicit RawClient(std::uint16_t port);
    explicit RawClient(const std::filesystem::path& socket);
    ~RawClient();
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    // False when the server has closed.
    bool send(std::string_view bytes);
    // What came until `marker` (included), or until the end. Throws when neither comes within `patience`.
    std::string read_until(std::string_view marker);
    std::string read_to_end() { return read_until({}); }
    void end_sending();
    // The kernel keeps little for us, so that a server notices soon that we do not read.
    void receive_little();

  private:
    int descriptor_ = -1;
    std::string unread_;
};

// "HTTP/1.1 404 Not Found..." -> 404; 0 when it is not an answer.
int status_of(std::string_view answer);

// Sends the bytes on a connection of their own and gives what comes until the server closes.
std::string talk(std::uint16_t port, std::string_view bytes);

}  // namespace fieldpost::support
