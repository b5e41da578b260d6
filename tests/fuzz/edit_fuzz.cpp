// What crews record and change, as the hub and the device's overlay read it: the first byte is the kind of
// record, then come steps. A field is taken out, put in and merged without touching another; an edit that is
// refused changes nothing; the overlay shows no record without a layer, and none that cannot be read,
// whatever operations it is given.
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <optional>

#include "sync/engine/overlay.hpp"
#include "tests/fuzz/heap_bound.hpp"
#include "tests/fuzz/promise.hpp"
#include "tests/fuzz/quiet.hpp"
#include "tests/fuzz/steps.hpp"

using namespace fieldpost;
using namespace fieldpost::engine;
using namespace fieldpost::fuzz;

namespace {

constexpr records::RecordId edited_record = 7;

Bytes serialize(const google::protobuf::Message& message) {
    Bytes out;
    google::protobuf::io::StringOutputStream stream(&out);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    must(message.SerializeToCodedStream(&coded), "what was read can be written");
    coded.Trim();
    return out;
}

std::unique_ptr<google::protobuf::Message> copy_of(const google::protobuf::Message& message) {
    std::unique_ptr<google::protobuf::Message> copy(message.New());
    copy->CopyFrom(message);
    return copy;
}

void check_field(google::protobuf::Message& record, FieldNumber field, BytesView value) {
    const auto before = copy_of(record);
    const auto canonical = canonical_value(record, field, value);
    const auto set = set_field(record, field, value);
    must(set.has_value() == canonical.has_value(), "a value is read in one way");
    if (!canonical) {
        must(canonical.error().code == ErrorCode::invalid_argument, "a value that cannot be read is refused");
        must(serialize(record) == serialize(*before), "a value that is refused changes nothing");
        return;
    }
    must(field_value(record, field) == *canonical, "a field that was set has its value");
    must(canonical_value(record, field, *canonical).value() == *canonical,
         "a canonical value is one already");
    for (const FieldNumber changed : changed_fields(*before, record))
        must(changed == field, "no other field changes");
}

void check_merge(google::protobuf::Message& record, const protocol::RecordEdited& edited, unsigned state) {
    const auto before = copy_of(record);
    const auto merged = merge(record, edited, [&](FieldNumber field) -> Result<FieldState> {
        return FieldState{(field * 7U + state) % 5U, state % 3U == 0 ? "" : "op"};
    });
    if (!merged) {
        must(serialize(record) == serialize(*before), "an edit that is refused changes nothing");
        return;
    }
    must(merged->size() == static_cast<std::size_t>(edited.edits_size()), "each edit meets something");
    std::vector<FieldNumber> applied;
    for (const auto& field : *merged) {
        must(field.before == field_value(*before, field.field), "a merge tells what was before");
        const Bytes& now = field.meeting == Meeting::applies ? field.value : field.before;
        must(field_value(record, field.field) == now, "what applies is in the record, and nothing else");
        if (field.meeting == Meeting::applies) applied.push_back(field.field);
        const auto standing = stand_over(std::nullopt, field.before, field.value);
        must(standing.has_value() == (field.before != field.value), "what the source says needs no edit");
        if (!standing) continue;
        must(source_says(*standing, field.before) == SourceSays::the_same &&
                 source_says(*standing, field.value) == SourceSays::as_edited,
             "an edit stands until the source says otherwise");
    }
    for (const FieldNumber changed : changed_fields(*before, record)) {
        must(std::ranges::find(applied, changed) != applied.end(), "no other field changes");
    }
}

void check_overlay(const google::protobuf::Message& record, records::Kind kind,
                   const std::vector<OwnOperation>& own) {
    std::vector<records::LayerRow> rows;
    std::set<records::LayerKey> cleared;
    for (const auto& [layer, body] : records::split(record)) {
        records::LayerRow row;
        row.kind = kind;
        row.record = edited_record;
        row.layer = layer;
        row.version = 3;
        row.body = body;
        rows.push_back(row);
        cleared.insert(layer);
    }
    Overlay overlay("truck-1", cleared, 0);
    overlay.hold(rows);
    overlay.lay(own);
    must(overlay.order().size() <= 1 + own.size(), "an operation makes no more than one record");
    for (const auto id : overlay.order()) {
        const auto& shown = overlay.at(id);
        must(!shown.layers.empty(), "what is shown has a layer");
        std::set<records::LayerKey> layers;
        for (const auto& row : shown.layers) {
            must(layers.insert(row.layer).second, "a record has one row a layer");
            must(records::parse_body(row.kind, row.body).has_value(), "what is shown can be read");
        }
    }
}

// nullopt: a journal keeps nothing that cannot be read, and what was read of it is no operation.
std::optional<OwnOperation> own_operation(const Step& step) {
    OwnOperation own;
    if (!own.operation.ParseFromArray(step.bytes.data(), static_cast<int>(step.bytes.size())))
        return std::nullopt;
    if (step.choice & 8U && own.operation.has_record_edited())
        own.operation.mutable_record_edited()->set_record(edited_record);
    own.state = static_cast<OwnState>(1U + (step.choice >> 4U) % 4U);
    own.version = step.choice >> 6U;
    own.noted_in = step.choice >> 7U;
    return own;
}

void check_records(const protocol::Operation& operation) {
    const TrueTime when{operation.time().utc_us(), operation.time().quality()};
    records::Visit visit;
    apply_to_visit("truck-1", operation, when, visit);
    must(!contradicts(operation, visit, visit), "what is said twice is no contradiction");
    records::Observation observation;
    to_observation("truck-1", operation, when, observation);
    const Bytes before = serialize(observation);
    restamp(operation.time(), when, observation);
    must(serialize(observation) == before, "the same time is the same record");
    const auto known = known_correction(operation.time(), operation.time_corrected());
    restamp(operation.time(), true_time(operation.time(), {&known, 1}), observation);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const HeapBound bound(protobuf_reserve + (32U << 20U));
    const auto kind = static_cast<records::Kind>(data[0] % (records::Kind_MAX + 1));
    auto record = records::new_message(kind);
    if (!record) return 0;
    std::vector<OwnOperation> own;
    Steps steps(data + 1, size - 1);
    while (const auto step = steps.next()) {
        protocol::FieldEdit edit;
        protocol::RecordEdited edited;
        switch (step->choice & 3U) {
            case 0:
                if (auto read = records::parse_body(kind, step->bytes)) record = std::move(*read);
                break;
            case 1:
                if (edit.ParseFromArray(step->bytes.data(), static_cast<int>(step->bytes.size())))
                    check_field(*record, edit.field(), edit.value());
                break;
            case 2:
                if (edited.ParseFromArray(step->bytes.data(), static_cast<int>(step->bytes.size())))
                    check_merge(*record, edited, step->choice >> 2U);
                break;
            default:
                if (auto read = own_operation(*step)) own.push_back(std::move(*read));
                if (own.empty()) break;
                check_records(own.back().operation);
                if (own.size() > 50) own.erase(own.begin());
                check_overlay(*record, kind, own);
        }
    }
    return 0;
}
