// As much of an MQTT 5 broker as misbehaves on purpose: one connection at a time, on a port of its own.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace fieldpost::mqtt::testing {

// What the broker does on one connection.
struct Behaviour {
    std::chrono::milliseconds accepts_after{0};     // the answer to a connect is late
    std::optional<std::uint8_t> confirms_with = 1;  // reason code of each subscription; nullopt: no answer
    bool floods = false;                            // messages without end, instead of one
    std::function<bool()> reads = [] { return true; };  // while it says no, nothing is read
};

// What a client published.
struct Published {
    std::string topic;
    int qos = 0;
    bool retain = false;
};

// The topic of what it sends once a subscription is confirmed.
inline constexpr const char* stub_topic = "greeting";

class StubBroker {
  public:
    // `behaves` is asked for each connection, from 0, by the broker's thread.
    explicit StubBroker(std::function<Behaviour(int connection)> behaves);
    ~StubBroker();
    StubBroker(const StubBroker&) = delete;
    StubBroker& operator=(const StubBroker&) = delete;

    int port() const { return port_; }
    // What it got once that is so many messages; fewer when they do not come in time.
    std::vector<Published> published(std::size_t count, std::chrono::seconds patience);
    // That the last connect asked for.
    std::chrono::seconds keep_alive() const { return std::chrono::seconds(keep_alive_); }

  private:
    struct Packet {
        std::uint8_t type = 0;
        std::string content;
    };
    void run();
    void serve(int connection, const Behaviour& behaviour);
    bool readable(int socket, std::chrono::milliseconds patience) const;
    std::optional<Packet> read(int connection) const;
    bool write(int connection, const std::string& bytes) const;
    void take(int connection, const Packet& publish);

    std::function<Behaviour(int)> behaves_;
    int listener_ = -1;
    int port_ = 0;
    std::atomic<bool> stopping_{false};
    std::atomic<int> keep_alive_{0};
    std::mutex mutex_;  // guards published_
    std::condition_variable taken_;
    std::vector<Published> published_;
    std::thread thread_;
};

}  // namespace fieldpost::mqtt::testing
