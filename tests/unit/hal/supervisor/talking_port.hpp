// A socket with somebody behind it who answers as a supervisor does, or as the test says.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "hal/fd.hpp"
#include "sync/base/bytes.hpp"

namespace fieldpost::supervisor {
class Report;
class Request;
}  // namespace fieldpost::supervisor

namespace fieldpost::hal::testing {

class TalkingPort {
  public:
    // What comes back for a request; false: nothing. Runs on the port's own thread.
    using Answer = std::function<bool(const supervisor::Request&, supervisor::Report&)>;

    explicit TalkingPort(std::filesystem::path path);
    ~TalkingPort();

    const std::filesystem::path& path() const { return path_; }
    void start(Answer answer = {});
    // Hangs up and listens no more.
    void stop();
    // Bytes as they are, to whoever is connected.
    void say(BytesView bytes);
    void say(const supervisor::Report& report);
    // Requests that came, those that were not answered included.
    int requests() const { return requests_; }

  private:
    void run();
    void talk(int connection);

    std::filesystem::path path_;
    Answer answer_;
    Fd listener_;
    std::atomic<int> connection_ = -1;
    std::atomic<bool> stopping_ = false;
    std::atomic<int> requests_ = 0;
    std::thread thread_;
};

}  // namespace fieldpost::hal::testing
