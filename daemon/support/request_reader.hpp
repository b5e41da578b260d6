// Reads requests off a connection, for the .cpp files of this folder only. Beast is behind it.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <functional>
#include <memory>
#include <optional>

#include "daemon/support/http_server.hpp"
#include "daemon/support/upload.hpp"

namespace fieldpost::support {

// What came of reading one request.
struct Received {
    Request request;  // as far as it could be read
    bool keep_alive = false;
    bool gone = false;  // the client has closed, or the connection broke: nobody to answer
    std::optional<Response>
        refusal;  // the answer to give instead of handling the request; then no more is read
};

// Loop thread only.
class RequestReader {
  public:
    using Socket = boost::asio::generic::stream_protocol::socket;

    // The socket, options and router must outlive this object, and every `done` must keep the socket alive.
    RequestReader(Socket& socket, const HttpOptions& options, const Router& router, bool from_socket);
    ~RequestReader();

    // True when bytes of the next request are here already (a client that does not wait for answers).
    bool has_bytes() const;

    // Reads one request within the limits and calls `done` once, later. Cancelled by closing the socket: then
    // `done` is told that the client is gone.
    void read(std::function<void(Received)> done);

  private:
    class State;
    std::shared_ptr<State> state_;
};

}  // namespace fieldpost::support
