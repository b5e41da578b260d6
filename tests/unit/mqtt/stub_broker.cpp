#include "tests/unit/mqtt/stub_broker.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>

namespace fieldpost::mqtt::testing {

namespace {

// Packet types with their flags, MQTT 5.0 section 2.1.
constexpr std::uint8_t connect = 0x10;
constexpr std::uint8_t publish = 0x30;  // with DUP, QoS (two bits) and RETAIN in its low half
constexpr std::uint8_t subscribe = 0x82;
constexpr std::uint8_t ping = 0xc0;
constexpr std::uint8_t disconnect = 0xe0;

constexpr std::chrono::milliseconds look_for_stop{50};

std::string two_bytes(std::size_t number) {
    return {static_cast<char>(number >> 8U), static_cast<char>(number & 0xffU)};
}

// QoS 0, with 100 bytes to carry.
std::string greeting() {
    const std::string topic = stub_topic;
    const std::string content = two_bytes(topic.size()) + topic + '\0' + std::string(100, 'x');
    return std::string("\x30") + static_cast<char>(content.size()) + content;
}

}  // namespace

StubBroker::StubBroker(std::function<Behaviour(int)> behaves) : behaves_(std::move(behaves)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    REQUIRE(listener_ >= 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener_, 8) == 0);
    socklen_t size = sizeof address;
    REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
}

StubBroker::~StubBroker() {
    stopping_ = true;
    thread_.join();
    ::close(listener_);
}

void StubBroker::run() {
    for (int number = 0; !stopping_;) {
        if (!readable(listener_, look_for_stop)) continue;
        const int connection = ::accept(listener_, nullptr, nullptr);
        if (connection < 0) continue;
        // So that a client that reads no more does not hold us for ever.
        const timeval patience{1, 0};
        ::setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        serve(connection, behaves_(number++));
        ::close(connection);
    }
}

bool StubBroker::readable(int socket, std::chrono::milliseconds patience) const {
    pollfd wanted{socket, POLLIN, 0};
    return ::poll(&wanted, 1, static_cast<int>(patience.count())) > 0;
}

std::optional<StubBroker::Packet> StubBroker::read(int connection) const {
    const auto take = [&](std::size_t count) {
        std::string bytes(count, '\0');
        return ::recv(connection, bytes.data(), count, MSG_WAITALL) == static_cast<ssize_t>(count)
                   ? std::optional(std::move(bytes))
                   : std::nullopt;
    };
    const auto type = take(1);
    if (!type) return std::nullopt;
    std::size_t size = 0;
    for (unsigned shift = 0; shift < 28; shift += 7) {
        const auto digit = take(1);
        if (!digit) return std::nullopt;
        const auto value = static_cast<std::uint8_t>(digit->front());
        size |= static_cast<std::size_t>(value & 0x7fU) << shift;
        if (value < 0x80) break;
    }
    auto content = size == 0 ? std::optional(std::string()) : take(size);
    if (!content) return std::nullopt;
    return Packet{static_cast<std::uint8_t>(type->front()), std::move(*content)};
}

void StubBroker::take(int connection, const Packet& packet) {
    const auto size = static_cast<std::uint8_t>(packet.content.at(1));  // no topic of the tests is longer
    const Published message{packet.content.substr(2, size), (packet.type >> 1U) & 3, (packet.type & 1U) != 0};
    if (message.qos == 1) write(connection, std::string{0x40, 2} + packet.content.substr(2U + size, 2));
    {
        const std::lock_guard lock(mutex_);
        published_.push_back(message);
    }
    taken_.notify_all();
}

std::vector<Published> StubBroker::published(std::size_t count, std::chrono::seconds patience) {
    std::unique_lock lock(mutex_);
    taken_.wait_for(lock, patience, [&] { return published_.size() >= count; });
    return published_;
}

bool StubBroker::write(int connection, const std::string& bytes) const {
    return ::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

void StubBroker::serve(int connection, const Behaviour& behaviour) {
    bool flooding = false;
    while (!stopping_) {
        if (flooding && !write(connection, greeting())) return;
        if (!behaviour.reads()) {
            std::this_thread::sleep_for(look_for_stop);
            continue;
        }
        if (!readable(connection, flooding ? std::chrono::milliseconds(0) : look_for_stop)) continue;
        const auto packet = read(connection);
        if (!packet || packet->type == disconnect) return;
        if (packet->type == connect) {
            // MQTT 5, 3.1.2.10: behind the protocol's name, its version and the flags.
            keep_alive_ = static_cast<std::uint8_t>(packet->content.at(8)) << 8 |
                          static_cast<std::uint8_t>(packet->content.at(9));
            // Readable before its time: the client has hung up.
            if (behaviour.accepts_after.count() > 0 && readable(connection, behaviour.accepts_after)) return;
            write(connection, {0x20, 3, 0, 0, 0});
        } else if (packet->type == subscribe && behaviour.confirms_with) {
            write(connection, std::string{'\x90', 4} + packet->content.substr(0, 2) + '\0' +
                                  static_cast<char>(*behaviour.confirms_with));
            if (*behaviour.confirms_with <= 1) write(connection, greeting());
            flooding = behaviour.floods;
        } else if ((packet->type & 0xf0U) == publish) {
            take(connection, *packet);
        } else if (packet->type == ping) {
            write(connection, {'\xd0', 0});
        }
    }
}

}  // namespace fieldpost::mqtt::testing
