// The answer to a request: given now or later, by any thread, once.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/support/http_message.hpp"

namespace fieldpost::support {

// Where events of one client go. Implemented by the server, and by tests. Loop thread only.
class EventSink {
  public:
    virtual ~EventSink() = default;
    virtual bool send(std::string_view event, std::string_view data) = 0;
    virtual bool is_open() const = 0;
    virtual void on_closed(std::function<void()> function) = 0;
    virtual void close() = 0;
};

// A client's stream of server-sent events (text/event-stream, WHATWG HTML 9.2). Loop thread only. Copies are
// the same stream; it ends when the last copy is gone. Heartbeats are sent by the server.
class EventStream {
  public:
    EventStream() = default;
    explicit EventStream(std::shared_ptr<EventSink> sink) : sink_(std::move(sink)) {}

    // `event` is a name without line ends; `data` may have several lines. False when the client is gone. A
    // client that does not read is dropped once HttpLimits::event_queue bytes wait for it.
    bool send(std::string_view event, std::string_view data) const {
        return sink_ && sink_->send(event, data);
    }

    bool is_open() const { return sink_ && sink_->is_open(); }

    // Called once, in the loop thread, when the client has gone, was dropped, or the server stops; not called
    // by close(). Replaces an earlier function. The function must not hold a copy of this stream.
    void on_closed(std::function<void()> function) const {
        if (sink_) sink_->on_closed(std::move(function));
    }

    void close() const {
        if (sink_) sink_->close();
    }

  private:
    std::shared_ptr<EventSink> sink_;
};

// Where an answer goes. Implemented by the server, and by tests (ReplyForTests in tests/unit/support).
class ReplySink {
  public:
    virtual ~ReplySink() = default;
    // Called at most once, by any thread.
    virtual void send(Response response) = 0;
    // Called at most once, in the loop thread, instead of send.
    virtual std::shared_ptr<EventSink> start_events() = 0;
};

// Copies are the same answer. Answering twice is a programming error: it is logged and changes nothing. When
// the last copy goes without an answer, the client gets a 500 and it is logged.
class Reply {
  public:
    explicit Reply(std::shared_ptr<ReplySink> sink);

    // Any thread. After the server has stopped, or the client has gone, it does nothing.
    void send(Response response) const;

    // Answers 200 and keeps the connection for events. Loop thread only. 503 is sent and the stream is closed
    // from the start (is_open() is false) when HttpLimits::event_streams are open.
    EventStream start_events() const;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace fieldpost::support
