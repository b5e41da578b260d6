// The observations that peers/observations.mjs writes, as the operations that a device records: both sides of
// a comparison move the same content. peers/README.md says which member becomes which field.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "sync/base/result.hpp"
#include "sync/protocol/journal.pb.h"

namespace fieldpost::bench {

// One line. invalid_argument when it is not such an observation, or has a member that would be left out.
Result<protocol::Operation> read_observation(std::string_view line);

// The first `count` lines of the file. invalid_argument with the line's number, also when there are fewer.
Result<std::vector<protocol::Operation>> read_observations(const std::filesystem::path& file,
                                                           std::size_t count);

}  // namespace fieldpost::bench
