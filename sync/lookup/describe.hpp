// A record in two short lines for a person, the same in search results, views and maps. Pure; any thread.
#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "sync/records/layer.hpp"

namespace fieldpost::lookup {

struct Description {
    std::string title;     // never empty: "12 Main St", "Permit BP-2024-0012", "Hydrant H-101"
    std::string subtitle;  // may be empty: "Roof · Issued 2024-03-01"
};

// `message` may hold only some layers' fields: what is absent is left out.
Description describe(records::Kind kind, const google::protobuf::Message& message);

// For a record that this program cannot read (unknown kind, damaged body).
Description describe_unknown(records::Kind kind);

// "Permits", "Service requests": the heading over several. A kind unknown here is "Other records".
std::string section_title(records::Kind kind);

}  // namespace fieldpost::lookup
