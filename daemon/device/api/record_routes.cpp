#include <boost/json/array.hpp>
#include <map>

#include "daemon/device/api/api.hpp"
#include "daemon/device/api/members.hpp"

namespace fieldpost::device {

namespace json = boost::json;
using support::Reply;
using support::Request;

namespace {

constexpr std::size_t corrections_limit = 1000;

// By the observation that they correct, each from the oldest to the newest.
using Corrections = std::map<std::string, json::array>;

Result<Corrections> corrections_of(Journal& journal, const Journal::Query& observations,
                                   const AttachmentState& attachment_state) {
    Journal::Query query;
    query.effects = {protocol::Operation::kObservationCorrected};
    query.visit = observations.visit;
    query.property = observations.property;
    query.limit = corrections_limit;
    query.as_written = true;
    auto found = journal.find(query);
    if (!found) return found.error();
    Corrections out;
    for (auto recorded = found->rbegin(); recorded != found->rend(); ++recorded) {
        out[recorded->operation.observation_corrected().observation()].push_back(
            correction_json(*recorded, attachment_state));
    }
    return out;
}

}  // namespace

Journal::Saved Api::answer_saved(const Reply& reply) {
    return [this, reply](const Result<Recorded>& recorded) {
        if (!recorded) {
            const bool is_request_wrong = recorded.error().code == ErrorCode::invalid_argument ||
                                          recorded.error().code == ErrorCode::conflict;
            if (!is_request_wrong) not_saved_.add();
            reply.send(support::problem(recorded.error()));
            return;
        }
        if (!recorded->repeated) {
            recorded_.add();
            broadcast("operation", json::object{{"id", recorded->operation.id()},
                                                {"kind", effect_name(recorded->operation)},
                                                {"state", to_string(recorded->state)}});
            parts_.recorded();
        }
        reply.send(support::json_response(recorded->repeated ? 200 : 201, saved_json(*recorded)));
    };
}

void Api::list(const Request& request, const Reply& reply, std::vector<int> effects, const char* name) {
    Journal::Query query;
    query.effects = std::move(effects);
    auto limit = request.query_integer("limit", 1, 5000);
    if (!limit) return reply.send(support::problem(limit.error()));
    query.limit = static_cast<std::size_t>(limit->value_or(100));
    if (const auto visit = request.query_value("visit")) query.visit = std::string(*visit);
    if (const auto property = request.query_value("property")) {
        query.property = records::parse_id(*property).value_or(-1);
    }
    if (const auto state = request.query_value("state")) {
        for (const auto known : {OperationState::pending, OperationState::accepted, OperationState::conflict,
                                 OperationState::quarantined}) {
            if (to_string(known) == *state) query.state = known;
        }
        if (!query.state) {
            return reply.send(support::problem(400, "Bad request",
                                               "state is one of pending, accepted, conflict, quarantined"));
        }
    }
    auto found = parts_.journal.find(query);
    if (!found) return reply.send(support::problem(found.error()));
    const AttachmentState attachment_state = [this](BytesView sha256) -> std::string_view {
        const BlobStore* blobs = parts_.blobs.store();
        const auto sent = blobs == nullptr ? std::nullopt : blobs->is_sent(sha256);
        return !sent ? "not_here" : *sent ? "sent" : "waiting";
    };
    auto corrections = corrections_of(parts_.journal, query, attachment_state);
    if (!corrections) return reply.send(support::problem(corrections.error()));
    json::array items;
    for (const auto& recorded : *found) {
        auto item = observation_json(recorded, attachment_state);
        if (recorded.operation.has_observation_made()) {
            item["corrections"] = std::move((*corrections)[recorded.operation.id()]);
        }
        items.push_back(std::move(item));
    }
    reply.send(support::json_response(200, json::object{{name, std::move(items)}}));
}

void Api::add_record_routes(support::Router& router) {
    router.add("POST", "/api/v1/visits", [this](const Request& request, const Reply& reply) {
        auto body = request.json_body();
        if (!body) return reply.send(support::problem(body.error()));
        Members members(std::move(*body));
        NewVisit visit{members.text("id"), members.record("property"), members.text("purpose")};
        if (auto sound = members.finish(); !sound) return reply.send(support::problem(sound.error()));
        parts_.recorder.start_visit(std::move(visit), answer_saved(reply));
    });
    const auto observe = [this](const Request& request, const Reply& reply) {
        auto body = request.json_body();
        if (!body) return reply.send(support::problem(body.error()));
        Members members(std::move(*body));
        NewObservation observation;
        observation.visit = std::string(request.param("id"));
        observation.id = members.text("id");
        observation.property = members.record("property");
        observation.kind = members.text("kind");
        observation.note = members.text("note");
        observation.severity = members.text("severity");
        observation.values = members.values("values");
        observation.attachments = members.attachments("attachments");
        if (auto sound = members.finish(); !sound) return reply.send(support::problem(sound.error()));
        if (!observation.visit.empty()) {
            auto visit = parts_.journal.by_id(observation.visit);
            if (!visit) return reply.send(support::problem(visit.error().with("NOT SAVED")));
            if (!*visit || !(*visit)->operation.has_visit_started()) {
                return reply.send(support::problem(
                    404, "No such visit", "start the visit first: POST /api/v1/visits", "no-such-visit"));
            }
            if (observation.property == 0) {
                observation.property = static_cast<records::RecordId>((*visit)->operation.property());
            }
        }
        parts_.recorder.observe(std::move(observation), answer_saved(reply));
    };
    router.add("POST", "/api/v1/observations", observe);
    router.add("POST", "/api/v1/visits/{id}/observations", observe);
    router.add("POST", "/api/v1/visits/{id}/finish", [this](const Request& request, const Reply& reply) {
        auto body = request.json_body();
        if (!body) return reply.send(support::problem(body.error()));
        Members members(std::move(*body));
        VisitEnd end{std::string(request.param("id")), 0, members.text("result"), members.text("note")};
        if (auto sound = members.finish(); !sound) return reply.send(support::problem(sound.error()));
        auto visit = parts_.journal.by_id(end.visit);
        if (!visit) return reply.send(support::problem(visit.error().with("NOT SAVED")));
        if (!*visit || !(*visit)->operation.has_visit_started()) {
            return reply.send(support::problem(
                404, "No such visit", "start the visit first: POST /api/v1/visits", "no-such-visit"));
        }
        end.property = static_cast<records::RecordId>((*visit)->operation.property());
        parts_.recorder.finish_visit(std::move(end), answer_saved(reply));
    });
    router.add("GET", "/api/v1/observations", [this](const Request& request, const Reply& reply) {
        list(request, reply, {protocol::Operation::kObservationMade}, "observations");
    });
    router.add("GET", "/api/v1/visits", [this](const Request& request, const Reply& reply) {
        list(request, reply, {protocol::Operation::kVisitStarted, protocol::Operation::kVisitFinished},
             "visits");
    });
}

}  // namespace fieldpost::device
