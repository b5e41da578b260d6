// Records and operations as the API shows them. Pure.
#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <string>
#include <vector>

#include "daemon/device/journal/journal.hpp"
#include "sync/records/layer.hpp"
#include "sync/snapshot/meta.hpp"

namespace fieldpost::device {

using SourceTitles = std::map<std::string, std::string, std::less<>>;

// One record from its layers; `state` is that of the crew's own work, "current" for everything else.
boost::json::object record_json(const std::vector<records::LayerRow>& layers, const SourceTitles& sources,
                                std::string_view state);

// A crew's operation as the record it will be at the hub.
std::vector<records::LayerRow> overlay_rows(const std::string& device, const Recorded& recorded);

// {"fix", "lat", …}; without a fix there is no position.
boost::json::object position_json(const protocol::GnssStamp& stamp);
boost::json::object time_json(const protocol::TimeStamp& stamp);
boost::json::value point_json(const std::optional<records::Position>& position);

// The answer to a request that recorded something.
boost::json::object saved_json(const Recorded& recorded);
// Lists of /observations and /visits.
boost::json::object observation_json(const Recorded& recorded);

}  // namespace fieldpost::device
