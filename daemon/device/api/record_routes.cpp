#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "daemon/device/api/api.hpp"

namespace fieldpost::device {

namespace json = boost::json;
using support::Reply;
using support::Request;

namespace {

// Reads a JSON object's members one by one; the first thing that is wrong is kept, and so is what was not
// asked for.
class Members {
  public:
    explicit Members(json::object body) : body_(std::move(body)) {}

    std::string text(std::string_view name) {
        const json::value* value = take(name);
        if (value == nullptr || value->is_null()) return {};
        if (!value->is_string()) {
            complain("\"" + std::string(name) + "\" must be a text");
            return {};
        }
        return std::string(value->get_string());
    }

    records::RecordId record(std::string_view name) {
        const std::string given = text(name);
        if (given.empty()) return 0;
        const auto id = records::parse_id(given);
        if (!id) complain("\"" + std::string(name) + "\" is not the id of a record");
        return id.value_or(0);
    }

    std::vector<std::pair<std::string, std::string>> values(std::string_view name) {
        std::vector<std::pair<std::string, std::string>> out;
        const json::value* value = take(name);
        if (value == nullptr || value->is_null()) return out;
        if (!value->is_object()) {
            complain("\"" + std::string(name) + "\" must be an object of names and values");
            return out;
        }
        for (const auto& member : value->get_object()) {
            const json::value& given = member.value();
            if (given.is_object() || given.is_array() || given.is_null()) {
                complain("the value \"" + std::string(member.key()) +
                         "\" must be a text, number or true/false");
                return out;
            }
            out.emplace_back(member.key(),
                             given.is_string() ? std::string(given.get_string()) : json::serialize(given));
        }
        return out;
    }

    Status finish() {
        if (complaint_.empty() && seen_ != body_.size()) {
            for (const auto& member : body_) {
                if (std::find(asked_.begin(), asked_.end(), member.key()) == asked_.end()) {
                    complain("\"" + std::string(member.key()) + "\" is not known here");
                }
            }
        }
        if (!complaint_.empty()) return fail(ErrorCode::invalid_argument, complaint_);
        return ok();
    }

  private:
    const json::value* take(std::string_view name) {
        asked_.emplace_back(name);
        const json::value* value = body_.if_contains(name);
        if (value != nullptr) ++seen_;
        return value;
    }
    void complain(std::string sentence) {
        if (complaint_.empty()) complaint_ = std::move(sentence);
    }

    json::object body_;
    std::vector<std::string> asked_;
    std::size_t seen_ = 0;
    std::string complaint_;
};

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
            broadcast(
                "operation",
                json::object{{"id", recorded->operation.id()},
                             {"kind", recorded->operation.has_observation_made() ? "observation" : "visit"},
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
    json::array items;
    for (const auto& recorded : *found) items.push_back(observation_json(recorded));
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
        if (auto sound = members.finish(); !sound) return reply.send(support::problem(sound.error()));
        if (!observation.visit.empty()) {
            auto visit = parts_.journal.by_id(observation.visit);
            if (!visit) return reply.send(support::problem(visit.error()));
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
        if (!visit) return reply.send(support::problem(visit.error()));
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
