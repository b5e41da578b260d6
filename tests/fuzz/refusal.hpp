// What every refusal of a text that people write holds.
#pragma once

#include <algorithm>
#include <charconv>
#include <string_view>

#include "sync/base/result.hpp"
#include "tests/fuzz/promise.hpp"

namespace fieldpost::fuzz {

// "NAME:LINE: sentence" or "NAME:LINE:COLUMN: sentence", with a line that the text has.
inline void check_refusal(const Error& error, std::string_view name, std::string_view text) {
    std::string_view said = error.message;
    must(error.code == ErrorCode::invalid_argument && said.starts_with(name) && said.size() > name.size() &&
             said[name.size()] == ':',
         "a refusal names the file");
    said.remove_prefix(name.size() + 1);
    long place[2] = {-1, 1};  // line, column
    for (long& number : place) {
        const auto [end, failed] = std::from_chars(said.data(), said.data() + said.size(), number);
        must(failed == std::errc() && end != said.data() + said.size() && *end == ':',
             "a refusal names the line");
        said.remove_prefix(static_cast<std::size_t>(end - said.data()) + 1);
        if (said.starts_with(' ')) break;
    }
    must(said.starts_with(' ') && said.size() > 1, "a refusal says what is wrong");
    must(place[0] >= 0 && place[0] <= std::ranges::count(text, '\n') + 1,
         "a refusal names a line of the file");
    must(place[1] >= 1, "columns are counted from 1");
}

}  // namespace fieldpost::fuzz
