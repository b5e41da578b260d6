#include "daemon/device/api/api.hpp"

#include <boost/json/serialize.hpp>

#include "daemon/device/api/members.hpp"

namespace fieldpost::device {

namespace json = boost::json;
using support::Reply;
using support::Request;

extern const std::string_view openapi_document;

Api::Api(ApiParts parts)
    : parts_(std::move(parts)),
      lookups_(parts_.metrics.counter("fieldpost_lookups_total", "Look-ups answered")),
      lookup_seconds_(parts_.metrics.histogram("fieldpost_lookup_seconds", "Time to answer a look-up",
                                               {0.0001, 0.0005, 0.001, 0.005, 0.02, 0.1, 0.5})),
      recorded_(
          parts_.metrics.counter("fieldpost_operations_saved_total", "Operations written to the journal")),
      not_saved_(parts_.metrics.counter("fieldpost_operations_not_saved_total",
                                        "Operations that could not be saved")) {}

void Api::broadcast(std::string_view event, const json::object& data) {
    if (streams_.empty()) return;
    const std::string text = json::serialize(data);
    for (const auto& stream : streams_) stream.send(event, text);
    streams_.remove_if([](const support::EventStream& stream) { return !stream.is_open(); });
}

void Api::add_system_routes(support::Router& router) {
    router.add("GET", "/api/v1/status", [this](const Request&, const Reply& reply) {
        reply.send(support::json_response(200, parts_.status()));
    });
    router.add("GET", "/api/v1/events", [this](const Request&, const Reply& reply) {
        auto stream = reply.start_events();
        if (!stream.is_open()) return;
        stream.send("status", json::serialize(parts_.status()));
        streams_.push_back(std::move(stream));
    });
    router.add("POST", "/api/v1/sync", [this](const Request&, const Reply& reply) {
        parts_.nudge();
        reply.send(support::json_response(202, json::object{{"message", "comparing with the hub now"}}));
    });
    router.add("POST", "/api/v1/link/pause",
               [this](const Request& request, const Reply& reply) { pause(request, reply); });
    const auto metrics = [this](const Request&, const Reply& reply) {
        static_cast<void>(parts_.status());  // sets the gauges
        reply.send({200, std::string(support::Metrics::content_type), parts_.metrics.render(), {}});
    };
    router.add("GET", "/api/v1/metrics", metrics);
    router.add("GET", "/metrics", metrics);
    router.add("GET", "/api/v1/openapi.json", [](const Request&, const Reply& reply) {
        reply.send({200, "application/json", std::string(openapi_document), {}});
    });
}

void Api::pause(const Request& request, const Reply& reply) {
    auto body = request.json_body();
    if (!body) return reply.send(support::problem(body.error()));
    Members members(std::move(*body));
    const std::string name = members.text("kind");
    const auto paused = members.flag("paused");
    if (auto sound = members.finish(); !sound) return reply.send(support::problem(sound.error()));
    const auto kind = engine::parse_link_kind(name);
    if (!kind || !paused) {
        const Error wrong =
            fail(ErrorCode::invalid_argument,
                 "\"kind\" must be unknown, wifi_depot, wifi, ethernet, lte or satellite, and \"paused\" "
                 "true or false");
        return reply.send(support::problem(wrong));
    }
    parts_.pause(*kind, *paused);
    const std::string said = *paused ? "Paused: over " + name + " only urgent messages go."
                                     : "Not paused: over " + name + " everything goes again that may.";
    reply.send(support::json_response(200, json::object{{"message", said}}));
}

void Api::add_routes(support::Router& router) {
    add_lookup_routes(router);
    add_record_routes(router);
    add_change_routes(router);
    add_attachment_routes(router);
    add_system_routes(router);
}

}  // namespace fieldpost::device
