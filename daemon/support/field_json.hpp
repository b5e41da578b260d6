// One field of a record as JSON, as both APIs write it, and back. Pure; any thread.
//
//   *_on    "2026-03-01"                     *_at     "2026-03-01T12:00:00Z"
//   address "12 Main St", one line           position {"lat": 43.05, "lon": -76.15}
//   named values (more)  {"name": "value"}   other repeated fields: a list
//   bytes   hexadecimal                      enumerations: their name in lower case
//   attachments: a list of {"sha256", "bytes", "media_type", "name", "thumbnail"}
#pragma once

#include <google/protobuf/message.h>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string_view>

#include "sync/base/bytes.hpp"
#include "sync/base/result.hpp"
#include "sync/records/common.pb.h"

namespace fieldpost::support {

boost::json::value field_json(const google::protobuf::Message& record,
                              const google::protobuf::FieldDescriptor& field);

// Sets the field in `record`; null clears it. invalid_argument with a sentence for the client, who then sent
// something that field_json() would not have written for it.
Status set_field_from_json(google::protobuf::Message& record, const google::protobuf::FieldDescriptor& field,
                           const boost::json::value& value);

// {"sha256", "bytes", "media_type", "name", "thumbnail"}; null for no thumbnail.
boost::json::object attachment_json(const records::Attachment& attachment);

// {"lat", "lon"} in degrees, or null.
boost::json::value point_json(const std::optional<records::Position>& position);

}  // namespace fieldpost::support
