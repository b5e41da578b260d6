#include "daemon/support/request_reader.hpp"

#include <fmt/format.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <string_view>
#include <utility>

#include "daemon/support/http_guard.hpp"
#include "daemon/support/target.hpp"

namespace fieldpost::support {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr std::size_t upload_piece = 64U << 10U;

}  // namespace

class RequestReader::State : public std::enable_shared_from_this<State> {
  public:
    State(Socket& socket, const HttpOptions& options, const Router& router, bool from_socket)
        : socket_(socket),
          options_(options),
          limits_(options.limits),
          router_(router),
          from_socket_(from_socket),
          deadline_(socket.get_executor()),
          buffer_(limits_.header + (64U << 10U)) {}

    bool has_bytes() const { return buffer_.size() > 0; }

    void read(std::function<void(Received)> done) {
        done_ = std::move(done);
        out_ = Received();
        timed_out_ = false;
        header_.emplace();
        header_->header_limit(static_cast<std::uint32_t>(limits_.header));
        header_->body_limit(boost::none);  // it depends on the route
        arm(limits_.receive_header);
        http::async_read_header(
            socket_, buffer_, *header_,
            [self = shared_from_this()](error_code error, std::size_t) { self->on_header(error); });
    }

  private:
    void arm(std::chrono::milliseconds time);
    void on_header(error_code error);
    bool take_header();
    bool choose_body();
    void read_body();
    void read_piece();
    void on_piece(error_code error);
    void on_body(error_code error);
    void give_up(error_code error);
    void refuse(int status, std::string_view detail) {
        out_.refusal = problem(status, reason_phrase(status), detail);
        finish();
    }
    void finish();

    Socket& socket_;
    const HttpOptions& options_;
    const HttpLimits& limits_;
    const Router& router_;
    const bool from_socket_;
    asio::steady_timer deadline_;
    boost::beast::flat_buffer buffer_;
    std::optional<http::request_parser<http::empty_body>> header_;
    std::optional<http::request_parser<http::string_body>> parser_;  // goes on from header_
    std::optional<http::request_parser<http::buffer_body>> upload_;  // or this one does
    std::uint64_t body_limit_ = 0;
    std::string piece_;
    std::function<void(Received)> done_;
    Received out_;
    bool timed_out_ = false;
};

void RequestReader::State::arm(std::chrono::milliseconds time) {
    deadline_.expires_after(time);
    deadline_.async_wait([self = shared_from_this()](error_code error) {
        // It may have been on its way when the request was complete, or when the next deadline was set.
        if (error || !self->done_ || self->deadline_.expiry() > std::chrono::steady_clock::now()) return;
        self->timed_out_ = true;
        self->socket_.cancel(error);
    });
}

void RequestReader::State::on_header(error_code error) {
    if (error) return give_up(error);
    if (!take_header()) return finish();
    if (!choose_body() || header_->is_done()) return finish();
    const auto expect = out_.request.header("expect");
    if (!expect) return read_body();
    if (*expect != "100-continue" && *expect != "100-Continue") {
        return refuse(417, "only Expect: 100-continue is understood");
    }
    static const std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    asio::async_write(socket_, asio::buffer(go_on),
                      [self = shared_from_this()](error_code failed, std::size_t) {
                          if (failed) return self->give_up(failed);
                          self->read_body();
                      });
}

// Fills the request from the parsed header. False when it is refused.
bool RequestReader::State::take_header() {
    const auto& message = header_->get();
    Request& request = out_.request;
    request.method.assign(message.method_string().data(), message.method_string().size());
    request.from_socket = from_socket_;
    std::size_t hosts = 0;
    for (const auto& field : message) {
        std::string name(field.name_string().data(), field.name_string().size());
        for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        if (name == "host") ++hosts;
        request.headers.emplace_back(std::move(name),
                                     std::string(field.value().data(), field.value().size()));
    }
    const auto refusal = [this](int status, std::string_view detail) {
        out_.refusal = problem(status, reason_phrase(status), detail);
        return false;
    };
    if (message.target().size() > limits_.target) {
        return refusal(414, fmt::format("path and query may have {} bytes", limits_.target));
    }
    auto target = parse_target(std::string_view(message.target().data(), message.target().size()));
    if (!target) return refusal(400, target.error().message);
    request.path = std::move(target->path);
    request.query = std::move(target->query);
    // RFC 9112, 3.2: exactly one Host in HTTP/1.1.
    if (hosts > 1 || (hosts == 0 && message.version() >= 11))
        return refusal(400, "a request needs one Host header");
    if (request.header("transfer-encoding") && !header_->chunked()) {
        return refusal(501, "no transfer coding but chunked is understood");
    }
    out_.keep_alive = message.keep_alive();
    if (!from_socket_) out_.refusal = refuse_foreign(request, options_.host_names);
    return !out_.refusal;
}

// How the body is read, now that the route is known. False when it is refused.
bool RequestReader::State::choose_body() {
    const Upload* upload = router_.upload_of(out_.request);
    body_limit_ = upload == nullptr ? limits_.body : upload->limit;
    if (const auto length = header_->content_length(); length && *length > body_limit_) {
        out_.refusal = problem(413, reason_phrase(413), fmt::format("a body may have {} bytes", body_limit_));
        return false;
    }
    if (upload == nullptr) return true;
    auto sink = upload->begin(out_.request);
    if (!sink) {
        out_.refusal = problem(sink.error());
        return false;
    }
    out_.request.sink = std::move(*sink);
    return true;
}

void RequestReader::State::read_body() {
    if (out_.request.sink) {
        upload_.emplace(std::move(*header_));
        upload_->body_limit(body_limit_);
        return read_piece();
    }
    parser_.emplace(std::move(*header_));
    parser_->body_limit(body_limit_);
    arm(limits_.receive_body);
    http::async_read(socket_, buffer_, *parser_,
                     [self = shared_from_this()](error_code error, std::size_t) { self->on_body(error); });
}

void RequestReader::State::on_body(error_code error) {
    if (error) return give_up(error);
    out_.request.body = std::move(parser_->get().body());
    finish();
}

void RequestReader::State::read_piece() {
    arm(limits_.receive_body);
    piece_.resize(upload_piece);
    upload_->get().body().data = piece_.data();
    upload_->get().body().size = piece_.size();
    http::async_read(socket_, buffer_, *upload_,
                     [self = shared_from_this()](error_code error, std::size_t) { self->on_piece(error); });
}

void RequestReader::State::on_piece(error_code error) {
    if (error && error != http::error::need_buffer) return give_up(error);
    deadline_.cancel();
    const auto go_on = [self = shared_from_this()](const Status& taken) {
        if (!self->done_) return;
        if (!taken) self->out_.refusal = problem(taken.error());
        if (!taken || self->upload_->is_done()) return self->finish();
        self->read_piece();
    };
    piece_.resize(upload_piece - upload_->get().body().size);
    if (piece_.empty()) return go_on(ok());
    out_.request.sink->take(std::move(piece_), go_on);
}

void RequestReader::State::give_up(error_code error) {
    if (timed_out_) return refuse(408, "the request did not arrive in time");
    if (error == http::error::body_limit)
        return refuse(413, fmt::format("a body may have {} bytes", body_limit_));
    if (error == http::error::header_limit || error == http::error::buffer_overflow) {
        // Without a target, the request line alone was too long.
        return refuse(out_.request.path.empty() && header_->get().target().empty() ? 414 : 431,
                      fmt::format("request line and headers may have {} bytes", limits_.header));
    }
    if (error == http::error::bad_version) return refuse(505, "this server speaks HTTP/1.1");
    const bool is_http = error.category() == http::make_error_code(http::error::bad_method).category();
    if (is_http && error != http::error::end_of_stream && error != http::error::partial_message) {
        return refuse(400, "this is not an HTTP/1.1 request: " + error.message());
    }
    out_.gone = true;
    finish();
}

void RequestReader::State::finish() {
    deadline_.cancel();
    header_.reset();
    parser_.reset();
    upload_.reset();
    if (out_.refusal || out_.gone) {
        out_.keep_alive = false;
        out_.request.sink.reset();
    }
    std::exchange(done_, nullptr)(std::move(out_));
}

RequestReader::RequestReader(Socket& socket, const HttpOptions& options, const Router& router,
                             bool from_socket)
    : state_(std::make_shared<State>(socket, options, router, from_socket)) {}

RequestReader::~RequestReader() = default;

bool RequestReader::has_bytes() const {
    return state_->has_bytes();
}

void RequestReader::read(std::function<void(Received)> done) {
    state_->read(std::move(done));
}

}  // namespace fieldpost::support
