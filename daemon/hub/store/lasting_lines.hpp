// Text files beside hub.db that only grow, line by line: what a restored hub.db must not take back (PROTOCOL:
// journal 7). Any thread, any process.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sync/base/result.hpp"

namespace fieldpost::hub {

// Without their ends; none when there is no file. The last one may be a piece that a power cut left: lines
// need a mark at their end.
Result<std::vector<std::string>> read_lines(const std::filesystem::path& path);

// They are on disk when it returns; a piece before them stays a line of its own. None: nothing is done.
Status append_lines(const std::filesystem::path& path, const std::vector<std::string>& lines);

}  // namespace fieldpost::hub
