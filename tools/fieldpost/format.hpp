// The device's answers as text for a person. Pure: JSON in, text out.
#pragma once

#include <boost/json/value.hpp>
#include <string>

namespace fieldpost::cli {

std::string format_status(const boost::json::value& status);
std::string format_search(const boost::json::value& answer);
struct ShowOptions {
    std::string kind;   // only this kind's section; empty: all
    bool full = false;  // every field of every record, not of the property alone
};
std::string format_property(const boost::json::value& view, const ShowOptions& options);
std::string format_near(const boost::json::value& answer);
std::string format_saved(const boost::json::value& saved);

}  // namespace fieldpost::cli
