// What GET /status and the metrics say of the uplinks: which carries the traffic, what is left of the month's
// data, what is held back and why.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "daemon/device/link/link_watch.hpp"
#include "daemon/support/metrics.hpp"

namespace fieldpost::device {

// Members of /status' "link". `now` stamps since when each uplink is as it is.
boost::json::array uplinks_json(const LinkWatch& links, const hal::TimeReading& now);
// Null while no link is known to be up.
boost::json::value link_month_json(const LinkWatch& links);
boost::json::array held_json(const LinkWatch& links);

void set_link_metrics(support::Metrics& metrics, const LinkWatch& links);

}  // namespace fieldpost::device
