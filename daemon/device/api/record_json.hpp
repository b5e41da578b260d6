// Records and operations as the API shows them. Pure.
#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <string>
#include <vector>

#include "daemon/device/journal/journal.hpp"
#include "daemon/device/view/origin.hpp"
#include "sync/engine/overlay.hpp"
#include "sync/records/layer.hpp"

namespace fieldpost::device {

// One record with the crew's own work in it; it has at least one layer.
boost::json::object record_json(const engine::OverlaidRecord& record, const Origins& origins);

// As the overlay takes it; what waits at the hub for something else is still pending.
engine::OwnOperation own_operation(const Recorded& recorded);

// visit, observation, correction, edit, status or other.
std::string_view effect_name(const protocol::Operation& operation);

// {"fix", "lat", …}; without a fix there is no position.
boost::json::object position_json(const protocol::GnssStamp& stamp);
boost::json::object time_json(const protocol::TimeStamp& stamp);

// The answer to a request that recorded something.
boost::json::object saved_json(const Recorded& recorded);
// Where an attachment is, by its SHA-256: waiting, sent or not_here.
using AttachmentState = std::function<std::string_view(BytesView)>;

// Lists of /observations and /visits; an observation is as it was made, without what corrects it.
boost::json::object observation_json(const Recorded& recorded, const AttachmentState& attachment_state);
// An observation_corrected.
boost::json::object correction_json(const Recorded& recorded, const AttachmentState& attachment_state);
// A status_reported.
boost::json::object crew_status_json(const Recorded& recorded);

}  // namespace fieldpost::device
