#include "daemon/support/service_manager.hpp"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "tests/unit/support/temporary_folder.hpp"

using namespace fieldpost;
using namespace fieldpost::support;
using namespace std::chrono_literals;

namespace {

// What systemd is to a service: a datagram socket whose name is in the environment.
class Manager {
  public:
    Manager() : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        const std::string path = (folder_.path / "notify").string();
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        REQUIRE(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    }
    ~Manager() {
        ::unsetenv("NOTIFY_SOCKET");
        ::unsetenv("WATCHDOG_USEC");
        ::close(socket_);
    }
    // The next message; empty when none is there.
    std::string heard() {
        std::string message(4096, '\0');
        const auto size = ::recv(socket_, message.data(), message.size(), 0);
        message.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
        return message;
    }

  private:
    TemporaryFolder folder_;
    int socket_;
};

struct Clockwork {
    EventLoop loop;
    int alive = 0;
    Watchdog watchdog{loop, 10ms, [this] { ++alive; }};

    void run_for(Watchdog::Duration duration) {
        const Timer end = loop.after(duration, [this] { loop.stop(); });
        loop.run();
    }
};

}  // namespace

TEST_CASE("a service manager hears of the start, the state and the end, a line each") {
    Manager manager;
    tell_ready("device car-1\nREADY=0");
    CHECK(manager.heard() == "READY=1\nSTATUS=device car-1 READY=0");
    tell_status("all is well");
    CHECK(manager.heard() == "STATUS=all is well");
    tell_stopping();
    CHECK(manager.heard() == "STOPPING=1");
}

TEST_CASE("without a service manager nothing is told, and nothing fails") {
    ::unsetenv("NOTIFY_SOCKET");
    tell_ready("nobody hears it");
    EventLoop loop;
    Watchdog watchdog(loop);
    watchdog.start();
    CHECK_FALSE(watchdog.hanging());
}

TEST_CASE("the watchdog is told twice in its period, as the service manager wants") {
    Manager manager;
    ::setenv("WATCHDOG_USEC", "40000", 1);
    EventLoop loop;
    Watchdog watchdog(loop);
    watchdog.start();
    CHECK(manager.heard() == "WATCHDOG=1");
    int heard = 0;
    const Timer look = loop.every(1ms, [&] {
        if (manager.heard() == "WATCHDOG=1" && ++heard == 3) loop.stop();
    });
    const Timer limit = loop.after(20s, [&] { loop.stop(); });
    loop.run();
    CHECK(heard == 3);
}

TEST_CASE("one part that hangs keeps the watchdog from being told, until it answers again") {
    Clockwork clockwork;
    Watchdog::Duration busy = 5s;
    clockwork.watchdog.watch("the journal", 10s, [&] { return busy; });
    clockwork.watchdog.watch("the city", 10s, [] { return Watchdog::Duration::zero(); });
    clockwork.watchdog.start();
    clockwork.run_for(50ms);
    CHECK(clockwork.alive > 1);
    CHECK_FALSE(clockwork.watchdog.hanging());

    busy = 11s;
    CHECK(clockwork.watchdog.hanging() == "the journal");
    const int before = clockwork.alive;
    clockwork.run_for(50ms);
    CHECK(clockwork.alive == before);

    busy = 0s;
    clockwork.run_for(50ms);
    CHECK(clockwork.alive > before);
}
