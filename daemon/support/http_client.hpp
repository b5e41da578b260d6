// A small HTTP/1.1 client that waits for its answer, for the command line and for tests. One thread at a
// time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/support/http_message.hpp"

namespace fieldpost::support {

struct ClientResponse {
    int status = 0;
    NameValues headers;  // names in lower case
    std::string body;

    // Empty when absent.
    std::string_view header(std::string_view lower_case_name) const;
};

class HttpClient {
  public:
    static HttpClient unix_socket(std::filesystem::path path);
    // `address` is numeric; IPv6 without brackets.
    static HttpClient tcp(std::string address, std::uint16_t port);

    HttpClient(HttpClient&&) noexcept;
    HttpClient& operator=(HttpClient&&) noexcept;
    ~HttpClient();

    // For a whole request, from connecting to the last byte of the answer. Default 30 s.
    void set_timeout(std::chrono::milliseconds timeout);
    // Bytes of an answer's body; beyond, the request fails with full. Default 64 MiB.
    void set_body_limit(std::size_t bytes);

    // `target` is path and query, encoded. The connection is kept for the next request; when the server has
    // closed it meanwhile, a request is sent once more on a new one only if nothing was received and the
    // method is GET or HEAD. unavailable: nobody listens, or no answer in time; corrupt: not an HTTP answer;
    // invalid_argument: a bad address, or a header with a line end.
    Result<ClientResponse> request(std::string_view method, std::string_view target,
                                   std::string_view body = {}, const NameValues& headers = {});

    Result<ClientResponse> get(std::string_view target) { return request("GET", target); }
    // The file is sent in pieces, and the timeout counts for each of them and for the answer. Besides:
    // not_found, refused and io when the file cannot be read.
    Result<ClientResponse> post_file(std::string_view target, const std::filesystem::path& file);
    // With Content-Type: application/json.
    Result<ClientResponse> post_json(std::string_view target, std::string_view body);

  private:
    struct State;
    explicit HttpClient(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace fieldpost::support
