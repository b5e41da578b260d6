#include "daemon/hub/app/conflict_routes.hpp"

#include <boost/json/array.hpp>
#include <charconv>
#include <chrono>

namespace fieldpost::hub {

namespace json = boost::json;
using support::Reply;
using support::Request;

namespace {

Result<std::int64_t> asked_id(const Request& request) {
    const auto text = request.param("id");
    std::int64_t id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error != std::errc{} || end != text.data() + text.size() || id <= 0)
        return fail(ErrorCode::not_found, "'" + std::string(text) + "' is not the number of a conflict");
    return id;
}

Result<std::optional<ConflictState>> asked_state(const Request& request) {
    const auto asked = request.query_value("state").value_or("open");
    if (asked == "all") return std::optional<ConflictState>();
    for (const auto state : {ConflictState::open, ConflictState::decided, ConflictState::superseded}) {
        if (to_string(state) == asked) return std::optional(state);
    }
    return fail(ErrorCode::invalid_argument, "state is one of open, decided, superseded, all");
}

// What a client may say, and nothing else.
Result<ConflictInbox::Choice> read_choice(const Request& request) {
    auto body = request.json_body();
    if (!body) return body.error();
    ConflictInbox::Choice choice;
    bool has_value = false;
    for (const auto& member : *body) {
        if (member.key() == "value") {
            choice.value = member.value();
            has_value = true;
        } else if ((member.key() == "choice" || member.key() == "by") && member.value().is_string()) {
            (member.key() == "by" ? choice.by : choice.choice) = member.value().get_string();
        } else {
            return fail(ErrorCode::invalid_argument,
                        "\"" + std::string(member.key()) + "\" is not known here, or is not a text");
        }
    }
    if (has_value != (choice.choice == "value"))
        return fail(ErrorCode::invalid_argument,
                    "\"value\" goes with the choice \"value\", and only with it");
    choice.now_us = std::chrono::duration_cast<std::chrono::microseconds>(
                        std::chrono::system_clock::now().time_since_epoch())
                        .count();
    return choice;
}

}  // namespace

void add_conflict_routes(support::Router& router, ConflictInbox& inbox) {
    router.add("GET", "/api/v1/conflicts", [&inbox](const Request& request, const Reply& reply) {
        auto state = asked_state(request);
        if (!state) return reply.send(support::problem(state.error()));
        auto limit = request.query_integer("limit", 1, 10'000);
        if (!limit) return reply.send(support::problem(limit.error()));
        auto items = inbox.list(*state, static_cast<std::size_t>(limit->value_or(100)));
        if (!items) return reply.send(support::problem(items.error()));
        reply.send(support::json_response(200, json::object{{"conflicts", std::move(*items)}}));
    });
    router.add("GET", "/api/v1/conflicts/{id}", [&inbox](const Request& request, const Reply& reply) {
        auto id = asked_id(request);
        if (!id) return reply.send(support::problem(id.error()));
        auto found = inbox.find(*id);
        reply.send(found ? support::json_response(200, *found) : support::problem(found.error()));
    });
    router.add("POST", "/api/v1/conflicts/{id}", [&inbox](const Request& request, const Reply& reply) {
        auto id = asked_id(request);
        if (!id) return reply.send(support::problem(id.error()));
        auto choice = read_choice(request);
        if (!choice) return reply.send(support::problem(choice.error()));
        auto decided = inbox.decide(*id, *choice);
        reply.send(decided ? support::json_response(200, *decided) : support::problem(decided.error()));
    });
}

}  // namespace fieldpost::hub
