// One client's connection, for the .cpp files of this folder only.
#pragma once

#include <array>
#include <boost/asio/generic/stream_protocol.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <set>

#include "daemon/support/http_server.hpp"
#include "daemon/support/loop_core.hpp"

namespace fieldpost::support {

class Connection {
  public:
    virtual ~Connection() = default;
    // Begins to read requests.
    virtual void start() = 0;
    // Answers 503 without reading, then closes.
    virtual void refuse() = 0;
    // Ends once the answer on its way is out.
    virtual void stop() = 0;
    virtual void close_now() = 0;
};

// What the connections of one server share. Loop thread only.
struct ConnectionGroup {
    std::shared_ptr<LoopCore> core;
    const Router* router = nullptr;
    HttpOptions options;
    std::set<std::shared_ptr<Connection>> open;
    std::array<std::size_t, 2> count{};  // open ones by TCP, by Unix socket
    std::size_t event_streams = 0;
    bool stopping = false;
    std::function<void()> on_empty;  // called when the last connection has closed
};

// Adds a connection to the group, and starts it unless there are too many.
void take_connection(const std::shared_ptr<ConnectionGroup>& group,
                     boost::asio::generic::stream_protocol::socket socket, bool from_socket);

}  // namespace fieldpost::support
