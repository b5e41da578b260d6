// Changing single fields of a record, and what becomes of it when others changed them too. Pure; any thread.
//
// A field is named by its number in the record's message. Its value is that field alone, as a message of the
// record's type, serialised the one canonical way: equal values are equal bytes, and no bytes mean that the
// field is not set. A repeated field is one value.
#pragma once

#include <google/protobuf/message.h>

#include <functional>
#include <optional>
#include <vector>

#include "sync/base/bytes.hpp"
#include "sync/base/result.hpp"
#include "sync/protocol/journal.pb.h"

namespace fieldpost::engine {

using FieldNumber = std::uint32_t;

// Empty when the field is not set, or when this program does not know it.
Bytes field_value(const google::protobuf::Message& record, FieldNumber field);

// The value as field_value() would write it. invalid_argument when messages of this type have no such field,
// or when the bytes are anything but that field, such as a text that is not UTF-8: nobody could read the
// record with it any more.
Result<Bytes> canonical_value(const google::protobuf::Message& record, FieldNumber field, BytesView value);

// An empty value clears the field. Errors as canonical_value(); the record is then as it was.
Status set_field(google::protobuf::Message& record, FieldNumber field, BytesView value);

// The fields in which two records of one type differ, ascending.
std::vector<FieldNumber> changed_fields(const google::protobuf::Message& before,
                                        const google::protobuf::Message& after);

// The last change of a field, as the hub knows it.
struct FieldState {
    std::uint64_t version = 0;  // of the record, that this change made; 0: the field was never set
    std::string operation;      // id of the operation whose value it is; empty: a source's
};

enum class Meeting {
    same,      // the field has this value already: nothing to do, whatever the editor saw
    applies,   // the editor saw what stands now
    conflict,  // another change came between: both are kept, what stands is shown until a person decides
};

// `shown` and `value` are canonical.
Meeting meet(const FieldState& state, BytesView shown, const protocol::FieldEdit& edit, BytesView value);

struct MergedField {
    FieldNumber field = 0;
    Meeting meeting = Meeting::same;
    Bytes before;
    Bytes value;  // the edit's
    std::uint64_t seen_version = 0;
};

// Merges an operation's edits into the record: those that apply are in it afterwards, the others are only
// told. `state` is asked once for each field. invalid_argument when there is no edit, when one is no field of
// the record, or when two are of the same field; an error of `state` is handed on. The record is then as it
// was.
Result<std::vector<MergedField>> merge(google::protobuf::Message& record,
                                       const protocol::RecordEdited& edited,
                                       const std::function<Result<FieldState>(FieldNumber)>& state);

// A crew's or a person's value that stands over what a source says.
struct StandingEdit {
    Bytes imported;  // what the source said, last time it was asked
    Bytes value;
    bool operator==(const StandingEdit&) const = default;
};

// What stands over the source once the field, which shows `shown`, is given `value`; nullopt when that is
// what the source says anyway. `before` stood so far; without one `shown` is the source's.
std::optional<StandingEdit> stand_over(const std::optional<StandingEdit>& before, BytesView shown,
                                       BytesView value);

enum class SourceSays {
    the_same,   // as when the edit was made: the edit stands
    as_edited,  // what the edit says: it is fulfilled, and gone
    otherwise,  // a conflict; the edit stays shown until a person decides
};
SourceSays source_says(const StandingEdit& edit, BytesView imported_now);

}  // namespace fieldpost::engine
