#include "daemon/support/http_server.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>
#include <vector>

#include "daemon/support/http_connection.hpp"
#include "daemon/support/unix_listener.hpp"

namespace fieldpost::support {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Tcp = asio::ip::tcp;
using Local = asio::local::stream_protocol;

// Out of descriptors: others must close theirs first.
constexpr std::chrono::milliseconds accept_pause{100};

class Listener {
  public:
    virtual ~Listener() = default;
    virtual void close() = 0;
};

template <class Protocol>
class ProtocolListener final : public Listener,
                               public std::enable_shared_from_this<ProtocolListener<Protocol>> {
  public:
    ProtocolListener(std::shared_ptr<ConnectionGroup> group, typename Protocol::acceptor acceptor)
        : group_(std::move(group)), acceptor_(std::move(acceptor)), pause_(group_->core->io()) {}

    void accept() {
        acceptor_.async_accept(
            [self = this->shared_from_this()](const error_code& error, typename Protocol::socket socket) {
                self->on_accepted(error, std::move(socket));
            });
    }

    void close() override {
        error_code ignored;
        acceptor_.close(ignored);
        pause_.cancel();
    }

  private:
    void on_accepted(const error_code& error, typename Protocol::socket socket) {
        if (!acceptor_.is_open()) return;
        if (error) {
            spdlog::warn(fmt::format("a connection could not be taken: {}", error.message()));
            pause_.expires_after(accept_pause);
            pause_.async_wait([self = this->shared_from_this()](const error_code& cancelled) {
                if (!cancelled && self->acceptor_.is_open()) self->accept();
            });
            return;
        }
        constexpr bool is_tcp = std::is_same_v<Protocol, Tcp>;
        if constexpr (is_tcp) {
            error_code ignored;
            socket.set_option(Tcp::no_delay(true), ignored);
        }
        take_connection(group_, asio::generic::stream_protocol::socket(std::move(socket)), !is_tcp);
        accept();
    }

    std::shared_ptr<ConnectionGroup> group_;
    typename Protocol::acceptor acceptor_;
    asio::steady_timer pause_;
};

}  // namespace

class HttpServer::State {
  public:
    State(EventLoop& loop, const Router& router, HttpOptions options)
        : loop_(loop), group_(std::make_shared<ConnectionGroup>()) {
        group_->core = loop.core();
        group_->router = &router;
        group_->options = std::move(options);
    }

    ~State() {
        close_listeners();
        group_->stopping = true;
        group_->on_empty = nullptr;
        group_->options.on_answered = nullptr;
        close_connections();
    }

    State(const State&) = delete;
    State& operator=(const State&) = delete;

    Result<std::uint16_t> listen_tcp(const std::string& address, std::uint16_t port) {
        error_code error;
        const auto ip = asio::ip::make_address(address, error);
        if (error) {
            return fail(ErrorCode::invalid_argument, fmt::format("{} is not a numeric address", address));
        }
        if (group_->options.loopback_only && !ip.is_loopback()) {
            return fail(ErrorCode::refused,
                        fmt::format("{} can be reached by other computers; this server listens on "
                                    "127.0.0.1 or ::1 only",
                                    address));
        }
        const Tcp::endpoint endpoint(ip, port);
        Tcp::acceptor acceptor(loop_.core()->io());
        acceptor.open(endpoint.protocol(), error);
        if (!error) acceptor.set_option(Tcp::acceptor::reuse_address(true), error);
        if (!error) acceptor.bind(endpoint, error);
        if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
        if (error == asio::error::address_in_use) {
            return fail(ErrorCode::conflict,
                        fmt::format("port {} on {} is taken by another program", port, address));
        }
        if (error) {
            return fail(ErrorCode::io,
                        fmt::format("cannot listen on {} port {}: {}", address, port, error.message()));
        }
        const std::uint16_t bound = acceptor.local_endpoint(error).port();
        start<Tcp>(std::move(acceptor));
        return bound;
    }

    Status listen_unix(const std::filesystem::path& path) {
        auto listener = UnixListener::bind(path);
        if (!listener) return listener.error();
        error_code error;
        Local::acceptor acceptor(loop_.core()->io());
        acceptor.assign(Local(), listener->release(), error);
        if (error)
            return fail(ErrorCode::io,
                        fmt::format("cannot listen on {}: {}", path.string(), error.message()));
        paths_.push_back(std::move(*listener));
        start<Local>(std::move(acceptor));
        return ok();
    }

    void stop(std::function<void()> done) {
        close_listeners();
        group_->stopping = true;
        if (group_->open.empty()) {
            loop_.post(std::move(done));
            return;
        }
        group_->on_empty = std::move(done);
        // What has not finished by then is cut off.
        grace_ = loop_.after(group_->options.limits.stop, [this] { close_connections(); });
        const auto open = group_->open;
        for (const auto& connection : open) connection->stop();
    }

    std::size_t connections() const { return group_->open.size(); }

  private:
    template <class Protocol>
    void start(typename Protocol::acceptor acceptor) {
        auto listener = std::make_shared<ProtocolListener<Protocol>>(group_, std::move(acceptor));
        listener->accept();
        listeners_.push_back(std::move(listener));
    }

    void close_listeners() {
        for (const auto& listener : listeners_) listener->close();
        listeners_.clear();
        paths_.clear();
    }

    void close_connections() {
        const auto open = group_->open;
        for (const auto& connection : open) connection->close_now();
    }

    EventLoop& loop_;
    std::shared_ptr<ConnectionGroup> group_;
    std::vector<std::shared_ptr<Listener>> listeners_;
    std::vector<UnixListener> paths_;
    Timer grace_;
};

HttpServer::HttpServer(EventLoop& loop, const Router& router, HttpOptions options)
    : state_(std::make_shared<State>(loop, router, std::move(options))) {}

HttpServer::~HttpServer() = default;

Result<std::uint16_t> HttpServer::listen_tcp(const std::string& address, std::uint16_t port) {
    return state_->listen_tcp(address, port);
}

Status HttpServer::listen_unix(const std::filesystem::path& path) {
    return state_->listen_unix(path);
}

void HttpServer::stop(std::function<void()> done) {
    state_->stop(std::move(done));
}

std::size_t HttpServer::connections() const {
    return state_->connections();
}

}  // namespace fieldpost::support
