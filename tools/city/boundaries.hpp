// boundaries/: the districts, and the agencies that answer for parts of the city. They do not change and are
// not spoilt.
#pragma once

#include <memory>
#include <string>

#include "tools/city/layer.hpp"
#include "tools/city/plan.hpp"

namespace fieldpost::city {

std::unique_ptr<Layer> write_districts(const Plan& plan, const std::string& folder);
std::unique_ptr<Layer> write_agencies(const Plan& plan, const std::string& folder);

}  // namespace fieldpost::city
