#include "sync/engine/merge.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <memory>
#include <set>

namespace fieldpost::engine {

namespace pb = google::protobuf;

namespace {

const pb::FieldDescriptor* descriptor_of(const pb::Message& record, FieldNumber field) {
    if (field > static_cast<FieldNumber>(pb::FieldDescriptor::kMaxNumber)) return nullptr;
    return record.GetDescriptor()->FindFieldByNumber(static_cast<int>(field));
}

bool is_set(const pb::Message& record, const pb::FieldDescriptor& field) {
    return field.is_repeated() ? record.GetReflection()->FieldSize(record, &field) != 0
                               : record.GetReflection()->HasField(record, &field);
}

Bytes serialize(const pb::Message& message) {
    Bytes out;
    pb::io::StringOutputStream stream(&out);
    pb::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializePartialToCodedStream(&coded);
    coded.Trim();
    return out;
}

// The field's value, which the record then lacks: swapping is the one way that reflection has for every type
// of field.
Bytes take_value(pb::Message& record, const pb::FieldDescriptor& field) {
    const std::unique_ptr<pb::Message> alone(record.New());
    record.GetReflection()->SwapFields(&record, alone.get(), {&field});
    return serialize(*alone);
}

// A message of the record's type with this field alone.
Result<std::unique_ptr<pb::Message>> read_value(const pb::Message& record, FieldNumber field,
                                                BytesView value) {
    const auto* wanted = descriptor_of(record, field);
    if (wanted == nullptr) {
        return fail(ErrorCode::invalid_argument, record.GetDescriptor()->name() + " has no field " +
                                                     std::to_string(field) + ": update this program");
    }
    std::unique_ptr<pb::Message> alone(record.New());
    std::vector<const pb::FieldDescriptor*> fields;
    const bool read = alone->ParseFromArray(value.data(), static_cast<int>(value.size()));
    if (read) alone->GetReflection()->ListFields(*alone, &fields);
    const bool is_that_field = fields.empty() || (fields.size() == 1 && fields.front() == wanted);
    if (!read || !is_that_field || !alone->GetReflection()->GetUnknownFields(*alone).empty()) {
        return fail(ErrorCode::invalid_argument, "the value for " + wanted->name() +
                                                     " cannot be read: it is another field, it is damaged, "
                                                     "or a text in it is not UTF-8");
    }
    return alone;
}

}  // namespace

Bytes field_value(const pb::Message& record, FieldNumber field) {
    const auto* wanted = descriptor_of(record, field);
    if (wanted == nullptr || !is_set(record, *wanted)) return {};
    const std::unique_ptr<pb::Message> copy(record.New());
    copy->CopyFrom(record);
    return take_value(*copy, *wanted);
}

Result<Bytes> canonical_value(const pb::Message& record, FieldNumber field, BytesView value) {
    auto alone = read_value(record, field, value);
    if (!alone) return alone.error();
    return serialize(**alone);
}

Status set_field(pb::Message& record, FieldNumber field, BytesView value) {
    auto alone = read_value(record, field, value);
    if (!alone) return alone.error();
    record.GetReflection()->ClearField(&record, descriptor_of(record, field));
    record.MergeFrom(**alone);
    return ok();
}

std::vector<FieldNumber> changed_fields(const pb::Message& before, const pb::Message& after) {
    std::set<FieldNumber> numbers;
    std::vector<std::unique_ptr<pb::Message>> copies;
    for (const pb::Message* record : {&before, &after}) {
        std::vector<const pb::FieldDescriptor*> fields;
        record->GetReflection()->ListFields(*record, &fields);
        for (const auto* field : fields) numbers.insert(static_cast<FieldNumber>(field->number()));
        copies.emplace_back(record->New())->CopyFrom(*record);
    }
    std::vector<FieldNumber> changed;
    for (const FieldNumber number : numbers) {
        const auto& field = *descriptor_of(before, number);
        if (take_value(*copies[0], field) != take_value(*copies[1], field)) changed.push_back(number);
    }
    return changed;
}

Meeting meet(const FieldState& state, BytesView shown, const protocol::FieldEdit& edit, BytesView value) {
    if (shown == value) return Meeting::same;
    const bool builds_on_it = !edit.seen_operation().empty() && edit.seen_operation() == state.operation;
    return builds_on_it || state.version <= edit.seen_version() ? Meeting::applies : Meeting::conflict;
}

Result<std::vector<MergedField>> merge(pb::Message& record, const protocol::RecordEdited& edited,
                                       const std::function<Result<FieldState>(FieldNumber)>& state) {
    if (edited.edits().empty()) return fail(ErrorCode::invalid_argument, "an edit that changes no field");
    std::vector<MergedField> merged;
    std::set<FieldNumber> seen;
    for (const auto& edit : edited.edits()) {
        if (!seen.insert(edit.field()).second) {
            return fail(ErrorCode::invalid_argument, "an edit that changes one field twice");
        }
        auto value = canonical_value(record, edit.field(), edit.value());
        if (!value) return value.error();
        auto known = state(edit.field());
        if (!known) return known.error();
        MergedField field;
        field.field = edit.field();
        field.before = field_value(record, edit.field());
        field.meeting = meet(*known, field.before, edit, *value);
        field.value = std::move(*value);
        field.seen_version = edit.seen_version();
        merged.push_back(std::move(field));
    }
    for (const auto& field : merged) {
        if (field.meeting != Meeting::applies) continue;
        if (auto set = set_field(record, field.field, field.value); !set) return set.error();
    }
    return merged;
}

std::optional<StandingEdit> stand_over(const std::optional<StandingEdit>& before, BytesView shown,
                                       BytesView value) {
    const Bytes imported(before ? BytesView(before->imported) : shown);
    if (imported == value) return std::nullopt;
    return StandingEdit{imported, Bytes(value)};
}

SourceSays source_says(const StandingEdit& edit, BytesView imported_now) {
    if (imported_now == edit.value) return SourceSays::as_edited;
    return imported_now == edit.imported ? SourceSays::the_same : SourceSays::otherwise;
}

}  // namespace fieldpost::engine
