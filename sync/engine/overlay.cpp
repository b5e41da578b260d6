#include "sync/engine/overlay.hpp"

#include <algorithm>

namespace fieldpost::engine {

namespace {

std::unique_ptr<google::protobuf::Message> parsed(const records::LayerRow& row) {
    auto message = records::parse_body(row.kind, row.body);
    return message ? std::move(*message) : nullptr;
}

const records::LayerRow* row_of(const std::vector<records::LayerRow>& layers,
                                const records::LayerKey& layer) {
    const auto found = std::ranges::find(layers, layer, &records::LayerRow::layer);
    return found == layers.end() ? nullptr : &*found;
}

// Where the field is set, or else where its proto puts it: a mapping may have raised it.
records::LayerKey layer_of(records::Kind kind, const std::vector<records::LayerRow>& layers,
                           FieldNumber field) {
    for (const auto& row : layers) {
        const auto message = parsed(row);
        if (message && !field_value(*message, field).empty()) return row.layer;
    }
    const auto message = records::new_message(kind);
    const auto* descriptor =
        message ? message->GetDescriptor()->FindFieldByNumber(static_cast<int>(field)) : nullptr;
    return descriptor != nullptr ? records::field_label(*descriptor).layer : records::LayerKey();
}

bool shows_own_value(OwnState state) {
    return state == OwnState::pending || state == OwnState::accepted;
}

}  // namespace

std::string_view to_string(OwnState state) {
    switch (state) {
        case OwnState::current:
            return "current";
        case OwnState::accepted:
            return "accepted";
        case OwnState::pending:
            return "pending";
        case OwnState::conflict:
            return "conflict";
        case OwnState::quarantined:
            return "quarantined";
    }
    return "current";
}

SeenField seen_field(records::Kind kind, const std::vector<records::LayerRow>& layers, FieldNumber field) {
    const auto layer = layer_of(kind, layers, field);
    const auto* row = row_of(layers, layer);
    return {layer, row == nullptr ? 0 : static_cast<std::uint64_t>(row->version)};
}

protocol::FieldEdit edit_of(records::Kind kind, const std::vector<records::LayerRow>& layers,
                            const std::vector<OwnOperation>& own, records::RecordId record, FieldNumber field,
                            Bytes value) {
    protocol::FieldEdit edit;
    edit.set_field(field);
    edit.set_value(std::move(value));
    edit.set_seen_version(seen_field(kind, layers, field).version);
    for (const auto& before : own) {
        const auto& edited = before.operation.record_edited();
        if (!before.operation.has_record_edited() || edited.record() != static_cast<std::uint64_t>(record) ||
            !shows_own_value(before.state)) {
            continue;
        }
        const bool same_field =
            std::ranges::any_of(edited.edits(), [&](const auto& other) { return other.field() == field; });
        if (!same_field) continue;
        edit.set_seen_operation(before.operation.id());
        edit.set_seen_version(std::max(edit.seen_version(), before.version));
    }
    return edit;
}

OverlaidRecord& Overlay::record(records::RecordId id) {
    const auto [found, added] = records_.try_emplace(id);
    if (added) order_.push_back(id);
    return found->second;
}

void Overlay::hold(const std::vector<records::LayerRow>& rows) {
    for (const auto& row : rows) record(row.record).layers.push_back(row);
}

void Overlay::lay(const std::vector<OwnOperation>& own) {
    for (const auto& one : own) {
        switch (one.operation.effect_case()) {
            case protocol::Operation::kVisitStarted:
            case protocol::Operation::kVisitFinished:
                lay_visit(one);
                break;
            case protocol::Operation::kObservationMade:
                lay_observation(one);
                break;
            case protocol::Operation::kObservationCorrected:
                lay_correction(one);
                break;
            case protocol::Operation::kRecordEdited:
                lay_edit(one);
                break;
            default:
                break;
        }
    }
    std::erase_if(order_, [this](records::RecordId id) { return records_.at(id).layers.empty(); });
}

template <class M>
M Overlay::own_record(records::RecordId id) const {
    M whole;
    const auto found = records_.find(id);
    if (found == records_.end()) return whole;
    for (const auto& row : found->second.layers) {
        const auto message = parsed(row);
        if (const auto* part = dynamic_cast<const M*>(message.get())) whole.MergeFrom(*part);
    }
    return whole;
}

// What the hub set aside changes nothing that it shows, but where it shows nothing the crew still sees its
// own.
bool Overlay::is_seen(records::RecordId id, OwnState state) const {
    const auto found = records_.find(id);
    return shows_own_value(state) || found == records_.end() || found->second.layers.empty();
}

void Overlay::lay_visit(const OwnOperation& own) {
    const auto id = visit_record(own.operation.visit_id());
    auto visit = own_record<records::Visit>(id);
    const auto& stamp = own.operation.time();
    if (is_seen(id, own.state)) {
        apply_to_visit(device_, own.operation, {stamp.utc_us(), stamp.quality()}, visit);
    }
    put_own(records::VISIT, id, visit, own);
}

void Overlay::lay_observation(const OwnOperation& own) {
    const auto id = observation_record(own.operation.id());
    auto observation = own_record<records::Observation>(id);
    const auto& stamp = own.operation.time();
    if (is_seen(id, own.state)) {
        observation.Clear();
        to_observation(device_, own.operation, {stamp.utc_us(), stamp.quality()}, observation);
    }
    put_own(records::OBSERVATION, id, observation, own);
}

void Overlay::lay_correction(const OwnOperation& own) {
    lay_observation(own);
    if (!shows_own_value(own.state)) return;
    // As the hub does: it takes the place of what stands.
    auto id = observation_record(own.operation.observation_corrected().observation());
    for (int corrections = 0; corrections < max_corrections; ++corrections) {
        const auto found = records_.find(id);
        if (found == records_.end()) return;
        auto corrected = own_record<records::Observation>(id);
        if (corrected.observation_id() == own.operation.id() ||
            corrected.corrected_by() == own.operation.id()) {
            return;
        }
        if (corrected.corrected_by().empty()) {
            corrected.set_corrected_by(own.operation.id());
            for (auto& [layer, body] : records::split(corrected)) {
                const auto row = std::ranges::find(found->second.layers, layer, &records::LayerRow::layer);
                if (row != found->second.layers.end()) row->body = std::move(body);
            }
            return;
        }
        id = observation_record(corrected.corrected_by());
    }
}

void Overlay::put_own(records::Kind kind, records::RecordId id, const google::protobuf::Message& message,
                      const OwnOperation& own) {
    OverlaidRecord& mine = record(id);
    const bool in_cache =
        own.version != 0 && std::ranges::any_of(mine.layers, [&](const records::LayerRow& row) {
            return row.version >= static_cast<std::int64_t>(own.version);
        });
    mine.state = std::max(mine.state, own.state);
    if (!own.reason.empty()) mine.reason = own.reason;
    if (in_cache) return;
    records::LayerRow like;
    like.kind = kind;
    like.record = id;
    like.source = field_source;
    like.as_of = own.operation.time().utc_us() / 1'000'000;
    like.property = static_cast<records::RecordId>(own.operation.property());
    like.link_method = records::LinkMethod::source;
    like.link_confidence = 100;
    for (auto& [layer, body] : records::split(message)) {
        const auto known = std::ranges::find(mine.layers, layer, &records::LayerRow::layer);
        if (known != mine.layers.end()) {
            known->body = std::move(body);
        } else if (own.state != OwnState::accepted || cleared_.contains(layer)) {
            like.layer = layer;
            like.body = std::move(body);
            mine.layers.push_back(like);
        }
    }
}

void Overlay::lay_edit(const OwnOperation& own) {
    const auto found = records_.find(static_cast<records::RecordId>(own.operation.record_edited().record()));
    if (found == records_.end() || found->second.layers.empty()) return;
    OverlaidRecord& held = found->second;
    for (const auto& edit : own.operation.record_edited().edits()) lay_field(held, own, edit);
    held.state = OwnState::current;
    held.reason.clear();
    for (const auto& [field, overlaid] : held.fields) {
        if (overlaid.state < held.state) continue;
        held.state = overlaid.state;
        held.reason = overlaid.reason;
    }
}

void Overlay::lay_field(OverlaidRecord& held, const OwnOperation& own, const protocol::FieldEdit& edit) {
    const auto kind = held.layers.front().kind;
    const auto empty = records::new_message(kind);
    if (!empty) return;
    const auto value = canonical_value(*empty, edit.field(), edit.value());
    if (!value) return;
    held.fields.erase(edit.field());  // a newer own edit takes the place of the last
    const auto layer = layer_of(kind, held.layers, edit.field());
    const auto row = std::ranges::find(held.layers, layer, &records::LayerRow::layer);
    const auto version = row == held.layers.end() ? 0 : static_cast<std::uint64_t>(row->version);
    auto message = row == held.layers.end() ? records::new_message(kind) : parsed(*row);
    if (!message) return;
    const bool shown_already = field_value(*message, edit.field()) == *value;
    if (own.state == OwnState::accepted &&
        (shown_already || version >= own.version || is_in_city(own) || !cleared_.contains(layer))) {
        return;
    }
    if (own.state == OwnState::conflict && (shown_already || version > own.version)) return;
    held.fields[edit.field()] = {own.state, own.reason, own.operation.id(), *value};
    if (!shows_own_value(own.state) || shown_already) return;
    if (auto set = set_field(*message, edit.field(), *value); !set) return;
    records::LayerRow changed = row == held.layers.end() ? held.layers.front() : *row;
    changed.layer = layer;
    changed.version = static_cast<std::int64_t>(version);
    changed.body = message->SerializeAsString();
    if (row == held.layers.end()) {
        held.layers.push_back(std::move(changed));
    } else {
        *row = std::move(changed);
    }
}

}  // namespace fieldpost::engine
