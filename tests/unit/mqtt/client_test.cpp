#include "sync/mqtt/client.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <deque>
#include <iostream>
#include <mutex>

#include "sync/mqtt/tcp_connection.hpp"
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
    explicit Program(int port, std::size_t max_received_bytes = Options{}.max_received_bytes) {
        Options options;
        options.max_received_bytes = max_received_bytes;
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

class Descriptor {
  public:
    explicit Descriptor(int number) : number_(number) { REQUIRE(number >= 0); }
    ~Descriptor() { ::close(number_); }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int number() const { return number_; }

  private:
    int number_;
};

sockaddr_in this_machine(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
}

int connect_to(int port) {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
    const auto address = this_machine(port);
    REQUIRE(::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    return descriptor;
}

// A peer that takes connections and does nothing.
class Listener {
  public:
    Listener() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        const auto any = this_machine(0);
        REQUIRE(::bind(socket_.number(), reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0);
        REQUIRE(::listen(socket_.number(), 5) == 0);
    }
    int port() const {
        sockaddr_in bound{};
        socklen_t size = sizeof bound;
        REQUIRE(::getsockname(socket_.number(), reinterpret_cast<sockaddr*>(&bound), &size) == 0);
        return ntohs(bound.sin_port);
    }
    int accept() const { return ::accept(socket_.number(), nullptr, nullptr); }

  private:
    Descriptor socket_;
};

// QEMU's user emulation takes TCP_INFO for a number.
bool kernel_tells_nothing_of_tcp() {
    const Listener listener;
    const Descriptor descriptor(connect_to(listener.port()));
    tcp_info info{};
    socklen_t size = sizeof info;
    REQUIRE(::getsockopt(descriptor.number(), IPPROTO_TCP, TCP_INFO, &info, &size) == 0);
    if (size > sizeof(int)) return false;
    std::cout << "skipped: the kernel or its emulator tells nothing of TCP connections\n";
    return true;
}

// Of what no event tells.
bool eventually(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + at_most;
    while (!condition() && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(5ms);
    return condition();
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
    CHECK_FALSE(TcpConnection::find(broker.port()));
    const Descriptor descriptor(connect_to(broker.port()));
    CHECK_FALSE(TcpConnection::find(1));
    CHECK_FALSE(sends_without_delay(descriptor.number()));
    CHECK(TcpConnection::find(broker.port()));
    CHECK(sends_without_delay(descriptor.number()));
    const Descriptor another(connect_to(broker.port()));
    CHECK_FALSE(TcpConnection::find(broker.port()));  // which of them is meant?
    CHECK(sends_without_delay(another.number()));
}

TEST_CASE("A TCP connection tells what it was given and what has not arrived", "[mqtt]") {
    if (kernel_tells_nothing_of_tcp()) return;
    const Listener listener;
    auto near = std::make_unique<Descriptor>(connect_to(listener.port()));
    const Descriptor far(listener.accept());
    const auto connection = TcpConnection::find(listener.port());
    REQUIRE(connection);
    const auto begin = connection->progress();
    REQUIRE(begin);
    CHECK(begin->on_the_way == 0);

    // More than the other end's kernel keeps for a program that does not read.
    const std::string much(16U << 20U, 'x');
    const auto written = ::send(near->number(), much.data(), much.size(), MSG_DONTWAIT);
    REQUIRE(written > 0);
    const auto now = connection->progress();
    REQUIRE(now);
    CHECK(now->written == begin->written + static_cast<std::uint64_t>(written));
    CHECK(now->on_the_way > 0);
    CHECK(now->on_the_way <= static_cast<std::size_t>(written));
    CHECK(now->round_trip_ms < 1000);

    std::string read(static_cast<std::size_t>(written), ' ');
    REQUIRE(::recv(far.number(), read.data(), read.size(), MSG_WAITALL) == written);
    CHECK(eventually([&] { return connection->progress()->on_the_way == 0; }));

    near.reset();
    CHECK_FALSE(connection->progress());
    const Descriptor reused(connect_to(listener.port()));  // perhaps under the same number
    CHECK_FALSE(connection->progress());
}

TEST_CASE("A TCP connection that is told to spare confirmations does not send each at once", "[mqtt]") {
    const Listener listener;
    const Descriptor near(connect_to(listener.port()));
    const Descriptor far(listener.accept());
    const auto confirms_at_once = [&] {
        int on = -1;
        socklen_t size = sizeof on;
        REQUIRE(getsockopt(near.number(), IPPROTO_TCP, TCP_QUICKACK, &on, &size) == 0);
        return on != 0;
    };
    const auto connection = TcpConnection::find(listener.port());
    REQUIRE(connection);
    CHECK(confirms_at_once());
    connection->spare_confirmations();
    CHECK_FALSE(confirms_at_once());
}

TEST_CASE("A client tells what of its messages is on the way", "[mqtt]") {
    if (kernel_tells_nothing_of_tcp()) return;
    std::atomic<bool> reads = true;
    Behaviour behaviour;
    behaviour.reads = [&] { return reads.load(); };
    StubBroker broker(once(behaviour));
    Program program(broker.port());
    CHECK_FALSE(program.client->transport());
    REQUIRE(program.until([&] { return program.connected > 0; }));
    REQUIRE(program.client->transport());
    reads = false;
    const Bytes large(4'000'000, 'x');  // more than the kernel keeps for whoever does not read
    REQUIRE(program.client->publish({"up/car-1", large}));
    CHECK(program.client->transport()->on_the_way > 1'000'000);  // be it with Paho still
    reads = true;
    CHECK(eventually([&] { return program.client->transport()->on_the_way == 0; }));
}

TEST_CASE("A connection that the program takes for dead, or whose keep-alive changes, is made anew",
          "[mqtt]") {
    StubBroker broker([](int) { return Behaviour{}; });
    Program program(broker.port());
    REQUIRE(program.until([&] { return program.messages > 0; }));
    program.client->set_keep_alive(20s);  // as it is
    program.client->renew();
    REQUIRE(program.until([&] { return program.connected == 2; }));
    REQUIRE(program.until([&] { return program.messages > 1; }));
    program.client->set_keep_alive(240s);
    CHECK(program.until([&] { return program.connected == 3; }));
    CHECK(program.reasons.size() == 2);
}

TEST_CASE("A keep-alive that changes while a connection is being made counts for it", "[mqtt]") {
    std::atomic<bool> waits = false;
    StubBroker broker([&](int connection) {
        Behaviour behaviour;
        if (connection == 0) behaviour.accepts_after = 500ms;
        waits = true;
        return behaviour;
    });
    Program program(broker.port());
    REQUIRE(eventually([&] { return waits.load(); }));
    program.client->set_keep_alive(240s);
    REQUIRE(program.until([&] { return program.messages > 0; }));
    CHECK(broker.keep_alive() == 240s);
    CHECK(program.connected == 1);
    CHECK(program.reasons.empty());
}

TEST_CASE("Of small messages, too, only so many wait for the program", "[mqtt]") {
    Behaviour flood;
    flood.floods = true;
    StubBroker broker([&](int) { return flood; });
    constexpr std::size_t bytes = 12'800;
    Program program(broker.port(), bytes);
    REQUIRE(program.until([&] { return program.connected > 0; }));
    CHECK(eventually([&] { return program.client->dropped() > 1'000; }));
    const std::lock_guard lock(program.mutex);
    CHECK(program.waiting.size() > 10);
    CHECK(program.waiting.size() < bytes / 128);
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
