// Putting a text into a field of a record, by the field's type and name. Pure.
#pragma once

#include <google/protobuf/message.h>

#include <optional>
#include <string>
#include <string_view>

#include "daemon/hub/ingest/moment.hpp"
#include "daemon/hub/ingest/row.hpp"
#include "daemon/hub/sources/mapping.hpp"

namespace fieldpost::hub {

// Sets a field that is not a message. By its name a field "..._on" takes a date, "..._at" an instant,
// "..._cents" an amount in dollars; a bool takes a flag, a number a number times the rule's scale within its
// minimum and maximum, bytes take hexadecimal digits, and everything else the text itself. Of a repeated
// field it adds a value. Gives a refusal, and leaves the field as it was, for a text that is none of that.
std::optional<Refusal> set_field(google::protobuf::Message& message,
                                 const google::protobuf::FieldDescriptor& field, std::string_view text,
                                 const FieldRule& rule, const TimeZone& zone);

// What a quality rule says of a cell.
std::optional<Refusal> check_value(const Check& check, std::string_view text);

// Degrees; nothing when both texts are empty or both are zero. Adds "repaired position" and "dropped
// position" to what it did; `position` stays empty when there is none.
struct ReadPosition {
    std::optional<Vertex> position;
    bool repaired = false;
    bool dropped = false;
};
std::optional<Refusal> read_position(std::string_view lat, std::string_view lon, const PositionRule& rule,
                                     const Bounds& bounds, ReadPosition& out);

// In units of 1e-7 degree.
std::int32_t to_e7(double degrees);

}  // namespace fieldpost::hub
