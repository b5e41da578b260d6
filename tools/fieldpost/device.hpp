// The device as the commands see it: questions with a JSON answer, or a failure that says how the program
// ends.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/system/result.hpp>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

#include "daemon/support/http_client.hpp"

namespace fieldpost::cli {

// What scripts go by; --help lists them.
enum class Exit { ok = 0, refused = 1, usage = 2, unreachable = 3, not_found = 4 };

struct Failure {
    Exit exit = Exit::refused;
    std::string sentence;  // for a person
    boost::json::value
        problem;  // for --json: what the device answered, or the same sentence as problem details
};

[[noreturn]] inline void throw_exception_from_error(const Failure& failure, const boost::source_location&) {
    throw std::runtime_error(failure.sentence);
}

template <class T>
using Outcome = boost::system::result<T, Failure>;

Failure failure(Exit exit, std::string_view title, std::string sentence);

class Device {
  public:
    // `socket` is for sentences; the client is connected to it.
    Device(support::HttpClient client, std::string socket)
        : client_(std::move(client)), socket_(std::move(socket)) {}

    // `target` is below /api/v1, with its query encoded.
    Outcome<boost::json::value> get(std::string_view target);
    Outcome<boost::json::value> post(std::string_view target, const boost::json::object& body);
    // The file as it stands.
    Outcome<boost::json::value> post_file(std::string_view target, const std::filesystem::path& file);

  private:
    Outcome<boost::json::value> answer(const Result<support::ClientResponse>& response) const;

    support::HttpClient client_;
    std::string socket_;
};

}  // namespace fieldpost::cli
