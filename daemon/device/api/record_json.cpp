#include "daemon/device/api/record_json.hpp"

#include <google/protobuf/descriptor.h>

#include <boost/json/array.hpp>
#include <cmath>

#include "daemon/support/field_json.hpp"
#include "sync/base/time.hpp"
#include "sync/lookup/describe.hpp"
#include "sync/records/address.hpp"
#include "sync/snapshot/reader.hpp"

namespace fieldpost::device {

namespace json = boost::json;
namespace pb = google::protobuf;

namespace {

std::string label_of(std::string_view name) {
    for (const std::string_view unit : {"_cents", "_usd", "_at", "_on"}) {
        if (name.ends_with(unit)) name.remove_suffix(unit.size());
    }
    std::string label(name);
    for (char& c : label) {
        if (c == '_') c = ' ';
    }
    if (!label.empty()) label[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(label[0])));
    return label;
}

// What own work is about in a field.
void add_own(const engine::OverlaidField& own, const pb::FieldDescriptor& field, const pb::Message& empty,
             json::object& item) {
    item["state"] = to_string(own.state);
    if (!own.reason.empty()) item["reason"] = own.reason;
    if (own.state != engine::OwnState::conflict && own.state != engine::OwnState::quarantined) return;
    const std::unique_ptr<pb::Message> alone(empty.New());
    item["own_value"] =
        own.value.empty() || !engine::set_field(*alone, engine::FieldNumber(field.number()), own.value)
            ? json::value(nullptr)
            : support::field_json(*alone, field);
}

json::object field_item(const pb::FieldDescriptor& field, const records::LayerKey& layer, json::value value) {
    json::object item;
    item["name"] = field.name();
    item["label"] = label_of(field.name());
    item["value"] = std::move(value);
    item["classification"] = records::classification_name(layer.classification);
    item["compartment"] = layer.compartment;
    return item;
}

json::array fields_json(const engine::OverlaidRecord& record) {
    json::array out;
    auto own = record.fields;  // those that are not shown yet
    for (const auto& row : record.layers) {
        const auto message = records::parse_body(row.kind, row.body);
        if (!message) continue;
        std::vector<const pb::FieldDescriptor*> fields;
        (*message)->GetReflection()->ListFields(**message, &fields);
        for (const auto* field : fields) {
            // A street's course and a district's outline are for the map.
            if (field->name() == "line" || field->name() == "rings") continue;
            auto item = field_item(*field, row.layer, support::field_json(**message, *field));
            const auto mine = own.find(engine::FieldNumber(field->number()));
            if (mine != own.end()) {
                add_own(mine->second, *field, **message, item);
                own.erase(mine);
            }
            out.push_back(std::move(item));
        }
    }
    // Fields without a value: cleared by own work, or set by own work that is not shown.
    const auto empty = records::new_message(record.layers.front().kind);
    for (const auto& [number, mine] : own) {
        const auto* field =
            empty ? empty->GetDescriptor()->FindFieldByNumber(static_cast<int>(number)) : nullptr;
        if (field == nullptr) continue;
        auto item = field_item(*field, records::field_label(*field).layer, nullptr);
        add_own(mine, *field, *empty, item);
        out.push_back(std::move(item));
    }
    return out;
}

}  // namespace

json::object record_json(const engine::OverlaidRecord& record, const Origins& origins) {
    const auto& layers = record.layers;
    const records::LayerRow& first = layers.front();
    const auto merged = snapshot::merge(layers);
    const auto text = merged ? lookup::describe(first.kind, **merged) : lookup::describe_unknown(first.kind);
    std::int64_t version = 0;
    for (const auto& row : layers) version = std::max(version, row.version);
    const Origin origin = origins.of(layers, record.state);
    json::object out;
    out["id"] = records::id_text(first.record);
    out["kind"] = records::kind_name(first.kind);
    out["title"] = text.title;
    out["summary"] = text.subtitle;
    out["source"] = json::object{{"id", origin.source}, {"title", origin.source_title}};
    out["as_of"] = origin.as_of == 0 ? json::value(nullptr) : json::value(format_date(origin.as_of));
    out["staleness"] = to_string(origin.staleness);
    out["version"] = version;
    out["link"] = json::object{{"method", records::link_method_name(origin.link_method)},
                               {"confidence", origin.link_confidence / 100.0},
                               {"doubtful", origin.doubtful}};
    out["state"] = to_string(record.state);
    if (!record.reason.empty()) out["reason"] = record.reason;
    out["fields"] = fields_json(record);
    return out;
}

engine::OwnOperation own_operation(const Recorded& recorded) {
    engine::OwnOperation own{recorded.operation, engine::OwnState::pending, recorded.version, recorded.reason,
                             recorded.noted_in};
    switch (recorded.state) {
        case OperationState::accepted:
            own.state = engine::OwnState::accepted;
            break;
        case OperationState::conflict:
            own.state = engine::OwnState::conflict;
            break;
        case OperationState::quarantined:
            own.state = engine::OwnState::quarantined;
            break;
        default:
            break;
    }
    return own;
}

std::string_view effect_name(const protocol::Operation& operation) {
    switch (operation.effect_case()) {
        case protocol::Operation::kVisitStarted:
        case protocol::Operation::kVisitFinished:
            return "visit";
        case protocol::Operation::kObservationMade:
            return "observation";
        case protocol::Operation::kObservationCorrected:
            return "correction";
        case protocol::Operation::kRecordEdited:
            return "edit";
        case protocol::Operation::kStatusReported:
            return "status";
        default:
            return "other";
    }
}

json::object position_json(const protocol::GnssStamp& stamp) {
    static constexpr std::string_view names[] = {"none", "2d", "3d", "dgnss", "rtk", "estimated"};
    json::object out;
    const auto fix = static_cast<std::size_t>(stamp.fix());
    out["fix"] = names[fix < std::size(names) ? fix : 0];
    if (stamp.has_position()) {
        out["lat"] = stamp.position().lat_e7() / 1e7;
        out["lon"] = stamp.position().lon_e7() / 1e7;
        out["age_s"] = stamp.age_ms() / 1000.0;
        if (stamp.accuracy_m() > 0) out["accuracy_m"] = std::round(stamp.accuracy_m() * 10.0) / 10;
        if (stamp.hdop() > 0) out["hdop"] = std::round(stamp.hdop() * 100.0) / 100;
    }
    if (stamp.satellites() > 0) out["satellites"] = stamp.satellites();
    return out;
}

json::object time_json(const protocol::TimeStamp& stamp) {
    static constexpr std::string_view names[] = {"none", "build_floor", "rtc", "ntp", "gnss"};
    const auto quality = static_cast<std::size_t>(stamp.quality());
    return json::object{{"utc", format_rfc3339(stamp.utc_us())},
                        {"quality", names[quality < std::size(names) ? quality : 0]},
                        {"boot_id", to_hex(stamp.boot_id())},
                        {"boottime_s", static_cast<double>(stamp.boottime_us()) / 1e6}};
}

namespace {

json::object operation_json(const Recorded& recorded) {
    return json::object{{"epoch", std::to_string(recorded.epoch)},
                        {"lane", protocol::lane_name(recorded.lane)},
                        {"seq", recorded.seq}};
}

void add_made(const protocol::ObservationMade& made, const AttachmentState& attachment_state,
              json::object& out) {
    out["kind"] = made.kind();
    out["note"] = made.note();
    out["severity"] = made.severity().empty() ? json::value(nullptr) : json::value(made.severity());
    json::object values;
    for (const auto& value : made.values()) values[value.name()] = value.value();
    out["values"] = std::move(values);
    json::array attachments;
    for (const auto& attachment : made.attachments()) {
        json::object shown = support::attachment_json(attachment);
        shown["state"] = attachment_state(attachment.sha256());
        attachments.push_back(std::move(shown));
    }
    out["attachments"] = std::move(attachments);
}

// What every operation says of itself in a list.
json::object listed_json(const Recorded& recorded) {
    json::object out = saved_json(recorded);
    out.erase("saved");
    if (!recorded.reason.empty()) out["reason"] = recorded.reason;
    return out;
}

}  // namespace

json::object saved_json(const Recorded& recorded) {
    return json::object{{"id", recorded.operation.has_visit_finished() ? recorded.operation.visit_id()
                                                                       : recorded.operation.id()},
                        {"saved", true},
                        {"state", to_string(recorded.state)},
                        {"operation", operation_json(recorded)},
                        {"recorded_at", format_rfc3339(recorded.operation.time().utc_us())},
                        {"position", position_json(recorded.operation.gnss())},
                        {"time", time_json(recorded.operation.time())}};
}

json::object observation_json(const Recorded& recorded, const AttachmentState& attachment_state) {
    const auto& operation = recorded.operation;
    json::object out = listed_json(recorded);
    out["visit"] = operation.visit_id().empty() ? json::value(nullptr) : json::value(operation.visit_id());
    out["property"] =
        operation.property() == 0
            ? json::value(nullptr)
            : json::value(records::id_text(static_cast<records::RecordId>(operation.property())));
    if (operation.has_observation_made()) add_made(operation.observation_made(), attachment_state, out);
    if (operation.has_visit_started()) {
        out["event"] = "started";
        out["purpose"] = operation.visit_started().purpose();
    }
    if (operation.has_visit_finished()) {
        out["event"] = "finished";
        out["result"] = operation.visit_finished().result();
        out["note"] = operation.visit_finished().note();
    }
    return out;
}

json::object correction_json(const Recorded& recorded, const AttachmentState& attachment_state) {
    const auto& corrected = recorded.operation.observation_corrected();
    json::object out = listed_json(recorded);
    out["why"] = corrected.reason();
    add_made(corrected.made(), attachment_state, out);
    return out;
}

json::object crew_status_json(const Recorded& recorded) {
    const auto& reported = recorded.operation.status_reported();
    json::object out = listed_json(recorded);
    out["status"] = reported.status();
    out["note"] = reported.note();
    return out;
}

}  // namespace fieldpost::device
