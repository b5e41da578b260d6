#include "daemon/hub/store/records.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <set>

#include "daemon/hub/store/imports.hpp"
#include "daemon/hub/store/record_rows.hpp"

namespace fieldpost::hub {

namespace pb = google::protobuf;

namespace {

constexpr std::int64_t micros = 1'000'000;

// Where a field goes that the record has not had so far: where its mapping says, or its proto. Until an
// import has told what the mapping says it is restricted, as any unlabelled field.
records::LayerKey label_of_unset(const pb::FieldDescriptor& field, const std::optional<std::string>& labels) {
    if (labels == unknown_labels) return {};
    const auto changed = read_labels(labels.value_or(""));
    const auto found = changed.find(field.name());
    return found == changed.end() ? records::field_label(field).layer : found->second;
}

template <class F>
auto guarded(F&& body) -> std::invoke_result_t<F> {
    try {
        return body();
    } catch (const SQLite::Exception& exception) {
        return to_error(exception);
    }
}

// Whether not everyone who is cleared for `from` is for `to`.
bool is_above(const records::LayerKey& from, const records::LayerKey& to) {
    return to.compartment != from.compartment || to.classification > from.classification;
}

FieldBits fields_of(records::Kind kind, BytesView body) {
    std::vector<const pb::FieldDescriptor*> set;
    if (const auto part = records::parse_body(kind, body)) (*part)->GetReflection()->ListFields(**part, &set);
    FieldBits bits = 0;
    for (const auto* field : set) bits |= field_bit(field->number());
    return bits;
}

// What a row does not have any more that became another. The bit that fields share may hide a loss: it counts
// as one.
FieldBits fields_lost(records::Kind kind, BytesView before, BytesView now) {
    constexpr FieldBits shared = field_bit(shared_field_bit);
    return fields_of(kind, before) & ~(fields_of(kind, now) & ~shared);
}

// Cursors are given within a transaction: the caller's, or else one around this change alone.
template <class Rows, class F>
Result<Outcome> change(Rows& rows, Database& database, F&& body) {
    return guarded([&]() -> Result<Outcome> {
        std::optional<SQLite::Transaction> own;
        if (sqlite3_get_autocommit(database.getHandle()) != 0) own.emplace(database);
        rows.forget_rolled_back();
        Result<Outcome> outcome = body();
        if (own && outcome) own->commit();
        return outcome;
    });
}

}  // namespace

// What a record is to be, cut into layers.
struct Records::Content {
    records::Kind kind = records::KIND_UNSET;
    RecordId record = 0;
    std::int64_t source = 0;
    std::string_view key;
    std::span<const std::string> areas;
    std::map<records::LayerKey, Bytes> layers;
    Stamp stamp;
    std::set<records::LayerKey> affirmed;  // these count as changed
};

Records::Records(Store& store)
    : rows_(std::make_unique<Rows>(store)),
      fields_(std::make_unique<FieldRows>(store)),
      conflicts_(std::make_unique<ConflictRows>(store)) {}
Records::~Records() = default;

bool can_be_edited(records::Kind kind) {
    return kind != records::VISIT && kind != records::OBSERVATION;
}

Result<Outcome> Records::put(const RecordInput& input) {
    static const records::LabelOverrides no_overrides;
    const auto& overrides = input.overrides ? *input.overrides : no_overrides;
    return change(*rows_, rows_->database(), [&]() -> Result<Outcome> {
        const auto source = rows_->source(input.source);
        if (!source)
            return fail(ErrorCode::not_found, "source '" + std::string(input.source) + "' is not known");
        const auto record = records::record_id(input.kind, input.source, input.key);
        const bool is_property = input.kind == records::PROPERTY;
        Content content{input.kind,
                        record,
                        *source,
                        input.key,
                        input.areas,
                        {},
                        {is_property ? record : input.property,
                         is_property ? records::LinkMethod::self : input.link_method,
                         is_property ? 100 : input.link_confidence, *source, input.as_of},
                        {}};
        const auto known = rows_->record(record);
        const bool is_its_own =
            known && known->kind == input.kind && known->source == *source && known->key == input.key;
        if (!is_its_own || !can_be_edited(input.kind)) {
            content.layers = records::split(*input.message, overrides);
            return write(content, known ? &*known : nullptr, [] {});
        }
        std::unique_ptr<pb::Message> message(input.message->New());
        message->CopyFrom(*input.message);
        auto met = meet_edits(input, record, *message);
        content.layers = records::split(*message, overrides);
        std::unique_ptr<pb::Message> before;
        auto outcome = write(content, &*known, [&] {
            if (!known->deleted) before = whole(record, known->kind, known->property, nullptr);
        });
        if (!outcome) return outcome;
        const auto version = static_cast<std::uint64_t>(outcome->version);
        if (before) {
            note_changes(record, *before, *message, version,
                         {Author::Role::source, std::string(input.source), {}, input.as_of * micros, {}, 0});
        } else if (known->deleted) {
            fields_->made_again(record, version);
        }
        keep_met(record, version, met);
        return outcome;
    });
}

// The message is as the source says it, and gets the edits that stand.
std::vector<Records::MetEdit> Records::meet_edits(const RecordInput& input, RecordId record,
                                                  pb::Message& message) {
    std::vector<MetEdit> met;
    for (const auto& [field, edit] : fields_->edits(record)) {
        const Bytes imported = engine::field_value(message, field);
        const auto says = engine::source_says(edit, imported);
        if (says == engine::SourceSays::as_edited) {
            met.push_back({field, std::nullopt, std::nullopt});
            continue;
        }
        // A value that this program cannot read is a newer program's: here the source's is shown.
        if (!engine::set_field(message, field, edit.value)) continue;
        if (says == engine::SourceSays::the_same) continue;
        Conflict conflict;
        conflict.record = record;
        conflict.kind = input.kind;
        conflict.field = field;
        conflict.shown.value = edit.value;
        if (const auto last = fields_->last_change(record, field)) {
            conflict.shown.by = last->by;
            conflict.shown.saw = last->before;
        }
        conflict.other.value = imported;
        conflict.other.saw = edit.imported;
        conflict.other.by.name = input.source;
        conflict.other.by.at_us = input.as_of * micros;
        met.push_back({field, engine::StandingEdit{imported, edit.value}, std::move(conflict)});
    }
    return met;
}

void Records::keep_met(RecordId record, std::uint64_t version, std::vector<MetEdit>& met) {
    for (auto& [field, edit, conflict] : met) {
        fields_->put_edit(record, field, edit);
        conflicts_->supersede_source(record, field);
        if (!conflict) continue;
        conflict->shown_version = version;
        conflicts_->add(*conflict);
    }
}

void Records::note_changes(RecordId record, const pb::Message& before, const pb::Message& after,
                           std::uint64_t version, const Author& by) {
    for (const auto field : engine::changed_fields(before, after)) {
        FieldChange changed;
        changed.state = {version, by.operation};
        changed.before = engine::field_value(before, field);
        const auto last = fields_->last_change(record, field);
        changed.before_version = last ? last->state.version : fields_->made_in(record);
        changed.by = by;
        fields_->changed(record, field, changed);
    }
}

void Records::note_lost(const Content& content, std::span<const LostFields> earlier,
                        std::span<const LostFields> lost) {
    if (earlier.empty() && lost.empty()) return;
    std::vector<std::pair<records::LayerKey, FieldBits>> now;
    for (const auto& [layer, body] : content.layers) now.emplace_back(layer, fields_of(content.kind, body));
    const auto is_raised = [&](const LostFields& gone) {
        const auto& from = rows_->feed_id(gone.feed).layer;
        return std::ranges::any_of(now, [&](const auto& part) {
            return (part.second & gone.fields) != 0 && is_above(from, part.first);
        });
    };
    for (const LostFields& gone : earlier) {
        if (!is_raised(gone)) continue;
        rows_->purge_before(gone.feed, gone.n);
        rows_->drop_lost(content.record, gone);
    }
    for (const LostFields& gone : lost) {
        if (is_raised(gone)) {
            rows_->purge_before(gone.feed, gone.n);
        } else {
            rows_->put_lost(content.record, gone);
        }
    }
}

Result<Outcome> Records::write(const Content& content, const StoredRecord* before,
                               const std::function<void()>& before_change) {
    for (const auto& [layer, body] : content.layers) {
        if (body.size() <= max_layer_bytes) continue;
        return fail(ErrorCode::invalid_argument,
                    "the record has " + std::to_string(body.size()) + " bytes at one label; at most " +
                        std::to_string(max_layer_bytes) + " can be sent to the vehicles");
    }
    Outcome outcome;
    outcome.record = content.record;
    if (before != nullptr &&
        (before->kind != content.kind || before->source != content.source || before->key != content.key)) {
        return fail(ErrorCode::conflict, "the id of '" + std::string(content.key) +
                                             "' is taken by another record, '" + before->key + "' of " +
                                             rows_->source_id(before->source));
    }
    const bool lives = before != nullptr && !before->deleted;
    std::vector<StoredLayer> gone;  // stored layers that have no place in the record any more
    if (lives) gone = rows_->layers(before->property, content.kind, content.record);
    struct Put {
        std::int64_t feed;
        const Bytes* body;
        std::int64_t replaced;  // version of the feed's row; 0: none
        FieldBits lost;         // what the feed's row had and this one has not
    };
    std::vector<Put> puts;
    std::vector<std::int64_t> moved;  // feeds whose row leaves the old property; the put itself replaces it
    for (auto area = content.areas.begin(); area != content.areas.end(); ++area) {
        if (std::find(content.areas.begin(), area, *area) != area) continue;  // said twice
        for (const auto& [layer, body] : content.layers) {
            const auto feed = rows_->feed({*area, layer});
            if (!feed) {
                return fail(ErrorCode::invalid_argument,
                            "'" + records::feed_text({*area, layer}) +
                                "' is no name for a feed: areas and compartments have 1 to 64 characters "
                                "of a-z 0-9 _ -");
            }
            const auto old = std::ranges::find(gone, *feed, &StoredLayer::feed);
            if (old == gone.end()) {
                puts.push_back({*feed, &body, 0, 0});
                continue;
            }
            if (old->body != body || !old->stamp.same_link(content.stamp) ||
                content.affirmed.contains(layer)) {
                const FieldBits lost = old->body == body ? 0 : fields_lost(content.kind, old->body, body);
                puts.push_back({*feed, &body, old->version, lost});
                if (old->stamp.property != content.stamp.property) moved.push_back(*feed);
            }
            gone.erase(old);
        }
    }
    outcome.version = before != nullptr ? before->version : 0;
    if (lives && puts.empty() && gone.empty()) return outcome;

    before_change();
    const auto lost_earlier = before != nullptr ? rows_->lost(content.record) : std::vector<LostFields>();
    std::vector<LostFields> lost;
    outcome.change = lives ? Change::updated : Change::inserted;
    outcome.feed_changes = static_cast<int>(puts.size() + gone.size());
    ++outcome.version;
    for (const auto feed : moved) rows_->drop_layer(before->property, content.kind, content.record, feed);
    for (const auto& layer : gone) {
        rows_->drop_layer(before->property, content.kind, content.record, layer.feed);
        const auto n =
            rows_->put_removal(content.kind, content.record, outcome.version, layer.feed, layer.version);
        lost.push_back({layer.feed, n, fields_of(content.kind, layer.body)});
    }
    for (const auto& put : puts) {
        if (before != nullptr) rows_->drop_removal(content.record, put.feed);
        const auto n = rows_->put_layer(content.kind, content.record, outcome.version, put.feed,
                                        content.stamp, *put.body, put.replaced);
        if (put.lost != 0) lost.push_back({put.feed, n, put.lost});
    }
    note_lost(content, lost_earlier, lost);
    const StoredRecord now{content.kind, content.source,         std::string(content.key), outcome.version,
                           false,        content.stamp.property, content.stamp.method};
    if (before != nullptr) {
        rows_->save_record(content.record, now);
    } else {
        rows_->add_record(content.record, now);
    }
    return outcome;
}

std::unique_ptr<pb::Message> Records::whole(RecordId record, records::Kind kind, RecordId property,
                                            records::LabelOverrides* labels) {
    auto message = records::new_message(kind);
    for (const auto& [layer, body] : rows_->parts(property, kind, record)) {
        auto part = records::parse_body(kind, body);
        if (!part) throw SQLite::Exception(part.error().message, SQLITE_CORRUPT);
        message->MergeFrom(**part);
        if (labels == nullptr) continue;
        std::vector<const pb::FieldDescriptor*> set;
        (*part)->GetReflection()->ListFields(**part, &set);
        for (const auto* field : set) (*labels)[field->name()] = layer;
    }
    return message;
}

Result<Outcome> Records::change_fields(RecordId record, std::span<const NewValue> values, const Author& by) {
    return change(*rows_, rows_->database(), [&]() -> Result<Outcome> {
        const auto stored = rows_->record(record);
        if (!stored || stored->deleted) return fail(ErrorCode::not_found, "there is no such record");
        if (!can_be_edited(stored->kind)) {
            return fail(ErrorCode::invalid_argument,
                        "what a crew recorded is corrected by an observation, not edited");
        }
        records::LabelOverrides labels;
        const auto before = whole(record, stored->kind, stored->property, &labels);
        const auto standing = fields_->edits(record);
        std::unique_ptr<pb::Message> message(before->New());
        message->CopyFrom(*before);
        Content content;
        for (const auto& [field, value] : values) {
            if (auto set = engine::set_field(*message, field, value); !set) return set.error();
            const auto* descriptor = message->GetDescriptor()->FindFieldByNumber(static_cast<int>(field));
            if (!labels.contains(descriptor->name())) {
                labels[descriptor->name()] =
                    label_of_unset(*descriptor, rows_->labels(stored->source, stored->kind, record));
            }
            content.affirmed.insert(labels[descriptor->name()]);
        }
        content.kind = stored->kind;
        content.record = record;
        content.source = stored->source;
        content.key = stored->key;
        content.layers = records::split(*message, labels);
        if (content.layers.empty())
            return fail(ErrorCode::invalid_argument, "nothing would be left of the record");
        const auto areas = rows_->areas(stored->property, stored->kind, record);
        content.areas = areas;
        for (const auto& layer : rows_->layers(stored->property, stored->kind, record)) {
            if (content.stamp.as_of <= layer.stamp.as_of) content.stamp = layer.stamp;
        }
        auto outcome = write(content, &*stored, [] {});
        if (!outcome || outcome->change == Change::unchanged) return outcome;
        for (const auto& [field, value] : values) {
            FieldChange changed;
            changed.state = {static_cast<std::uint64_t>(outcome->version), by.operation};
            changed.before = engine::field_value(*before, field);
            const auto last = fields_->last_change(record, field);
            changed.before_version = last ? last->state.version : fields_->made_in(record);
            changed.by = by;
            fields_->changed(record, field, changed);
            const auto edit = standing.find(field);
            fields_->put_edit(
                record, field,
                engine::stand_over(edit == standing.end() ? std::nullopt : std::optional(edit->second),
                                   changed.before, value));
        }
        return outcome;
    });
}

Result<StandingField> Records::field(RecordId record, engine::FieldNumber field) {
    return guarded([&]() -> Result<StandingField> {
        const auto stored = rows_->record(record);
        if (!stored || stored->deleted) return fail(ErrorCode::not_found, "there is no such record");
        records::LabelOverrides labels;
        const auto message = whole(record, stored->kind, stored->property, &labels);
        const auto* descriptor = message->GetDescriptor()->FindFieldByNumber(static_cast<int>(field));
        if (descriptor == nullptr) {
            return fail(ErrorCode::invalid_argument,
                        message->GetDescriptor()->name() + " has no field " + std::to_string(field));
        }
        StandingField out;
        out.value = engine::field_value(*message, field);
        const auto label = labels.find(descriptor->name());
        out.layer = label != labels.end()
                        ? label->second
                        : label_of_unset(*descriptor, rows_->labels(stored->source, stored->kind, record));
        if (auto last = fields_->last_change(record, field)) {
            out.state = last->state;
            out.before = std::move(last->before);
            out.before_version = last->before_version;
            out.changed = true;
            out.by = std::move(last->by);
            return out;
        }
        out.state.version = out.value.empty() ? 0 : fields_->made_in(record);
        out.by.name = rows_->source_id(stored->source);
        for (const auto& layer : rows_->layers(stored->property, stored->kind, record)) {
            out.by.at_us = std::max(out.by.at_us, layer.stamp.as_of * micros);
        }
        return out;
    });
}

std::optional<Bytes> StandingField::at(std::uint64_t version) const {
    if (version >= state.version) return value;
    if (changed && version >= before_version) return before;
    return std::nullopt;
}

Result<Outcome> Records::remove(RecordId record) {
    return change(*rows_, rows_->database(), [&]() -> Result<Outcome> {
        Outcome outcome;
        outcome.record = record;
        auto stored = rows_->record(record);
        if (!stored || stored->deleted) {
            outcome.version = stored ? stored->version : 0;
            return outcome;
        }
        outcome.version = ++stored->version;
        outcome.change = Change::removed;
        for (const auto& layer : rows_->layers(stored->property, stored->kind, record)) {
            rows_->drop_layer(stored->property, stored->kind, record, layer.feed);
            const auto n =
                rows_->put_removal(stored->kind, record, outcome.version, layer.feed, layer.version);
            rows_->put_lost(record, {layer.feed, n, fields_of(stored->kind, layer.body)});
            ++outcome.feed_changes;
        }
        stored->deleted = true;
        stored->property = 0;
        stored->link_method = records::LinkMethod::none;
        rows_->save_record(record, *stored);
        return outcome;
    });
}

Result<Outcome> Records::relink(RecordId record, RecordId property, records::LinkMethod method,
                                int confidence) {
    return change(*rows_, rows_->database(), [&]() -> Result<Outcome> {
        auto stored = rows_->record(record);
        if (!stored || stored->deleted) return fail(ErrorCode::not_found, "there is no such record to link");
        if (stored->kind == records::PROPERTY) {
            return fail(ErrorCode::invalid_argument,
                        "a property stands at itself and cannot be linked to another");
        }
        Outcome outcome{record, stored->version, Change::unchanged, 0};
        const auto layers = rows_->layers(stored->property, stored->kind, record);
        for (const auto& layer : layers) {
            Stamp stamp = layer.stamp;
            stamp.property = property;
            stamp.method = method;
            stamp.confidence = confidence;
            if (stamp.same_link(layer.stamp)) continue;
            outcome.version = stored->version + 1;
            rows_->drop_layer(layer.stamp.property, stored->kind, record, layer.feed);
            rows_->put_layer(stored->kind, record, outcome.version, layer.feed, stamp, layer.body,
                             layer.version);
            ++outcome.feed_changes;
        }
        if (outcome.feed_changes == 0) return outcome;
        outcome.change = Change::updated;
        stored->version = outcome.version;
        stored->property = property;
        stored->link_method = method;
        rows_->save_record(record, *stored);
        return outcome;
    });
}

Result<std::optional<RecordHead>> Records::head(RecordId record) {
    return sql([&]() -> std::optional<RecordHead> {
        const auto stored = rows_->record(record);
        if (!stored) return std::nullopt;
        return RecordHead{stored->kind,       rows_->source_id(stored->source),
                          stored->key,        stored->version,
                          stored->deleted,    stored->property,
                          stored->link_method};
    });
}

Result<std::unique_ptr<google::protobuf::Message>> Records::message(RecordId record) {
    return guarded([&]() -> Result<std::unique_ptr<google::protobuf::Message>> {
        const auto stored = rows_->record(record);
        if (!stored || stored->deleted) return std::unique_ptr<google::protobuf::Message>();
        return whole(record, stored->kind, stored->property, nullptr);
    });
}

Result<std::vector<std::string>> Records::areas(RecordId property) {
    return sql([&] {
        rows_->forget_rolled_back();
        return rows_->areas(property, records::PROPERTY, property);
    });
}

Result<std::vector<RecordId>> Records::linked(RecordId property) {
    return sql([&] { return rows_->linked(property); });
}

}  // namespace fieldpost::hub
