// The one way in which programs read TOML: text is checked before toml++ sees it, so that no file can
// overflow the stack or reach what toml++ 3.3 calls unreachable.
#pragma once

#include <toml++/toml.h>

#include <string_view>

#include "sync/base/result.hpp"

namespace fieldpost {

inline constexpr std::size_t max_toml_bytes = std::size_t{4} << 20U;
inline constexpr int max_toml_depth = 16;      // arrays and inline tables within each other
inline constexpr int max_toml_key_parts = 16;  // of a.b.c

// `name` stands for the file in errors. invalid_argument with "NAME:LINE:COLUMN: sentence" for what is too
// long or too deep, holds other than ASCII outside of quotes and comments, or is no TOML. A byte order mark
// is passed over.
Result<toml::table> parse_toml(std::string_view text, std::string_view name);

}  // namespace fieldpost
