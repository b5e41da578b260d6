// Parsing one source's mapping file.
#pragma once

#include <string>
#include <string_view>

#include "daemon/hub/sources/mapping.hpp"

namespace fieldpost::hub {

// `name` is the file's name for messages; `city` gives the areas that datasets may name.
Result<SourceMapping> parse_source(const std::string& name, std::string_view text, const City& city);

}  // namespace fieldpost::hub
