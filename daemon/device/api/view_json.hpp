// The 360° view as the API shows it. Pure.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "daemon/device/view/case_file.hpp"
#include "daemon/device/view/quick_sheet.hpp"
#include "daemon/device/view/responsible.hpp"

namespace fieldpost::device {

boost::json::object origin_json(const Origin& origin);
boost::json::object sheet_json(const QuickSheet& sheet);
boost::json::object case_json(const CaseFile& file);
boost::json::array responsible_json(const std::vector<Responsible>& responsible);

}  // namespace fieldpost::device
