#pragma once

#include <boost/json/value.hpp>
#include <string>

namespace fieldpost::cli {

// "42.37012, -71.10541, 3d fix, within 3 m, 9 satellites, 1 s old", or "no fix".
std::string format_position(const boost::json::value& position);

}  // namespace fieldpost::cli
