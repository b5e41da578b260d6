// From what a crew recorded to the records it makes: the hub stores them, and the device that recorded it
// shows them at once. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "sync/engine/time_ladder.hpp"
#include "sync/protocol/journal.pb.h"
#include "sync/records/layer.hpp"

namespace fieldpost::engine {

// The source under which crews' records stand.
inline constexpr std::string_view field_source = "field";

records::RecordId observation_record(std::string_view observation);
records::RecordId visit_record(std::string_view visit);

// `when` is what the stamp of the operation is known to mean; it may be the stamp itself.

// The visit as it is after the operation (visit_started or visit_finished); `visit` is as it was, or empty.
void apply_to_visit(const std::string& device, const protocol::Operation& operation, const TrueTime& when,
                    records::Visit& visit);

// Whether the operation, which would make `after` of `before`, is about another device's visit, or says
// otherwise what was said of its start or end already.
bool contradicts(const protocol::Operation& operation, const records::Visit& before,
                 const records::Visit& after);

// Fills an empty `out`: the observation of an observation_made, or of an observation_corrected: a correction
// is an observation of its own, and the one that it corrects stays as it was but for its corrected_by.
void to_observation(const std::string& device, const protocol::Operation& operation, const TrueTime& when,
                    records::Observation& out);

// How often one observation may be corrected, one correction after the other.
inline constexpr int max_corrections = 100;

// Gives the record the time that its operation's stamp is known to mean now.
void restamp(const protocol::TimeStamp& stamp, const TrueTime& when, records::Observation& observation);

// "2d", "gnss", …: as records write them.
std::string fix_name(protocol::FixType fix);
std::string time_quality_name(protocol::TimeQuality quality);

}  // namespace fieldpost::engine
