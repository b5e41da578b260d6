#include "tests/simulation/memory_records.hpp"

#include <algorithm>
#include <set>

#include "sync/records/checksum.hpp"

namespace fieldpost::simulation {

namespace pb = google::protobuf;

using hub::Author;
using hub::Conflict;
using hub::ConflictState;

const MemoryRecords::Record* MemoryRecords::find(records::RecordId record) const {
    const auto found = state_.records.find(record);
    return found == state_.records.end() || !found->second.message ? nullptr : &found->second;
}

std::map<records::FeedId, Bytes> MemoryRecords::layers_of(const Record& record, const pb::Message& message) {
    std::map<records::FeedId, Bytes> layers;
    for (const auto& [layer, body] : records::split(message, record.labels)) {
        for (const auto& area : record.areas) layers[{area, layer}] = body;
    }
    return layers;
}

// ------------------------------------------------------------------ feeds

void MemoryRecords::append(const records::FeedId& id, records::RecordId record, records::Kind kind,
                           std::uint64_t version, const Bytes* body) {
    Feed& feed = state_.feeds[id];
    const auto hash = [text = records::feed_text(id), record](std::uint64_t of) {
        return records::row_hash(text, record, static_cast<std::int64_t>(of));
    };
    if (const auto old = feed.newest.find(record); old != feed.newest.end()) {
        const auto entry = feed.entries.find(old->second);
        if (!entry->second->remove()) feed.checksum -= hash(entry->second->row().version());
        feed.entries.erase(entry);
    }
    if (body != nullptr) feed.checksum += hash(version);
    auto entry = std::make_shared<protocol::FeedEntry>();
    entry->set_n(++feed.head);
    entry->set_remove(body == nullptr);
    entry->mutable_row()->set_record(static_cast<std::uint64_t>(record));
    entry->mutable_row()->set_kind(static_cast<std::uint32_t>(kind));
    entry->mutable_row()->set_version(version);
    if (body != nullptr) entry->mutable_row()->set_body(*body);
    feed.entries[feed.head] = std::move(entry);
    feed.newest[record] = feed.head;
}

// False: nothing changed. Layers that changed or are affirmed are put, those that are gone removed, all with
// one version.
bool MemoryRecords::write(records::RecordId id, Record& record, std::map<records::FeedId, Bytes> layers,
                          const std::set<records::LayerKey>& affirmed) {
    const auto changed = [&](const auto& layer) {
        const auto old = record.layers.find(layer.first);
        return old == record.layers.end() || *old->second.body != layer.second ||
               affirmed.contains(layer.first.layer);
    };
    const auto gone = [&](const auto& layer) { return !layers.contains(layer.first); };
    if (std::ranges::none_of(layers, changed) && std::ranges::none_of(record.layers, gone)) return false;
    ++record.version;
    for (auto old = record.layers.begin(); old != record.layers.end();) {
        if (!gone(*old)) {
            ++old;
            continue;
        }
        append(old->first, id, record.kind, record.version, nullptr);
        old = record.layers.erase(old);
    }
    for (auto& layer : layers) {
        if (!changed(layer)) continue;
        append(layer.first, id, record.kind, record.version, &layer.second);
        record.layers[layer.first] = {record.version, std::make_shared<const Bytes>(std::move(layer.second))};
    }
    return true;
}

// ------------------------------------------------------------------ records

std::vector<MemoryRecords::MetEdit> MemoryRecords::meet_edits(const Record& record, records::RecordId id,
                                                              std::string_view source,
                                                              pb::Message& message) const {
    std::vector<MetEdit> met;
    for (const auto& [field, edit] : record.edits) {
        const Bytes imported = engine::field_value(message, field);
        const auto says = engine::source_says(edit, imported);
        if (says == engine::SourceSays::as_edited) {
            met.push_back({field, std::nullopt, std::nullopt});
            continue;
        }
        if (!engine::set_field(message, field, edit.value) || says == engine::SourceSays::the_same) continue;
        Conflict conflict;
        conflict.record = id;
        conflict.kind = record.kind;
        conflict.field = field;
        conflict.shown.value = edit.value;
        if (const auto last = record.changes.find(field); last != record.changes.end()) {
            conflict.shown.by = last->second.by;
            conflict.shown.saw = last->second.before;
        }
        conflict.other.value = imported;
        conflict.other.saw = edit.imported;
        conflict.other.by.name = source;
        met.push_back({field, engine::StandingEdit{imported, edit.value}, std::move(conflict)});
    }
    return met;
}

void MemoryRecords::keep_met(records::RecordId id, std::uint64_t version, std::vector<MetEdit> met) {
    auto& edits = state_.records.at(id).edits;
    for (auto& [field, edit, conflict] : met) {
        if (edit) {
            edits[field] = *edit;
        } else {
            edits.erase(field);
        }
        for (Conflict& open : state_.conflicts) {
            const bool over = open.record == id && open.field == field && open.state == ConflictState::open &&
                              open.other.by.role == Author::Role::source;
            if (over) open.state = ConflictState::superseded;
        }
        if (!conflict) continue;
        conflict->shown_version = version;
        add_conflict(std::move(*conflict));
    }
}

std::uint64_t MemoryRecords::put(const CityChange& change, std::string_view source) {
    const auto id = records::record_id(change.kind, source, change.key);
    Record& record = state_.records[id];
    const bool was_there = record.message != nullptr;
    const bool is_known = record.version != 0;
    if (!change.message) {
        if (!was_there) return record.version;
        record.message.reset();
        write(id, record, {}, {});
        return record.version;
    }
    std::shared_ptr<pb::Message> message(change.message->New());
    message->CopyFrom(*change.message);
    std::vector<MetEdit> met;
    record.kind = change.kind;
    if (is_known && hub::can_be_edited(change.kind)) met = meet_edits(record, id, source, *message);
    record.areas = change.areas;
    record.labels = change.labels;
    const auto before = std::exchange(record.message, message);
    if (write(id, record, layers_of(record, *message), {}) && hub::can_be_edited(change.kind)) {
        if (!was_there) {
            record.made_in = record.version;
            record.changes.clear();
        } else {
            for (const auto field : engine::changed_fields(*before, *message)) {
                const auto last = record.changes.find(field);
                hub::FieldChange changed;
                changed.state = {record.version, {}};
                changed.before = engine::field_value(*before, field);
                changed.before_version =
                    last == record.changes.end() ? record.made_in : last->second.state.version;
                changed.by.name = source;
                record.changes[field] = std::move(changed);
            }
        }
    }
    const std::uint64_t version = record.version;
    keep_met(id, version, std::move(met));
    return version;
}

Result<std::uint64_t> MemoryRecords::change_fields(records::RecordId id,
                                                   std::span<const hub::NewValue> values, const Author& by) {
    if (find(id) == nullptr) return fail(ErrorCode::not_found, "there is no such record");
    Record& record = state_.records.at(id);
    std::shared_ptr<pb::Message> message(record.message->New());
    message->CopyFrom(*record.message);
    std::set<records::LayerKey> affirmed;
    for (const auto& [field, value] : values) {
        if (auto set = engine::set_field(*message, field, value); !set) return set.error();
        const auto* descriptor = message->GetDescriptor()->FindFieldByNumber(static_cast<int>(field));
        const auto label = record.labels.find(descriptor->name());
        affirmed.insert(label == record.labels.end() ? records::field_label(*descriptor).layer
                                                     : label->second);
    }
    auto layers = layers_of(record, *message);
    if (layers.empty()) return fail(ErrorCode::invalid_argument, "nothing would be left of the record");
    const auto before = std::exchange(record.message, message);
    if (!write(id, record, std::move(layers), affirmed)) return record.version;
    for (const auto& [field, value] : values) {
        const auto last = record.changes.find(field);
        hub::FieldChange changed;
        changed.state = {record.version, by.operation};
        changed.before = engine::field_value(*before, field);
        changed.before_version = last == record.changes.end() ? record.made_in : last->second.state.version;
        changed.by = by;
        const auto edit = record.edits.find(field);
        const auto stands = engine::stand_over(
            edit == record.edits.end() ? std::nullopt : std::optional(edit->second), changed.before, value);
        if (stands) {
            record.edits[field] = *stands;
        } else {
            record.edits.erase(field);
        }
        record.changes[field] = std::move(changed);
    }
    return record.version;
}

Result<hub::StandingField> MemoryRecords::field(records::RecordId id, engine::FieldNumber field) const {
    const Record* record = find(id);
    if (record == nullptr) return fail(ErrorCode::not_found, "there is no such record");
    const auto* descriptor = record->message->GetDescriptor()->FindFieldByNumber(static_cast<int>(field));
    if (descriptor == nullptr) return fail(ErrorCode::invalid_argument, "it has no such field");
    hub::StandingField out;
    out.value = engine::field_value(*record->message, field);
    const auto label = record->labels.find(descriptor->name());
    out.layer = label == record->labels.end() ? records::field_label(*descriptor).layer : label->second;
    const auto last = record->changes.find(field);
    if (last == record->changes.end()) {
        out.state.version = out.value.empty() ? 0 : record->made_in;
        return out;
    }
    out.state = last->second.state;
    out.before = last->second.before;
    out.before_version = last->second.before_version;
    out.changed = true;
    out.by = last->second.by;
    return out;
}

// ------------------------------------------------------------------ conflicts

void MemoryRecords::add_conflict(Conflict conflict) {
    conflict.id = static_cast<std::int64_t>(state_.conflicts.size()) + 1;
    state_.conflicts.push_back(std::move(conflict));
}

void MemoryRecords::supersede(records::RecordId record, engine::FieldNumber field,
                              const std::string& operation) {
    for (Conflict& open : state_.conflicts) {
        const bool over = open.record == record && open.field == field && open.state == ConflictState::open &&
                          open.other.by.operation == operation;
        if (over) open.state = ConflictState::superseded;
    }
}

bool MemoryRecords::decide(std::int64_t id, const std::string& choice, const Bytes& value,
                           const std::string& by_whom) {
    Conflict& conflict = state_.conflicts.at(static_cast<std::size_t>(id - 1));
    if (conflict.state != ConflictState::open) return false;
    const auto stands = field(conflict.record, conflict.field);
    if (!stands && choice != "ours") return false;
    Conflict::Decision decision{choice, by_whom, 0, {}, 0};
    if (stands) {
        decision.value = choice == "ours" ? stands->value : choice == "theirs" ? conflict.other.value : value;
        Author by{Author::Role::person, by_whom, {}, 0, {}, stands->state.version};
        if (choice == "ours") by.operation = stands->by.operation;
        if (choice == "theirs") by.operation = conflict.other.by.operation;
        const hub::NewValue chosen{conflict.field, decision.value};
        const auto changed = change_fields(conflict.record, {&chosen, 1}, by);
        if (!changed) return false;
        decision.version = *changed;
    }
    conflict.state = ConflictState::decided;
    conflict.decision = std::move(decision);
    return true;
}

}  // namespace fieldpost::simulation
