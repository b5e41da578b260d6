// How a vehicle's box is doing, as the list of vehicles shows it.
#pragma once

#include <boost/json/object.hpp>

#include "sync/protocol/journal.pb.h"

namespace fieldpost::hub {

// Of a health record; what it does not say is null, or an empty word. "start" is null here: most records tell
// of none, and the last one that does is start_json()'s.
boost::json::object health_json(const protocol::HealthReported& health);
boost::json::object start_json(const protocol::HealthStart& start);

}  // namespace fieldpost::hub
