#include "daemon/support/reply.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <atomic>

namespace fieldpost::support {

struct Reply::State {
    std::shared_ptr<ReplySink> sink;
    std::atomic<bool> answered{false};

    explicit State(std::shared_ptr<ReplySink> to) : sink(std::move(to)) {}
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    ~State() {
        if (!claim()) return;
        spdlog::error("a handler dropped its request without an answer");
        sink->send(
            problem(500, reason_phrase(500), "the request was dropped; nothing was confirmed. Try again."));
    }

    // True for the one who answers.
    bool claim() { return !answered.exchange(true); }
};

Reply::Reply(std::shared_ptr<ReplySink> sink) : state_(std::make_shared<State>(std::move(sink))) {}

void Reply::send(Response response) const {
    if (state_->claim()) {
        state_->sink->send(std::move(response));
    } else {
        spdlog::error(fmt::format("a handler answered twice; the second answer (status {}) was dropped",
                                  response.status));
    }
}

EventStream Reply::start_events() const {
    if (state_->claim()) return EventStream(state_->sink->start_events());
    spdlog::error("a handler answered twice; its events were dropped");
    return EventStream();
}

}  // namespace fieldpost::support
