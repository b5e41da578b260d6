// Bodies that are too large for memory: taken piece by piece as they come.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "daemon/support/reply.hpp"

namespace fieldpost::support {

// Takes one body. Loop thread only. Destroyed without finish(): the client went away, or was refused.
class BodySink {
  public:
    virtual ~BodySink() = default;
    // The next bytes, at most 64 KiB. `taken` is called once, in the loop thread, now or later; only then the
    // client is read further, so what waits for a disk holds the client back. With an Error the client gets
    // its problem, and nothing more comes.
    virtual void take(std::string piece, std::function<void(Status)> taken) = 0;
    // All has come. Called once; answers.
    virtual void finish(Reply reply) = 0;
};

// A route with such bodies. HttpLimits::body does not count for it, and HttpLimits::receive_body for each
// piece.
struct Upload {
    std::uint64_t limit = 0;  // bytes; beyond: 413
    // Before anything of the body is read. With an Error the client gets its problem.
    std::function<Result<std::unique_ptr<BodySink>>(const Request&)> begin;
};

}  // namespace fieldpost::support
