#include "tests/unit/support/server_for_tests.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstring>
#include <stdexcept>

namespace fieldpost::support {
namespace {

int connected(int family, const sockaddr* address, socklen_t size) {
    const int descriptor = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0 || ::connect(descriptor, address, size) != 0)
        throw std::runtime_error("cannot connect");
    return descriptor;
}

}  // namespace

ServerForTests::ServerForTests(HttpOptions options,
                               const std::function<void(Router&, EventLoop&)>& add_routes) {
    if (add_routes) add_routes(router, loop);
    router.add("GET", "/hello", [](const Request&, const Reply& reply) {
        reply.send(Response{200, "text/plain", "hello", {}});
    });
    router.add("POST", "/echo", [](const Request& request, const Reply& reply) {
        reply.send(Response{200, "application/octet-stream", request.body, {}});
    });
    server = std::make_unique<HttpServer>(loop, router, std::move(options));
    port = server->listen_tcp("127.0.0.1", 0).value();
    socket = folder.path / "server.sock";
    server->listen_unix(socket).value();
    thread_ = std::thread([this] { loop.run(); });
}

ServerForTests::~ServerForTests() {
    loop.post([this] {
        server.reset();
        // Behind what the closed connections still have to hear: a read that is told of no end keeps its
        // connection.
        loop.post([this] { loop.stop(); });
    });
    thread_.join();
}

void ServerForTests::in_loop(const std::function<void()>& function) {
    std::promise<void> done;
    loop.post([&] {
        function();
        done.set_value();
    });
    done.get_future().get();
}

bool ServerForTests::becomes(const std::function<bool()>& condition) {
    std::promise<bool> result;
    const auto until = std::chrono::steady_clock::now() + patience;
    Timer timer;
    in_loop([&] {
        timer = loop.every(std::chrono::milliseconds(2), [&] {
            const bool is_true = condition();
            if (!is_true && std::chrono::steady_clock::now() < until) return;
            timer.cancel();
            result.set_value(is_true);
        });
    });
    return result.get_future().get();
}

RawClient::RawClient(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    descriptor_ = connected(AF_INET, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

RawClient::RawClient(const std::filesystem::path& socket) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, socket.c_str(), sizeof address.sun_path - 1);
    descriptor_ = connected(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

RawClient::~RawClient() {
    ::close(descriptor_);
}

bool RawClient::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

std::string RawClient::read_until(std::string_view marker) {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (true) {
        if (const auto at = unread_.find(marker); !marker.empty() && at != std::string::npos) {
            std::string found = unread_.substr(0, at + marker.size());
            unread_.erase(0, at + marker.size());
            return found;
        }
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        pollfd poll{descriptor_, POLLIN, 0};
        if (left.count() <= 0 || ::poll(&poll, 1, static_cast<int>(left.count())) == 0) {
            throw std::runtime_error("nothing more came after: " + unread_);
        }
        std::array<char, 65536> bytes{};
        const ssize_t read = ::recv(descriptor_, bytes.data(), bytes.size(), 0);
        if (read <= 0) return std::exchange(unread_, {});
        unread_.append(bytes.data(), static_cast<std::size_t>(read));
    }
}

void RawClient::end_sending() {
    ::shutdown(descriptor_, SHUT_WR);
}

void RawClient::receive_little() {
    const int bytes = 4096;
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

int status_of(std::string_view answer) {
    int status = 0;
    if (answer.starts_with("HTTP/1.1 "))
        std::from_chars(answer.data() + 9, answer.data() + answer.size(), status);
    return status;
}

std::string talk(std::uint16_t port, std::string_view bytes) {
    RawClient client(port);
    client.send(bytes);
    return client.read_to_end();
}

}  // namespace fieldpost::support
