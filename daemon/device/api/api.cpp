#include "daemon/device/api/api.hpp"

#include <boost/json/serialize.hpp>

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

void Api::add_routes(support::Router& router) {
    add_lookup_routes(router);
    add_record_routes(router);
    add_change_routes(router);
    add_attachment_routes(router);
    add_system_routes(router);
}

}  // namespace fieldpost::device
