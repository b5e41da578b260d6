#include "sync/mqtt/client.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>

#include "sync/mqtt/no_delay.hpp"
#include "tests/unit/mqtt/stub_broker.hpp"

using namespace fieldpost;
using namespace fieldpost::mqtt;
using namespace fieldpost::mqtt::testing;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 2s;
constexpr auto at_most = 60s;  // for what comes much sooner

// A program with a client that subscribes whenever it is connected. Its event loop is the test's thread.
struct Program {
    explicit Program(int port) {
        Options options;
        options.port = port;
        options.client_id = "car-1";
        options.patience = patience;
        options.first_retry = 20ms;
        options.longest_retry = 100ms;
        Events events;
        events.connected = [this] {
            ++connected;
            client->subscribe({stub_topic});
            client->publish({"up/car-1", "hello", false});
        };
        events.disconnected = [this](const std::string& reason) { reasons.push_back(reason); };
        events.message = [this](const Message&) { ++messages; };
        client = std::make_unique<Client>(options, std::move(events),
                                          [this](std::function<void()> event) { post(std::move(event)); });
        client->start();
    }

    void post(std::function<void()> event) {
        const std::lock_guard lock(mutex);
        waiting.push_back(std::move(event));
        added.notify_all();
    }

    // Runs what is posted until the condition holds.
    bool until(const std::function<bool()>& condition) {
        const auto deadline = std::chrono::steady_clock::now() + at_most;
        while (!condition()) {
            std::function<void()> event;
            {
                std::unique_lock lock(mutex);
                if (!added.wait_until(lock, deadline, [&] { return !waiting.empty(); })) return false;
                event = std::move(waiting.front());
                waiting.pop_front();
            }
            event();
        }
        return true;
    }

    std::mutex mutex;
    std::condition_variable added;
    std::deque<std::function<void()>> waiting;
    int connected = 0;
    int messages = 0;
    std::vector<std::string> reasons;
    std::unique_ptr<Client> client;
};

// A socket to this port of this machine, for a test to look at. -1: there is none.
int socket_to(int port) {
    for (int descriptor = 0; descriptor < 1024; ++descriptor) {
        sockaddr_in peer{};
        socklen_t size = sizeof peer;
        if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) == 0 &&
            peer.sin_family == AF_INET && ntohs(peer.sin_port) == port) {
            return descriptor;
        }
    }
    return -1;
}

bool sends_without_delay(int descriptor) {
    int on = 0;
    socklen_t size = sizeof on;
    REQUIRE(::getsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, &size) == 0);
    return on != 0;
}

// As `first` on the first connection, well from then on.
std::function<Behaviour(int)> once(const Behaviour& first) {
    return [first](int connection) { return connection == 0 ? first : Behaviour{}; };
}

}  // namespace

TEST_CASE("What is subscribed arrives", "[mqtt]") {
    StubBroker broker(once({}));
    Program program(broker.port());
    CHECK(program.until([&] { return program.messages > 0; }));
    CHECK(program.connected == 1);
    CHECK(program.reasons.empty());
}

TEST_CASE("A broker that accepts later than we wait is reached all the same", "[mqtt]") {
    Behaviour late;
    late.accepts_after = 2 * patience;
    StubBroker broker(once(late));
    Program program(broker.port());
    CHECK(program.until([&] { return program.messages > 0; }));
}

TEST_CASE("A subscription that the broker does not confirm ends the connection, and the next one is heard",
          "[mqtt]") {
    Behaviour deaf;
    SECTION("refused") {
        deaf.confirms_with = 0x87;  // not authorized
    }
    SECTION("never answered") {
        deaf.confirms_with = std::nullopt;
    }
    StubBroker broker(once(deaf));
    Program program(broker.port());
    CHECK(program.until([&] { return program.messages > 0; }));
    CHECK(program.connected == 2);
    REQUIRE(program.reasons.size() == 1);
    CHECK(program.reasons[0].find(stub_topic) != std::string::npos);
}

TEST_CASE("What need not be confirmed goes at QoS 0, everything else at QoS 1", "[mqtt]") {
    StubBroker broker(once({}));
    Program program(broker.port());
    REQUIRE(program.until([&] { return program.connected > 0; }));
    Message hint{"head", "hint", true};
    hint.confirmed = false;
    CHECK(program.client->publish(hint));
    CHECK(program.client->publish({"presence", "present", true}));
    const auto published = broker.published(3, at_most);
    REQUIRE(published.size() == 3);
    CHECK(published[0].topic == "up/car-1");
    CHECK(published[0].qos == 1);
    CHECK_FALSE(published[0].retain);
    CHECK(published[1].topic == "head");
    CHECK(published[1].qos == 0);
    CHECK(published[1].retain);
    CHECK(published[2].topic == "presence");
    CHECK(published[2].qos == 1);
    CHECK(published[2].retain);
}

TEST_CASE("A small message does not wait in the kernel for the broker's answer to the last one", "[mqtt]") {
    StubBroker broker([](int) { return Behaviour{}; });
    Program program(broker.port());
    REQUIRE(program.until([&] { return program.connected > 0; }));
    const int descriptor = socket_to(broker.port());
    REQUIRE(descriptor >= 0);
    CHECK(sends_without_delay(descriptor));
}

TEST_CASE("Of a process's sockets those to one port alone send without delay", "[mqtt]") {
    StubBroker broker([](int) { return Behaviour{}; });
    CHECK(send_without_delay(broker.port()) == 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(broker.port()));
    const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
    REQUIRE(::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    CHECK(send_without_delay(1) == 0);
    CHECK_FALSE(sends_without_delay(descriptor));
    CHECK(send_without_delay(broker.port()) == 1);
    CHECK(sends_without_delay(descriptor));
    ::close(descriptor);
}

TEST_CASE("A client may go while messages pour in", "[mqtt]") {
    Behaviour flood;
    flood.floods = true;
    StubBroker broker([&](int) { return flood; });
    for (int round = 0; round < 5; ++round) {
        Program program(broker.port());
        REQUIRE(program.until([&] { return program.messages > 100; }));
        program.client.reset();
        const int messages = program.messages;
        while (!program.waiting.empty()) {
            program.waiting.front()();
            program.waiting.pop_front();
        }
        CHECK(program.messages == messages);  // what was posted before is not told any more
    }
}
