// A Reply whose answer a test can look at, without a server.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/support/reply.hpp"

namespace fieldpost::support {

class EventsForTests final : public EventSink {
  public:
    bool send(std::string_view event, std::string_view data) override {
        if (open) sent.emplace_back(event, data);
        return open;
    }
    bool is_open() const override { return open; }
    void on_closed(std::function<void()> function) override { closed = std::move(function); }
    void close() override { open = false; }

    bool open = true;
    NameValues sent;
    std::function<void()> closed;
};

class ReplyForTests final : public ReplySink {
  public:
    void send(Response given) override { response = std::move(given); }
    std::shared_ptr<EventSink> start_events() override { return events = std::make_shared<EventsForTests>(); }

    std::optional<Response> response;
    std::shared_ptr<EventsForTests> events;
};

}  // namespace fieldpost::support
