// Errors that can happen in the field are values.
//
// Result<T> is boost::system::result with our Error: `if (!r) return r.error();` passes an error on, and
// `r.error().with("while ...")` adds context on the way up. A Result may not be dropped silently.
#pragma once

#include <boost/system/result.hpp>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace fieldpost {

enum class ErrorCode {
    invalid_argument,  // the caller's or a person's input is wrong; the message says how to mend it
    not_found,
    conflict,     // what exists contradicts what was asked
    corrupt,      // stored or received bytes are damaged
    io,           // a file, socket or device failed
    full,         // no space, or a bound was reached
    refused,      // not allowed, or a signature does not hold
    unavailable,  // a part that is needed is not there now; trying later may help
    internal,     // a programming error that was caught
};

std::string_view to_string(ErrorCode code);

struct Error {
    ErrorCode code = ErrorCode::internal;
    std::string message;  // a sentence for a person

    // The same error with context put in front: "while opening journal: disk is full".
    [[nodiscard]] Error with(std::string_view context) const {
        return Error{code, std::string(context) + ": " + message};
    }
};

// For logs and test reports.
inline std::ostream& operator<<(std::ostream& out, const Error& error) {
    return out << to_string(error.code) << ": " << error.message;
}

// Thrown only when value() is called on an error: a programming mistake.
[[noreturn]] inline void throw_exception_from_error(const Error& error, const boost::source_location&) {
    throw std::runtime_error(error.message);
}

template <class T>
class [[nodiscard]] Result : public boost::system::result<T, Error> {
  public:
    using Base = boost::system::result<T, Error>;
    using Base::Base;
    Result(const Error& error) : Base(error) {}
    Result(Error&& error) : Base(std::move(error)) {}
};

// Tells only whether there is a value: a value need not be streamable.
template <class T>
std::ostream& operator<<(std::ostream& out, const Result<T>& result) {
    return result.has_error() ? out << result.error() : out << "a value";
}

using Status = Result<void>;

inline Status ok() {
    return Status{};
}
inline Error fail(ErrorCode code, std::string message) {
    return Error{code, std::move(message)};
}

}  // namespace fieldpost
