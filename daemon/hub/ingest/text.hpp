// Reading values out of text cells. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fieldpost::hub {

// Without white space (ASCII) at both ends.
std::string_view trim(std::string_view text);
// White space of any kind and length becomes one blank; none at the ends.
std::string squash(std::string_view text);
std::string upper_ascii(std::string_view text);

// RFC 3629: no overlong forms, no surrogates. Gives the offset of the first bad byte.
std::optional<std::size_t> find_invalid_utf8(std::string_view text);
// The text with each bad byte shown as U+FFFD.
std::string printable_utf8(std::string_view text);

// A number as people and systems write it: "12", "-3.5", "1,234.50", "$86,753.00", "-$20.00", "(12.00)",
// "1e3". nullopt for anything else, and for what is not finite.
std::optional<double> parse_number(std::string_view text);
// Y, yes, true, T, 1, X; N, no, false, F, 0; any case.
std::optional<bool> parse_flag(std::string_view text);

}  // namespace fieldpost::hub
