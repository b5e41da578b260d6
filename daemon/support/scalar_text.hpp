// A single JSON value as the text that is kept of it. Pure; any thread.
#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>

namespace fieldpost::support {

// A text as it is; true or false; a number in decimal notation ("62.5", "3", "-0.125"), with an exponent only
// below 1e-6 and above 1e15 in size. Read again, it is the same number. nullopt for an object, an array,
// null, and a number that is too large to be kept.
std::optional<std::string> scalar_text(const boost::json::value& value);

}  // namespace fieldpost::support
