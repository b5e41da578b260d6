#include "daemon/support/http_connection.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <deque>
#include <optional>

#include "daemon/support/http_wire.hpp"
#include "daemon/support/request_reader.hpp"
#include "sync/base/open_file.hpp"

namespace fieldpost::support {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Socket = asio::generic::stream_protocol::socket;
using Clock = std::chrono::steady_clock;

// Read and thrown away after an answer that ends the connection: closing with unread bytes would reset the
// connection, and the client might never see the answer.
constexpr std::size_t drain_limit = 256U << 10U;
constexpr std::chrono::seconds drain_time{2};
constexpr std::size_t file_piece = 64U << 10U;

class HttpConnection;

// Answers of handlers find their connection only if it still waits for this very answer.
class ConnectionReply final : public ReplySink {
  public:
    ConnectionReply(std::weak_ptr<HttpConnection> connection, std::shared_ptr<LoopCore> core,
                    std::uint64_t turn)
        : connection_(std::move(connection)), core_(std::move(core)), turn_(turn) {}
    void send(Response response) override;
    std::shared_ptr<EventSink> start_events() override;

  private:
    std::weak_ptr<HttpConnection> connection_;
    std::shared_ptr<LoopCore> core_;
    std::uint64_t turn_;
};

class ConnectionEvents final : public EventSink {
  public:
    ConnectionEvents(std::weak_ptr<HttpConnection> connection, std::shared_ptr<LoopCore> core)
        : connection_(std::move(connection)), core_(std::move(core)) {}
    ~ConnectionEvents() override;
    bool send(std::string_view event, std::string_view data) override;
    bool is_open() const override;
    void on_closed(std::function<void()> function) override;
    void close() override;

  private:
    std::weak_ptr<HttpConnection> connection_;
    std::shared_ptr<LoopCore> core_;
};

class HttpConnection final : public Connection, public std::enable_shared_from_this<HttpConnection> {
  public:
    HttpConnection(std::shared_ptr<ConnectionGroup> group, Socket socket, bool from_socket)
        : group_(std::move(group)),
          limits_(group_->options.limits),
          socket_(std::move(socket)),
          reader_(socket_, group_->options, *group_->router, from_socket),
          deadline_(group_->core->io()),
          heartbeat_(group_->core->io()),
          from_socket_(from_socket) {}

    void start() override { await_request(); }

    void refuse() override {
        keep_alive_ = false;
        Response response =
            problem(503, reason_phrase(503), "too many connections are open; try again in a second");
        response.headers.emplace_back("Retry-After", "1");
        answer(std::move(response));
    }

    void stop() override {
        if (phase_ == Phase::idle || phase_ == Phase::events) close(true);
    }

    void close_now() override { close(true); }

    void on_reply(std::uint64_t turn, Response response) {
        if (phase_ == Phase::handling && turn == turn_) answer(std::move(response));
    }

    bool start_events(std::uint64_t turn);
    bool send_event(std::string_view event, std::string_view data);
    bool streams() const { return phase_ == Phase::events; }
    void on_events_closed(std::function<void()> function) { on_events_closed_ = std::move(function); }
    void end_events() {
        if (phase_ == Phase::events) close(false);
    }

  private:
    // idle -> receiving -> handling -> answering -> idle or draining; handling -> events; any -> closed
    enum class Phase { idle, receiving, handling, answering, draining, events, closed };

    void await_request();
    void read_request();
    void on_received(Received received);
    void handle();
    void answer(Response response);
    void open_file(Response& response);
    void on_written(error_code error);
    void on_answered(error_code error);
    void drain(std::size_t left);
    void write_events();
    void watch_client();
    void beat();
    void close(bool tell);
    void arm(Clock::duration time, void (HttpConnection::*on_time)());
    void disarm() {
        ++deadline_turn_;
        deadline_.cancel();
    }
    void on_handle_late();
    void on_late() { close(true); }

    std::shared_ptr<ConnectionGroup> group_;
    const HttpLimits& limits_;
    Socket socket_;
    RequestReader reader_;
    asio::steady_timer deadline_;
    asio::steady_timer heartbeat_;
    std::uint64_t deadline_turn_ = 0;
    Request request_;
    Phase phase_ = Phase::idle;
    std::uint64_t turn_ = 0;  // of the request whose answer is waited for
    bool from_socket_;
    bool keep_alive_ = true;
    Clock::time_point received_;
    std::string out_header_;
    std::string out_body_;
    std::optional<OpenFile> out_file_;  // what of the answer comes from a file
    std::uint64_t out_file_at_ = 0;
    std::uint64_t out_file_end_ = 0;
    std::array<char, 4096> scratch_{};

    std::deque<std::string> events_;  // the first one is being written when writing_ is true
    std::size_t event_bytes_ = 0;
    bool writing_ = false;
    std::function<void()> on_events_closed_;
};

void HttpConnection::arm(Clock::duration time, void (HttpConnection::*on_time)()) {
    const std::uint64_t turn = ++deadline_turn_;
    deadline_.expires_after(time);
    deadline_.async_wait([self = shared_from_this(), turn, on_time](error_code error) {
        if (!error && turn == self->deadline_turn_ && self->phase_ != Phase::closed) ((*self).*on_time)();
    });
}

void HttpConnection::await_request() {
    phase_ = Phase::idle;
    request_ = Request();
    if (group_->stopping) return close(true);
    if (reader_.has_bytes()) return read_request();
    arm(limits_.idle, &HttpConnection::on_late);
    socket_.async_wait(Socket::wait_read, [self = shared_from_this()](error_code error) {
        if (self->phase_ != Phase::idle) return;
        if (error) return self->close(true);
        self->read_request();
    });
}

void HttpConnection::read_request() {
    phase_ = Phase::receiving;
    disarm();
    reader_.read([self = shared_from_this()](Received received) {
        if (self->phase_ == Phase::receiving) self->on_received(std::move(received));
    });
}

void HttpConnection::on_received(Received received) {
    request_ = std::move(received.request);
    keep_alive_ = received.keep_alive;
    if (received.gone) return close(true);
    if (received.refusal) return answer(std::move(*received.refusal));
    handle();
}

void HttpConnection::handle() {
    phase_ = Phase::handling;
    received_ = Clock::now();
    const std::uint64_t turn = ++turn_;
    arm(limits_.handle, &HttpConnection::on_handle_late);
    group_->router->dispatch(request_,
                             Reply(std::make_shared<ConnectionReply>(weak_from_this(), group_->core, turn)));
}

void HttpConnection::on_handle_late() {
    keep_alive_ = false;
    spdlog::error(
        fmt::format("the handler of {} {} gave no answer in time", request_.method, request_.route));
    Response response =
        problem(503, reason_phrase(503), "no answer was ready in time; what was asked may still happen");
    response.headers.emplace_back("Retry-After", "5");
    answer(std::move(response));
}

void HttpConnection::answer(Response response) {
    phase_ = Phase::answering;
    ++turn_;
    if (group_->stopping) keep_alive_ = false;
    if (!response.file.empty()) open_file(response);
    if (group_->options.on_answered) {
        const auto took =
            received_ == Clock::time_point() ? Clock::duration::zero() : Clock::now() - received_;
        group_->options.on_answered(Answered{request_.method, request_.route, response.status, took});
    }
    received_ = Clock::time_point();
    const bool no_body = response.status == 204 || response.status == 304;
    const bool is_head = request_.method == "HEAD";
    std::optional<std::uint64_t> length;
    if (!no_body) length = out_file_ ? out_file_end_ : response.body.size();
    out_header_ = header_of(response, keep_alive_, length);
    out_body_ = no_body || is_head ? std::string() : std::move(response.body);
    if (no_body || is_head) out_file_.reset();
    arm(limits_.send, &HttpConnection::on_late);
    const std::array<asio::const_buffer, 2> buffers{asio::buffer(out_header_), asio::buffer(out_body_)};
    asio::async_write(socket_, buffers, [self = shared_from_this()](error_code error, std::size_t) {
        if (self->phase_ == Phase::answering) self->on_written(error);
    });
}

// Header and body, or one piece of a file, are out.
void HttpConnection::on_written(error_code error) {
    if (error || !out_file_ || out_file_at_ == out_file_end_) {
        out_file_.reset();
        return on_answered(error);
    }
    const auto bytes =
        static_cast<std::size_t>(std::min<std::uint64_t>(file_piece, out_file_end_ - out_file_at_));
    auto piece = out_file_->read_at(out_file_at_, bytes);
    if (!piece) {
        spdlog::error(fmt::format("an answer broke off: {}", piece.error().message));
        return close(true);
    }
    out_body_ = std::move(*piece);
    out_file_at_ += bytes;
    arm(limits_.send, &HttpConnection::on_late);
    asio::async_write(socket_, asio::buffer(out_body_),
                      [self = shared_from_this()](error_code failed, std::size_t) {
                          if (self->phase_ == Phase::answering) self->on_written(failed);
                      });
}

// The answer is another one when its file cannot be read.
void HttpConnection::open_file(Response& response) {
    auto file = OpenFile::open_to_read(response.file);
    const auto size = file ? file->size() : Result<std::uint64_t>(file.error());
    if (!size) {
        const bool is_gone = size.error().code == ErrorCode::not_found;
        if (!is_gone) spdlog::error(fmt::format("a file cannot be sent: {}", size.error().message));
        response = is_gone ? problem(404, reason_phrase(404), "this file is no longer here")
                           : problem(500, reason_phrase(500),
                                     "the file cannot be read; the log of this program says why");
        return;
    }
    out_file_.emplace(std::move(*file));
    out_file_->expect_sequential_reads();
    out_file_at_ = 0;
    out_file_end_ = *size;
}

void HttpConnection::on_answered(error_code error) {
    if (error) return close(true);
    if (keep_alive_) return await_request();
    phase_ = Phase::draining;
    socket_.shutdown(Socket::shutdown_send, error);
    if (error) return close(true);
    arm(drain_time, &HttpConnection::on_late);
    drain(drain_limit);
}

void HttpConnection::drain(std::size_t left) {
    socket_.async_read_some(asio::buffer(scratch_),
                            [self = shared_from_this(), left](error_code error, std::size_t read) {
                                if (self->phase_ != Phase::draining) return;
                                if (error || read >= left) return self->close(true);
                                self->drain(left - read);
                            });
}

bool HttpConnection::start_events(std::uint64_t turn) {
    if (phase_ != Phase::handling || turn != turn_) return false;
    if (group_->stopping || group_->event_streams >= limits_.event_streams) {
        Response response =
            problem(503, reason_phrase(503), "too many clients follow events; try again later");
        response.headers.emplace_back("Retry-After", "15");
        answer(std::move(response));
        return false;
    }
    phase_ = Phase::events;
    ++turn_;
    ++group_->event_streams;
    disarm();
    if (group_->options.on_answered) {
        group_->options.on_answered(Answered{request_.method, request_.route, 200, Clock::now() - received_});
    }
    Response response{200, "text/event-stream", "", {{"Cache-Control", "no-store"}}};
    // No length: the stream ends with the connection (RFC 9112, 6.3).
    events_.push_back(header_of(response, false, std::nullopt));
    event_bytes_ = events_.back().size();
    watch_client();
    write_events();
    beat();
    return true;
}

bool HttpConnection::send_event(std::string_view event, std::string_view data) {
    if (phase_ != Phase::events) return false;
    std::string text = event_text(event, data);
    if (event_bytes_ + text.size() > limits_.event_queue) {
        spdlog::info("a client of events did not read and was dropped");
        close(true);
        return false;
    }
    event_bytes_ += text.size();
    events_.push_back(std::move(text));
    write_events();
    return true;
}

void HttpConnection::write_events() {
    if (writing_ || events_.empty()) return;
    writing_ = true;
    arm(limits_.send, &HttpConnection::on_late);
    asio::async_write(socket_, asio::buffer(events_.front()),
                      [self = shared_from_this()](error_code error, std::size_t) {
                          if (self->phase_ != Phase::events) return;
                          if (error) return self->close(true);
                          self->disarm();
                          self->writing_ = false;
                          self->event_bytes_ -= self->events_.front().size();
                          self->events_.pop_front();
                          self->write_events();
                      });
}

// A client of events sends nothing more: the end of its side is all that can come.
void HttpConnection::watch_client() {
    socket_.async_read_some(asio::buffer(scratch_),
                            [self = shared_from_this()](error_code error, std::size_t) {
                                if (self->phase_ != Phase::events) return;
                                if (error) return self->close(true);
                                self->watch_client();
                            });
}

void HttpConnection::beat() {
    heartbeat_.expires_after(limits_.heartbeat);
    heartbeat_.async_wait([self = shared_from_this()](error_code error) {
        if (error || self->phase_ != Phase::events) return;
        if (self->events_.empty()) {
            self->events_.emplace_back(":\n\n");
            self->event_bytes_ += self->events_.back().size();
            self->write_events();
        }
        self->beat();
    });
}

// `tell`: whether the owner of an event stream hears of it.
void HttpConnection::close(bool tell) {
    if (phase_ == Phase::closed) return;
    if (phase_ == Phase::events) {
        --group_->event_streams;
        if (tell && on_events_closed_) group_->core->post(std::move(on_events_closed_));
        on_events_closed_ = nullptr;
    }
    phase_ = Phase::closed;
    disarm();
    heartbeat_.cancel();
    error_code ignored;
    socket_.shutdown(Socket::shutdown_both, ignored);
    socket_.close(ignored);
    --group_->count[from_socket_ ? 1 : 0];
    const auto self = shared_from_this();
    group_->open.erase(self);
    if (group_->open.empty() && group_->on_empty)
        group_->core->post(std::exchange(group_->on_empty, nullptr));
}

void ConnectionReply::send(Response response) {
    core_->post([connection = connection_, turn = turn_, response = std::move(response)]() mutable {
        if (const auto open = connection.lock()) open->on_reply(turn, std::move(response));
    });
}

std::shared_ptr<EventSink> ConnectionReply::start_events() {
    const auto open = connection_.lock();
    if (!open || !open->start_events(turn_)) return nullptr;
    return std::make_shared<ConnectionEvents>(connection_, core_);
}

ConnectionEvents::~ConnectionEvents() {
    core_->post([connection = connection_] {
        if (const auto open = connection.lock()) open->end_events();
    });
}

bool ConnectionEvents::send(std::string_view event, std::string_view data) {
    const auto open = connection_.lock();
    return open && open->send_event(event, data);
}

bool ConnectionEvents::is_open() const {
    const auto open = connection_.lock();
    return open && open->streams();
}

void ConnectionEvents::on_closed(std::function<void()> function) {
    if (const auto open = connection_.lock(); open && open->streams())
        open->on_events_closed(std::move(function));
}

void ConnectionEvents::close() {
    if (const auto open = connection_.lock()) open->end_events();
}

}  // namespace

void take_connection(const std::shared_ptr<ConnectionGroup>& group, Socket socket, bool from_socket) {
    const std::size_t limit = group->options.limits.connections;
    std::size_t& count = group->count[from_socket ? 1 : 0];
    // A flood is not even answered.
    if (group->stopping || count >= 2 * limit) return;
    ++count;
    const auto connection = std::make_shared<HttpConnection>(group, std::move(socket), from_socket);
    group->open.insert(connection);
    if (count > limit) {
        connection->refuse();
    } else {
        connection->start();
    }
}

}  // namespace fieldpost::support
