#include "daemon/support/http_client.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <utility>

#include "sync/base/open_file.hpp"

namespace fieldpost::support {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using Socket = asio::generic::stream_protocol::socket;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t file_piece = 64U << 10U;

bool has_line_end(std::string_view text) {
    return text.find_first_of("\r\n") != std::string_view::npos;
}

}  // namespace

struct HttpClient::State {
    std::filesystem::path path;  // empty: TCP
    std::string address;
    std::uint16_t port = 0;
    std::chrono::milliseconds timeout{30'000};
    std::size_t body_limit = 64U << 20U;

    asio::io_context io{1};
    Socket socket{io};
    boost::beast::flat_buffer buffer;
    Clock::time_point deadline;

    std::string peer() const {
        return path.empty() ? fmt::format("{} port {}", address, port) : path.string();
    }

    // Starts an operation and runs it to its end, or to the deadline: then the socket is closed.
    template <class Start>
    error_code finish(Start&& start) {
        std::optional<error_code> result;
        start([&result](error_code error, auto&&...) { result = error; });
        io.restart();
        while (!result && io.run_one_until(deadline) > 0) {
        }
        if (result) return *result;
        error_code ignored;
        socket.close(ignored);
        io.restart();
        io.run();
        return asio::error::timed_out;
    }

    // Not as a Result: Asio's generic endpoint can be made of anything, so also of an Error.
    Status resolve(asio::generic::stream_protocol::endpoint& to) const {
        error_code error;
        if (!path.empty()) {
            if (path.string().size() > 107) {
                return fail(ErrorCode::invalid_argument,
                            fmt::format("a socket's path may have 107 bytes: {}", path.string()));
            }
            to = asio::local::stream_protocol::endpoint(path.string());
            return ok();
        }
        const auto ip = asio::ip::make_address(address, error);
        if (error)
            return fail(ErrorCode::invalid_argument, fmt::format("{} is not a numeric address", address));
        to = asio::ip::tcp::endpoint(ip, port);
        return ok();
    }

    Status connect() {
        asio::generic::stream_protocol::endpoint to;
        if (auto resolved = resolve(to); !resolved) return resolved.error();
        error_code error;
        socket.close(error);
        buffer.clear();
        error = finish([&](auto done) { socket.async_connect(to, done); });
        if (!error) return ok();
        socket.close(error);
        return fail(ErrorCode::unavailable, fmt::format("nobody answers on {}", peer()));
    }

    // A kept connection that the server has closed meanwhile has something to read: its end.
    bool is_fresh() {
        if (!socket.is_open()) return false;
        pollfd poll{socket.native_handle(), POLLIN, 0};
        return ::poll(&poll, 1, 0) == 0;
    }

    std::string request_head(std::string_view method, std::string_view target,
                             std::optional<std::uint64_t> length, const NameValues& headers) const {
        const std::string host =
            path.empty()
                ? fmt::format("{}:{}",
                              address.find(':') == std::string::npos ? address : fmt::format("[{}]", address),
                              port)
                : "localhost";
        std::string text = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n", method, target, host);
        for (const auto& [name, value] : headers) text += fmt::format("{}: {}\r\n", name, value);
        if (length) text += fmt::format("Content-Length: {}\r\n", *length);
        return text + "\r\n";
    }

    // `nothing` is set when the server closed before it answered a single byte.
    Result<ClientResponse> exchange(const std::string& text, bool is_head, bool& nothing) {
        // The server may have answered (413) before it had read everything, so its answer is read all the
        // same.
        if (write(text) == asio::error::timed_out) return late();
        return receive(is_head, nothing);
    }

    error_code write(std::string_view bytes) {
        return finish(
            [&](auto done) { asio::async_write(socket, asio::buffer(bytes.data(), bytes.size()), done); });
    }

    Result<ClientResponse> receive(bool is_head, bool& nothing) {
        http::response_parser<http::string_body> parser;
        parser.body_limit(body_limit);
        parser.skip(is_head);
        error_code error = finish([&](auto done) { http::async_read(socket, buffer, parser, done); });
        nothing = error && !parser.got_some();
        if (error) return failure(error);

        ClientResponse response;
        response.status = static_cast<int>(parser.get().result_int());
        for (const auto& field : parser.get()) {
            std::string name(field.name_string().data(), field.name_string().size());
            for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
            response.headers.emplace_back(std::move(name),
                                          std::string(field.value().data(), field.value().size()));
        }
        response.body = std::move(parser.get().body());
        if (!parser.get().keep_alive()) socket.close(error);
        return response;
    }

    Error late() const {
        return fail(ErrorCode::unavailable, fmt::format("{} did not answer in time", peer()));
    }

    Error failure(error_code error) {
        error_code ignored;
        socket.close(ignored);
        if (error == asio::error::timed_out) return late();
        if (error == http::error::body_limit) {
            return fail(ErrorCode::full, fmt::format("the answer has more than {} bytes", body_limit));
        }
        const bool is_http = error.category() == http::make_error_code(http::error::bad_method).category();
        if (is_http && error != http::error::end_of_stream && error != http::error::partial_message) {
            return fail(ErrorCode::corrupt,
                        fmt::format("{} did not answer in HTTP: {}", peer(), error.message()));
        }
        return fail(ErrorCode::unavailable,
                    fmt::format("{} closed the connection before its answer", peer()));
    }
};

std::string_view ClientResponse::header(std::string_view lower_case_name) const {
    for (const auto& [name, value] : headers) {
        if (name == lower_case_name) return value;
    }
    return {};
}

HttpClient::HttpClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;
HttpClient::~HttpClient() = default;

HttpClient HttpClient::unix_socket(std::filesystem::path path) {
    auto state = std::make_unique<State>();
    state->path = std::move(path);
    return HttpClient(std::move(state));
}

HttpClient HttpClient::tcp(std::string address, std::uint16_t port) {
    auto state = std::make_unique<State>();
    state->address = std::move(address);
    state->port = port;
    return HttpClient(std::move(state));
}

void HttpClient::set_timeout(std::chrono::milliseconds timeout) {
    state_->timeout = timeout;
}

void HttpClient::set_body_limit(std::size_t bytes) {
    state_->body_limit = bytes;
}

Result<ClientResponse> HttpClient::request(std::string_view method, std::string_view target,
                                           std::string_view body, const NameValues& headers) {
    bool is_bad = has_line_end(method) || target.find_first_of(" \r\n") != std::string_view::npos;
    for (const auto& [name, value] : headers) is_bad = is_bad || has_line_end(name) || has_line_end(value);
    if (is_bad) return fail(ErrorCode::invalid_argument, "a request line or header may not hold a line end");

    std::optional<std::uint64_t> length;
    if (!body.empty() || method == "POST" || method == "PUT") length = body.size();
    const std::string text = state_->request_head(method, target, length, headers).append(body);
    state_->deadline = Clock::now() + state_->timeout;
    const bool may_repeat = state_->is_fresh() && (method == "GET" || method == "HEAD");
    if (!state_->is_fresh()) {
        if (auto connected = state_->connect(); !connected) return connected.error();
    }
    bool nothing = false;
    auto response = state_->exchange(text, method == "HEAD", nothing);
    if (response || !nothing || !may_repeat || Clock::now() >= state_->deadline) return response;
    if (auto connected = state_->connect(); !connected) return connected.error();
    return state_->exchange(text, method == "HEAD", nothing);
}

Result<ClientResponse> HttpClient::post_file(std::string_view target, const std::filesystem::path& file) {
    auto opened = OpenFile::open_to_read(file);
    if (!opened) return opened.error();
    const auto size = opened->size();
    if (!size) return size.error();
    if (target.find_first_of(" \r\n") != std::string_view::npos) {
        return fail(ErrorCode::invalid_argument, "a request line may not hold a line end");
    }
    state_->deadline = Clock::now() + state_->timeout;
    if (auto connected = state_->connect(); !connected) return connected.error();
    const NameValues headers{{"Content-Type", "application/octet-stream"}};
    error_code error = state_->write(state_->request_head("POST", target, *size, headers));
    for (std::uint64_t at = 0; at < *size && !error;) {
        auto piece =
            opened->read_at(at, static_cast<std::size_t>(std::min<std::uint64_t>(file_piece, *size - at)));
        if (!piece) {
            state_->socket.close(error);
            return piece.error();
        }
        at += piece->size();
        state_->deadline = Clock::now() + state_->timeout;
        error = state_->write(*piece);
    }
    if (error == asio::error::timed_out) return state_->late();
    state_->deadline = Clock::now() + state_->timeout;
    bool nothing = false;
    return state_->receive(false, nothing);
}

Result<ClientResponse> HttpClient::post_json(std::string_view target, std::string_view body) {
    return request("POST", target, body, {{"Content-Type", "application/json"}});
}

}  // namespace fieldpost::support
