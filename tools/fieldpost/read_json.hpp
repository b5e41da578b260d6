// Reading members of an answer that another version of the device may have left out: absent or of another
// type reads as nothing, never as an error.
#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace fieldpost::cli {

// Null when there is no such member.
const boost::json::value& member(const boost::json::value& object, std::string_view name);

// Empty when it is not a string. Control characters, which could steer a terminal, come as spaces.
std::string text_at(const boost::json::value& object, std::string_view name);
std::optional<double> number_at(const boost::json::value& object, std::string_view name);
bool flag_at(const boost::json::value& object, std::string_view name);
// Empty when it is not an array.
const boost::json::array& array_at(const boost::json::value& object, std::string_view name);

}  // namespace fieldpost::cli
