// From what a crew recorded to the records it makes. Pure.
#pragma once

#include "sync/protocol/journal.pb.h"
#include "sync/records/records.pb.h"

namespace fieldpost::hub {

// The visit as it is after the operation (visit_started or visit_finished); `visit` is as it was, or empty.
void apply_to_visit(const std::string& device, const protocol::Operation& operation, records::Visit& visit);

// Whether the operation, which would make `after` of `before`, is about another device's visit, or says
// otherwise what was said of its start or end already.
bool contradicts(const protocol::Operation& operation, const records::Visit& before,
                 const records::Visit& after);

records::Observation to_observation(const std::string& device, const protocol::Operation& operation);

// "2d", "gnss", …: as records write them.
std::string fix_name(protocol::FixType fix);
std::string time_quality_name(protocol::TimeQuality quality);

}  // namespace fieldpost::hub
