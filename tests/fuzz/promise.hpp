// How a target says that a promise was broken: the sentence goes to the log, and the input is kept as a
// crash.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace fieldpost::fuzz {

[[noreturn]] inline void broken(std::string_view promise) {
    std::fprintf(stderr, "broken promise: %.*s\n", static_cast<int>(promise.size()), promise.data());
    std::abort();
}

inline void must(bool holds, std::string_view promise) {
    if (!holds) broken(promise);
}

}  // namespace fieldpost::fuzz
