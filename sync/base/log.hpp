// The log sink: spdlog's default logger, set up once by a program's app/. Libraries include <spdlog/spdlog.h>
// in their .cpp files and write what an operator can act on; no personal data, no keys.
#pragma once

#include <string_view>

namespace fieldpost {

// Logs to standard error, one line an event, UTC milliseconds; under systemd the time stamp is left to the
// journal. Level: trace, debug, info, warn, error. An unknown level is taken as info.
void start_log(std::string_view program, std::string_view level);

}  // namespace fieldpost
