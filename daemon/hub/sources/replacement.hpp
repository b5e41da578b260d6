// One [regular expression, text] pair of a mapping's `replace`. Neither an expression nor a value can take
// the stack, much memory or much time, however they were made: matching gives up after a bound of steps.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "sync/base/result.hpp"

namespace fieldpost::hub {

class Replacement {
  public:
    // Longer texts are left as they are.
    static constexpr std::size_t max_text = 1000;  // bytes

    // `expression` in the syntax of ECMAScript; a newline is no `.`, and ^ and $ are begin and end of the
    // text. In `to` stand $1 to $9 for what the groups matched, $& for all of it. invalid_argument with what
    // it is that cannot be used.
    static Result<Replacement> make(const std::string& expression, const std::string& to);

    // The text with every match replaced. full when the expression is too ambiguous for this text.
    Result<std::string> apply(std::string_view text) const;

  private:
    struct Compiled;
    std::shared_ptr<const Compiled> compiled_;  // heavy to include, and copied with the rules
};

}  // namespace fieldpost::hub
