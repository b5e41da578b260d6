// What a daemon tells systemd of itself (sd_notify(3), Type=notify), and its watchdog (WatchdogSec=): each
// part of a program answers for itself, and one that hangs is enough to have the program started anew.
// Without a service manager all of it does nothing.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/support/event_loop.hpp"

namespace fieldpost::support {

// Any thread. `status` is a line for `systemctl status`.
void tell_ready(std::string_view status);
void tell_status(std::string_view status);
void tell_stopping();

class Watchdog {
  public:
    using Duration = std::chrono::steady_clock::duration;
    // How long a part has been at what it is doing now; zero: it waits for work. Called in the loop thread,
    // and must not wait for the part.
    using Busy = std::function<Duration()>;

    // Reads from the environment how often the service manager wants to hear. The loop is a part by itself:
    // what hangs in it keeps the watchdog from running.
    explicit Watchdog(EventLoop& loop);
    // The same with a period of the caller's and where to report to: for tests.
    Watchdog(EventLoop& loop, std::optional<Duration> period, std::function<void()> alive);

    // `limit`: how long one piece of work of this part may take at worst. Loop thread, or before start().
    void watch(std::string part, Duration limit, Busy busy);
    // Looks at all parts twice a period from then on, and says in the log which one hangs.
    void start();
    // The first part that is at one piece of work for longer than its limit.
    std::optional<std::string> hanging() const;

  private:
    void look();

    struct Part {
        std::string name;
        Duration limit;
        Busy busy;
    };
    EventLoop& loop_;
    const std::optional<Duration> period_;  // none: nobody wants to hear
    const std::function<void()> alive_;
    std::vector<Part> parts_;
    std::string told_;  // which part the log has named
    Timer timer_;
};

}  // namespace fieldpost::support
