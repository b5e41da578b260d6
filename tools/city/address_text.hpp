// Addresses as people write them.
#pragma once

#include <string>
#include <string_view>

#include "tools/city/property.hpp"

namespace fieldpost::city {

struct Written {
    std::string text;
    std::string style;  // what was done to it, joined by '+'; see truth/links.csv in the README
};

enum class Care {
    clerk,    // knows the city's way of writing, mostly follows it
    citizen,  // types
};

Written write_address(const Plan& plan, const Property& property, Care care, Random& random);

// "N Main St & Oak Ave"; empty when the segment ends nowhere near another street.
std::string write_crossing(const Plan& plan, const Segment& segment);

// Upper and lower case of ASCII and of Latin-1 letters in UTF-8.
std::string upper(std::string_view text);
std::string lower(std::string_view text);

}  // namespace fieldpost::city
