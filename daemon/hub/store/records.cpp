#include "daemon/hub/store/records.hpp"

#include <sqlite3.h>

#include <algorithm>

#include "daemon/hub/store/record_rows.hpp"

namespace fieldpost::hub {

namespace {

template <class F>
auto guarded(F&& body) -> std::invoke_result_t<F> {
    try {
        return body();
    } catch (const SQLite::Exception& exception) {
        return to_error(exception);
    }
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

Records::Records(Store& store) : rows_(std::make_unique<Rows>(store)) {}
Records::~Records() = default;

Result<Outcome> Records::put(const RecordInput& input) {
    static const records::LabelOverrides no_overrides;
    const auto layers = records::split(*input.message, input.overrides ? *input.overrides : no_overrides);
    for (const auto& [layer, body] : layers) {
        if (body.size() <= max_layer_bytes) continue;
        return fail(ErrorCode::invalid_argument,
                    "the record has " + std::to_string(body.size()) + " bytes at one label; at most " +
                        std::to_string(max_layer_bytes) + " can be sent to the vehicles");
    }
    return change(*rows_, rows_->database(), [&]() -> Result<Outcome> {
        const auto source = rows_->source(input.source);
        if (!source)
            return fail(ErrorCode::not_found, "source '" + std::string(input.source) + "' is not known");

        Outcome outcome;
        outcome.record = records::record_id(input.kind, input.source, input.key);
        const bool is_property = input.kind == records::PROPERTY;
        const Stamp stamp{is_property ? outcome.record : input.property,
                          is_property ? records::LinkMethod::self : input.link_method,
                          is_property ? 100 : input.link_confidence, *source, input.as_of};

        const auto before = rows_->record(outcome.record);
        if (before && (before->kind != input.kind || before->source != *source || before->key != input.key)) {
            return fail(ErrorCode::conflict, "the id of '" + std::string(input.key) +
                                                 "' is taken by another record, '" + before->key + "' of " +
                                                 rows_->source_id(before->source));
        }
        const bool lives = before && !before->deleted;
        std::vector<StoredLayer> gone;  // stored layers that have no place in the record any more
        if (lives) gone = rows_->layers(before->property, input.kind, outcome.record);
        std::vector<std::pair<std::int64_t, const Bytes*>> puts;
        std::vector<std::int64_t>
            moved;  // feeds whose row leaves the old property; the put itself replaces it
        for (const auto& area : input.areas) {
            for (const auto& [layer, body] : layers) {
                const auto feed = rows_->feed({area, layer});
                if (!feed) {
                    return fail(ErrorCode::invalid_argument,
                                "'" + records::feed_text({area, layer}) +
                                    "' is no name for a feed: areas and compartments have 1 to 64 characters "
                                    "of a-z 0-9 _ -");
                }
                const auto old = std::ranges::find(gone, *feed, &StoredLayer::feed);
                if (old == gone.end()) {
                    puts.emplace_back(*feed, &body);
                    continue;
                }
                if (old->body != body || !old->stamp.same_link(stamp)) {
                    puts.emplace_back(*feed, &body);
                    if (old->stamp.property != stamp.property) moved.push_back(*feed);
                }
                gone.erase(old);
            }
        }
        outcome.version = before ? before->version : 0;
        if (lives && puts.empty() && gone.empty()) return outcome;

        outcome.change = lives ? Change::updated : Change::inserted;
        outcome.feed_changes = static_cast<int>(puts.size() + gone.size());
        ++outcome.version;
        for (const auto feed : moved) rows_->drop_layer(before->property, input.kind, outcome.record, feed);
        for (const auto& layer : gone) {
            rows_->drop_layer(before->property, input.kind, outcome.record, layer.feed);
            rows_->put_removal(input.kind, outcome.record, outcome.version, layer.feed);
        }
        for (const auto& [feed, body] : puts) {
            if (before) rows_->drop_removal(outcome.record, feed);
            rows_->put_layer(input.kind, outcome.record, outcome.version, feed, stamp, *body);
        }
        rows_->save_record(outcome.record, {input.kind, *source, std::string(input.key), outcome.version,
                                            false, stamp.property, stamp.method});
        return outcome;
    });
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
            rows_->put_removal(stored->kind, record, outcome.version, layer.feed);
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
            rows_->put_layer(stored->kind, record, outcome.version, layer.feed, stamp, layer.body);
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
        std::unique_ptr<google::protobuf::Message> whole;
        if (!stored || stored->deleted) return whole;
        whole = records::new_message(stored->kind);
        for (const auto& body : rows_->bodies(stored->property, stored->kind, record)) {
            auto part = records::parse_body(stored->kind, body);
            if (!part) return part.error();
            whole->MergeFrom(**part);
        }
        return whole;
    });
}

Result<std::vector<RecordId>> Records::linked(RecordId property) {
    return sql([&] { return rows_->linked(property); });
}

}  // namespace fieldpost::hub
