// An HTTP/1.1 server on the event loop, for a TCP port of this computer and a Unix socket. Until devices have
// users and TLS, what protects it is that only this computer reaches it: it listens on loopback alone, and
// refuses what another site's page makes a browser send (Host and Origin are checked on TCP).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/support/event_loop.hpp"
#include "daemon/support/router.hpp"

namespace fieldpost::support {

// Every wait and every buffer has an end.
struct HttpLimits {
    std::size_t target = 8U << 10U;         // bytes of path and query; beyond: 414
    std::size_t header = 16U << 10U;        // bytes of request line and headers; beyond: 431
    std::size_t body = 1U << 20U;           // bytes; beyond: 413
    std::size_t connections = 256;          // by TCP, and as many by socket; beyond: 503 with Retry-After
    std::size_t event_streams = 64;         // beyond: 503 with Retry-After
    std::size_t event_queue = 256U << 10U;  // bytes that may wait for one client of events

    std::chrono::milliseconds idle{60'000};            // between requests: closed without a word
    std::chrono::milliseconds receive_header{10'000};  // from the first byte; beyond: 408
    std::chrono::milliseconds receive_body{30'000};    // whole body; beyond: 408
    std::chrono::milliseconds handle{60'000};          // until a handler answers; beyond: 503
    std::chrono::milliseconds send{30'000};            // whole answer, or one write of events; beyond: closed
    std::chrono::milliseconds heartbeat{15'000};       // an SSE comment when nothing else was sent
    std::chrono::milliseconds stop{2'000};             // for answers on their way when the server stops
};

// One answered request, for metrics.
struct Answered {
    std::string_view method;
    std::string_view route;  // the pattern, or empty
    int status = 0;
    std::chrono::steady_clock::duration took{};  // from the last byte of the request to the answer
};

struct HttpOptions {
    HttpLimits limits;
    // Names besides localhost, 127.0.0.1 and [::1] under which a browser may reach the TCP port.
    std::vector<std::string> host_names;
    // listen_tcp refuses an address that other computers can reach.
    bool loopback_only = true;
    // Called in the loop thread for every answer, also for those that no handler gave.
    std::function<void(const Answered&)> on_answered;
};

// Loop thread only (or before it runs). Loop and router must outlive the server; the server may be destroyed
// before the loop runs again, at any time outside of its own handlers.
class HttpServer {
  public:
    HttpServer(EventLoop& loop, const Router& router, HttpOptions options = {});
    // Closes everything at once.
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    // `address` is numeric. Port 0 takes a free one; the port that was taken is returned. conflict when the
    // port is in use, refused when the address is not loopback (see HttpOptions), invalid_argument when it is
    // none.
    Result<std::uint16_t> listen_tcp(const std::string& address, std::uint16_t port);

    // Mode 0660. A socket that nobody listens on, left by a crash, is replaced; conflict when somebody
    // listens or the path is something else. The socket is removed when the server ends. At most 107 bytes of
    // path.
    Status listen_unix(const std::filesystem::path& path);

    // Takes no more connections, closes idle ones and event streams, lets answers on their way finish (at
    // most HttpLimits::stop), then calls `done` in the loop thread.
    void stop(std::function<void()> done);

    // Connections open now.
    std::size_t connections() const;

  private:
    class State;
    std::shared_ptr<State> state_;
};

}  // namespace fieldpost::support
