#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <chrono>

#include "tools/bench/bench.hpp"
#include "tools/bench/lookup_files.hpp"

namespace fieldpost::bench {

namespace {

std::string url_encoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (plain)
            out += c;
        else
            out += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
    return out;
}

// One keep-alive connection to a program on this machine. Blocking; its own time is some 20 µs a request.
class Connection {
  public:
    Connection() = default;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection() {
        if (socket_ >= 0) close(socket_);
    }

    Status open(int port) {
        socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(static_cast<std::uint16_t>(port));
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const int on = 1;
        if (socket_ < 0 || connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) != 0 ||
            setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0) {
            return fail(ErrorCode::unavailable, fmt::format("nobody answers on port {}", port));
        }
        return {};
    }

    // The whole answer was received; it was a 200.
    Status get(const std::string& path) {
        const std::string request = fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
        if (send(socket_, request.data(), request.size(), MSG_NOSIGNAL) !=
            static_cast<ssize_t>(request.size())) {
            return fail(ErrorCode::unavailable, "the connection is closed");
        }
        received_.clear();
        std::size_t head = std::string::npos;
        while (head == std::string::npos) {
            if (!receive()) return fail(ErrorCode::unavailable, "the connection was closed in the middle");
            head = received_.find("\r\n\r\n");
        }
        const std::size_t length = content_length(head);
        while (received_.size() < head + 4 + length) {
            if (!receive()) return fail(ErrorCode::unavailable, "the connection was closed in the middle");
        }
        if (!received_.starts_with("HTTP/1.1 200"))
            return fail(ErrorCode::unavailable, received_.substr(0, 200));
        return {};
    }

  private:
    bool receive() {
        char buffer[16'384];
        const ssize_t got = recv(socket_, buffer, sizeof(buffer), 0);
        if (got > 0) received_.append(buffer, static_cast<std::size_t>(got));
        return got > 0;
    }

    std::size_t content_length(std::size_t head) const {
        constexpr std::string_view name = "Content-Length: ";
        const std::size_t at = received_.find(name);
        std::size_t length = 0;
        if (at < head) {
            std::from_chars(received_.data() + at + name.size(), received_.data() + head, length);
        }
        return length;
    }

    int socket_ = -1;
    std::string received_;
};

}  // namespace

Result<boost::json::object> lookup_http(int port, const std::filesystem::path& folder, std::size_t each) {
    const auto queries = read_queries(folder, each);
    if (!queries) return queries.error();
    Connection connection;
    if (auto opened = connection.open(port); !opened) return opened.error();
    std::vector<std::string> paths;
    for (const AskedQuery& asked : *queries)
        paths.push_back("/api/v1/search?q=" + url_encoded(asked.query.text));
    std::mt19937_64 random(1);
    std::ranges::shuffle(paths, random);
    std::vector<double> us;
    for (int round = 0; round < 2; ++round) {  // the first warms up
        us.clear();
        for (const std::string& path : paths) {
            const auto began = std::chrono::steady_clock::now();
            if (auto got = connection.get(path); !got) return got.error();
            us.push_back(
                std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - began).count());
        }
    }
    return boost::json::object{
        {"asked", us.size()}, {"p50_us", quantile(us, 0.5)}, {"p99_us", quantile(us, 0.99)}};
}

}  // namespace fieldpost::bench
