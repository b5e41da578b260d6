// Changing what is there: edits of the city's records, corrections of observations, the crew's status.
#include <boost/json/object.hpp>

#include "daemon/device/api/api.hpp"
#include "daemon/device/api/members.hpp"
#include "daemon/support/field_json.hpp"

namespace fieldpost::device {

namespace json = boost::json;
using support::Reply;
using support::Request;

namespace {

constexpr std::size_t own_edits_limit = 500;

// What a repeated request asks for again. What the editor saw by now does not count.
bool is_same(const protocol::Operation& first, const NewEdit& again) {
    const auto& edited = first.record_edited();
    if (!first.has_record_edited() || edited.record() != static_cast<std::uint64_t>(again.record) ||
        edited.note() != again.note || edited.edits_size() != static_cast<int>(again.fields.size())) {
        return false;
    }
    return std::ranges::equal(edited.edits(), again.fields, [](const auto& one, const auto& other) {
        return one.field() == other.field() && one.value() == other.value();
    });
}

// One value for each field, on what the editor sees of it.
Result<std::vector<protocol::FieldEdit>> read_edits(const json::object& fields,
                                                    const std::vector<records::LayerRow>& layers,
                                                    const std::vector<engine::OwnOperation>& own) {
    const auto kind = layers.front().kind;
    std::vector<protocol::FieldEdit> edits;
    for (const auto& member : fields) {
        const auto message = records::new_message(kind);
        const auto* field =
            message ? message->GetDescriptor()->FindFieldByName(std::string(member.key())) : nullptr;
        if (field == nullptr) {
            return fail(ErrorCode::invalid_argument, "a " + records::kind_name(kind) + " has no field \"" +
                                                         std::string(member.key()) + "\"");
        }
        if (auto set = support::set_field_from_json(*message, *field, member.value()); !set)
            return set.error();
        const auto number = static_cast<engine::FieldNumber>(field->number());
        edits.push_back(engine::edit_of(kind, layers, own, layers.front().record, number,
                                        engine::field_value(*message, number)));
    }
    return edits;
}

}  // namespace

void Api::edit(const Request& request, const Reply& reply) {
    const auto record = records::parse_id(request.param("id"));
    if (!record) {
        return reply.send(support::problem(fail(
            ErrorCode::not_found, "'" + std::string(request.param("id")) + "' is not the id of a record")));
    }
    auto body = request.json_body();
    if (!body) return reply.send(support::problem(body.error()));
    Members members(std::move(*body));
    NewEdit edit;
    edit.record = *record;
    edit.id = members.text("id");
    edit.note = members.text("note");
    auto fields = members.object("fields");
    const auto version = members.version("version");
    if (auto sound = members.finish(); !sound) return reply.send(support::problem(sound.error()));
    const bool queued = parts_.readers.run([this, reply, edit = std::move(edit), fields = std::move(fields),
                                            version](const Result<CityView*>& view) {
        if (!view) return reply.send(support::problem(view.error()));
        auto layers = (*view)->reader.record(edit.record);
        if (!layers) return reply.send(support::problem(layers.error()));
        // What came in since the editor looked was not seen.
        for (auto& layer : *layers) layer.version = std::min(layer.version, version.value_or(layer.version));
        parts_.post([this, reply, edit, fields, layers = std::move(*layers)] {
            edit_held(edit, fields, layers, reply);
        });
    });
    if (!queued) {
        reply.send(
            support::problem(503, "Busy", "too many look-ups are waiting: try again in a moment", "busy"));
    }
}

void Api::edit_held(NewEdit edit, const json::object& fields, const std::vector<records::LayerRow>& layers,
                    const Reply& reply) {
    if (layers.empty()) {
        return reply.send(
            support::problem(fail(ErrorCode::not_found, "this vehicle holds no record with that id")));
    }
    edit.kind = layers.front().kind;
    edit.property = layers.front().property;
    if (edit.kind == records::VISIT || edit.kind == records::OBSERVATION) {
        return reply.send(support::problem(fail(ErrorCode::invalid_argument,
                                                "what a crew recorded is not edited: correct it with POST "
                                                "/api/v1/observations/{id}/corrections")));
    }
    Journal::Query query;
    query.effects = {protocol::Operation::kRecordEdited};
    if (edit.property != 0) query.property = edit.property;
    query.limit = own_edits_limit;
    query.as_written = true;
    auto found = parts_.journal.find(query);
    if (!found) return reply.send(support::problem(found.error().with("NOT SAVED")));
    std::vector<engine::OwnOperation> own;  // oldest first
    for (auto recorded = found->rbegin(); recorded != found->rend(); ++recorded) {
        if (recorded->operation.id() != edit.id) own.push_back(own_operation(*recorded));
    }
    auto edits = read_edits(fields, layers, own);
    if (!edits) return reply.send(support::problem(edits.error()));
    edit.fields = std::move(*edits);
    if (!edit.id.empty()) {
        auto first = parts_.journal.by_id(edit.id);
        if (!first) return reply.send(support::problem(first.error().with("NOT SAVED")));
        if (*first && is_same((*first)->operation, edit)) {
            (*first)->repeated = true;
            return answer_saved(reply)(std::move(**first));
        }
    }
    parts_.recorder.edit(std::move(edit), answer_saved(reply));
}

void Api::correct(const Request& request, const Reply& reply) {
    auto body = request.json_body();
    if (!body) return reply.send(support::problem(body.error()));
    Members members(std::move(*body));
    NewCorrection correction;
    correction.observation = std::string(request.param("id"));
    correction.reason = members.text("reason");
    correction.said.id = members.text("id");
    correction.said.property = members.record("property");
    correction.said.kind = members.text("kind");
    correction.said.note = members.text("note");
    correction.said.severity = members.text("severity");
    correction.said.values = members.values("values");
    correction.said.attachments = members.attachments("attachments");
    if (auto sound = members.finish(); !sound) return reply.send(support::problem(sound.error()));
    // Another crew's observation may be corrected, too: it is not in this journal.
    auto first = parts_.journal.by_id(correction.observation);
    if (!first) return reply.send(support::problem(first.error().with("NOT SAVED")));
    if (*first && !(*first)->operation.has_observation_made()) {
        return reply.send(support::problem(fail(
            ErrorCode::invalid_argument, "only an observation is corrected: this id is of something else")));
    }
    if (*first) {
        correction.said.visit = (*first)->operation.visit_id();
        if (correction.said.property == 0) {
            correction.said.property = static_cast<records::RecordId>((*first)->operation.property());
        }
        // A repeated request names what the first one did: with other content it would be refused.
        auto before = parts_.journal.by_id(correction.said.id);
        if (!before) return reply.send(support::problem(before.error().with("NOT SAVED")));
        correction.observed.emplace();
        if (*before && (*before)->operation.has_after()) {
            *correction.observed = (*before)->operation.after();
        } else {
            *correction.observed = (*first)->first_place;
        }
    }
    parts_.recorder.correct(std::move(correction), answer_saved(reply));
}

void Api::report_status(const Request& request, const Reply& reply) {
    auto body = request.json_body();
    if (!body) return reply.send(support::problem(body.error()));
    Members members(std::move(*body));
    NewStatus status{members.text("id"), members.text("status"), members.text("note")};
    if (auto sound = members.finish(); !sound) return reply.send(support::problem(sound.error()));
    parts_.recorder.report_status(std::move(status), answer_saved(reply));
}

void Api::add_change_routes(support::Router& router) {
    router.add("POST", "/api/v1/records/{id}/edits",
               [this](const Request& request, const Reply& reply) { edit(request, reply); });
    router.add("POST", "/api/v1/observations/{id}/corrections",
               [this](const Request& request, const Reply& reply) { correct(request, reply); });
    router.add("POST", "/api/v1/statuses",
               [this](const Request& request, const Reply& reply) { report_status(request, reply); });
    router.add("GET", "/api/v1/statuses/{id}", [this](const Request& request, const Reply& reply) {
        auto found = parts_.journal.by_id(std::string(request.param("id")));
        if (!found) return reply.send(support::problem(found.error()));
        if (!*found || !(*found)->operation.has_status_reported()) {
            return reply.send(
                support::problem(fail(ErrorCode::not_found, "no status of this id was reported here")));
        }
        reply.send(support::json_response(200, crew_status_json(**found)));
    });
}

}  // namespace fieldpost::device
