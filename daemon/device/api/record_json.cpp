#include "daemon/device/api/record_json.hpp"

#include <google/protobuf/descriptor.h>

#include <cmath>

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

std::string lower(std::string text) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
}

json::value message_json(const pb::Message& message) {
    if (const auto* address = dynamic_cast<const records::Address*>(&message)) {
        return json::string(records::display(*address));
    }
    if (const auto* position = dynamic_cast<const records::Position*>(&message)) return point_json(*position);
    return json::string(message.ShortDebugString());
}

// `index` is -1 for a field that is not repeated.
json::value value_json(const pb::Message& message, const pb::FieldDescriptor& field, int index) {
    const pb::Reflection& reflection = *message.GetReflection();
    const bool many = index >= 0;
    switch (field.cpp_type()) {
        case pb::FieldDescriptor::CPPTYPE_INT32:
            return many ? reflection.GetRepeatedInt32(message, &field, index)
                        : reflection.GetInt32(message, &field);
        case pb::FieldDescriptor::CPPTYPE_INT64: {
            const std::int64_t value = many ? reflection.GetRepeatedInt64(message, &field, index)
                                            : reflection.GetInt64(message, &field);
            if (field.name().ends_with("_at")) return json::string(format_rfc3339(value * 1'000'000));
            return value;
        }
        case pb::FieldDescriptor::CPPTYPE_UINT32:
            return many ? reflection.GetRepeatedUInt32(message, &field, index)
                        : reflection.GetUInt32(message, &field);
        case pb::FieldDescriptor::CPPTYPE_UINT64:
            return many ? reflection.GetRepeatedUInt64(message, &field, index)
                        : reflection.GetUInt64(message, &field);
        case pb::FieldDescriptor::CPPTYPE_DOUBLE:
            return many ? reflection.GetRepeatedDouble(message, &field, index)
                        : reflection.GetDouble(message, &field);
        case pb::FieldDescriptor::CPPTYPE_FLOAT:
            return many ? reflection.GetRepeatedFloat(message, &field, index)
                        : reflection.GetFloat(message, &field);
        case pb::FieldDescriptor::CPPTYPE_BOOL:
            return many ? reflection.GetRepeatedBool(message, &field, index)
                        : reflection.GetBool(message, &field);
        case pb::FieldDescriptor::CPPTYPE_ENUM: {
            const auto* value = many ? reflection.GetRepeatedEnum(message, &field, index)
                                     : reflection.GetEnum(message, &field);
            return json::string(lower(value->name()));
        }
        case pb::FieldDescriptor::CPPTYPE_STRING: {
            const std::string text = many ? reflection.GetRepeatedString(message, &field, index)
                                          : reflection.GetString(message, &field);
            return json::string(field.type() == pb::FieldDescriptor::TYPE_BYTES ? to_hex(text) : text);
        }
        case pb::FieldDescriptor::CPPTYPE_MESSAGE:
            return message_json(many ? reflection.GetRepeatedMessage(message, &field, index)
                                     : reflection.GetMessage(message, &field));
    }
    return nullptr;
}

json::value field_json(const pb::Message& message, const pb::FieldDescriptor& field) {
    if (!field.is_repeated()) return value_json(message, field, -1);
    const pb::Reflection& reflection = *message.GetReflection();
    const int size = reflection.FieldSize(message, &field);
    if (field.message_type() == records::Attribute::descriptor()) {
        json::object named;
        for (int i = 0; i < size; ++i) {
            const auto& attribute =
                static_cast<const records::Attribute&>(reflection.GetRepeatedMessage(message, &field, i));
            named[attribute.name()] = attribute.value();
        }
        return named;
    }
    json::array items;
    for (int i = 0; i < size; ++i) items.push_back(value_json(message, field, i));
    return items;
}

void add_fields(const records::LayerRow& row, json::array& out) {
    const auto message = records::parse_body(row.kind, row.body);
    if (!message) return;
    std::vector<const pb::FieldDescriptor*> fields;
    (*message)->GetReflection()->ListFields(**message, &fields);
    for (const auto* field : fields) {
        if (field->name() == "line") continue;  // a street's course is for the map
        json::object item;
        item["name"] = field->name();
        item["label"] = label_of(field->name());
        item["value"] = field_json(**message, *field);
        item["classification"] = records::classification_name(row.layer.classification);
        item["compartment"] = row.layer.compartment;
        out.push_back(std::move(item));
    }
}

}  // namespace

json::value point_json(const std::optional<records::Position>& position) {
    if (!position) return nullptr;
    return json::object{{"lat", position->lat_e7() / 1e7}, {"lon", position->lon_e7() / 1e7}};
}

json::object record_json(const std::vector<records::LayerRow>& layers, const SourceTitles& sources,
                         std::string_view state) {
    const records::LayerRow& first = layers.front();
    const auto merged = snapshot::merge(layers);
    const auto text = merged ? lookup::describe(first.kind, **merged) : lookup::describe_unknown(first.kind);
    std::int64_t as_of = 0;
    std::int64_t version = 0;
    json::array fields;
    for (const auto& row : layers) {
        as_of = std::max(as_of, row.as_of);
        version = std::max(version, row.version);
        add_fields(row, fields);
    }
    json::object out;
    out["id"] = records::id_text(first.record);
    out["kind"] = records::kind_name(first.kind);
    out["title"] = text.title;
    out["summary"] = text.subtitle;
    const auto title = sources.find(first.source);
    out["source"] =
        json::object{{"id", first.source}, {"title", title == sources.end() ? first.source : title->second}};
    out["as_of"] = as_of == 0 ? json::value(nullptr) : json::value(format_date(as_of));
    out["version"] = version;
    out["link"] = json::object{{"method", records::link_method_name(first.link_method)},
                               {"confidence", first.link_confidence / 100.0}};
    out["state"] = state;
    out["fields"] = std::move(fields);
    return out;
}

std::vector<records::LayerRow> overlay_rows(const std::string& device, const Recorded& recorded) {
    const auto& operation = recorded.operation;
    const std::int64_t at = operation.time().utc_us() / 1'000'000;
    records::LayerRow row;
    records::Observation observation;
    records::Visit visit;
    const pb::Message* message = nullptr;
    if (operation.has_observation_made()) {
        const auto& made = operation.observation_made();
        observation.set_observation_id(operation.id());
        observation.set_visit_id(operation.visit_id());
        observation.set_kind(made.kind());
        observation.set_note(made.note());
        observation.set_severity(made.severity());
        *observation.mutable_values() = made.values();
        observation.set_device(device);
        observation.set_recorded_at(at);
        if (operation.gnss().has_position()) *observation.mutable_position() = operation.gnss().position();
        row.kind = records::OBSERVATION;
        row.record = records::record_id(row.kind, "field", operation.id());
        message = &observation;
    } else {
        visit.set_visit_id(operation.visit_id());
        visit.set_device(device);
        if (operation.has_visit_started()) {
            visit.set_purpose(operation.visit_started().purpose());
            visit.set_started_at(at);
        } else {
            visit.set_finished_at(at);
            visit.set_result(operation.visit_finished().result());
            visit.set_note(operation.visit_finished().note());
        }
        row.kind = records::VISIT;
        row.record = records::record_id(row.kind, "field", operation.visit_id());
        message = &visit;
    }
    row.source = "field";
    row.as_of = at;
    row.property = static_cast<records::RecordId>(operation.property());
    row.link_method = records::LinkMethod::source;
    row.link_confidence = 100;
    std::vector<records::LayerRow> rows;
    for (auto& [layer, body] : records::split(*message)) {
        row.layer = layer;
        row.body = std::move(body);
        rows.push_back(row);
    }
    return rows;
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

json::object observation_json(const Recorded& recorded) {
    const auto& operation = recorded.operation;
    json::object out = saved_json(recorded);
    out.erase("saved");
    out["visit"] = operation.visit_id().empty() ? json::value(nullptr) : json::value(operation.visit_id());
    out["property"] =
        operation.property() == 0
            ? json::value(nullptr)
            : json::value(records::id_text(static_cast<records::RecordId>(operation.property())));
    if (!recorded.reason.empty()) out["reason"] = recorded.reason;
    if (operation.has_observation_made()) {
        const auto& made = operation.observation_made();
        out["kind"] = made.kind();
        out["note"] = made.note();
        out["severity"] = made.severity().empty() ? json::value(nullptr) : json::value(made.severity());
        json::object values;
        for (const auto& value : made.values()) values[value.name()] = value.value();
        out["values"] = std::move(values);
    }
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

}  // namespace fieldpost::device
