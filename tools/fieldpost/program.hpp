// The command line: arguments in, exit code out.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace fieldpost::cli {

// `arguments` without the program's name; `socket_from_environment` is FIELDPOST_SOCKET, or empty. Writes
// what was asked for to `out`, and what went wrong to `error` (with --json: to `out`, as problem details).
int run_program(std::vector<std::string> arguments, const std::string& socket_from_environment,
                std::ostream& out, std::ostream& error);

}  // namespace fieldpost::cli
